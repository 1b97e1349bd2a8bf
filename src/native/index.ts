import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What `setup/addon.sh` builds from `native/`: what only the kernel can give. */
export interface KernelAddon {
  /**
   * Bytes `[offset, offset + length)` of an open file, without a copy where the runtime allows that (`mapped`); the
   * offset is a multiple of the page size, the range lies within the file. Only for files that nobody writes: a file
   * that is truncated while it is mapped ends the process (SIGBUS). Throws on bad ranges and system errors.
   */
  mapFile(
    file: number,
    offset: number,
    length: number,
  ): { readonly buffer: ArrayBuffer; readonly mapped: boolean };
  /** Tells the kernel how mapped bytes will be read, see {@link ADVICE}; true when it took the advice. */
  advise(bytes: Uint8Array, advice: number): boolean;
  /** Puts a BPF program (see {@link packProgram}) on a socket. Throws what the kernel refuses. */
  attachFilter(socket: number, program: Uint8Array): void;
  /** Takes the program off the socket, if there is one. */
  detachFilter(socket: number): void;
  /** Runs a program in the kernel: bytes of the frame that it lets through; -1 when it rejects the frame. */
  filterFrame(program: Uint8Array, frame: Uint8Array): number;
  /**
   * Opens a ring on an interface: `blocks` blocks of `blockBytes` (a multiple of 64 KiB) each; one that is not full is
   * handed out after `retireMs`; {@link RING_FLAGS}; `program` selects and cuts what goes in. Used by the thread that
   * made it. Throws with the `errno` of what the kernel refused (1 EPERM, 19 ENODEV, 100 ENETDOWN).
   */
  readonly PacketRing: new (
    networkInterface: string,
    blockBytes: number,
    blocks: number,
    retireMs: number,
    flags: number,
    program: Uint8Array,
  ) => PacketRing;
  /**
   * Gives back what starting took and nothing uses now: free memory of the C library, and the resident pages of
   * programs and libraries, which come back from the page cache as they are used. Takes under a millisecond.
   */
  releaseUnused(): void;
  /**
   * The calling thread, and those that it makes from now on, have the processor only while nobody else wants it. It
   * cannot be taken back. Throws with the `errno` of what the kernel refused.
   */
  giveWay(): void;
  /** A descriptor for {@link sendFrames} on an interface; it receives nothing. Throws as PacketRing does. */
  openSender(networkInterface: string): number;
  /**
   * Sends the frames from index `from` to `to` (without the latter), headers and all, each at its offset in `bytes`.
   * Returns how many went; throws when the first did not.
   */
  sendFrames(
    sender: number,
    bytes: Uint8Array,
    offsets: Uint32Array,
    lengths: Uint32Array,
    from: number,
    to: number,
  ): number;
  /**
   * Where the client of an accepted connection wanted to go, before the kernel's address translation turned it here;
   * without translation the socket's own address. Undefined where the kernel does not track connections, or not this
   * one any more. Throws with the `errno` of anything else (9 EBADF, 88 ENOTSOCK).
   */
  originalDestination(descriptor: number): { readonly address: string; readonly port: number } | undefined;
  /**
   * A descriptor that listens on an IP address and port, also for connections to addresses of others that the kernel
   * leads to it (TPROXY); `::` takes IPv4 too. To be given to `net.Server.listen({ fd })`. Throws with the `errno` of
   * what the kernel refused (1 EPERM without CAP_NET_ADMIN, 98 EADDRINUSE, 99 EADDRNOTAVAIL).
   */
  listenTransparent(address: string, port: number): number;
  /**
   * Makes a BPF map (linux/bpf.h: kind, flags) and returns its descriptor. Keys and values have at most 64 bytes, names 1
   * to 15. Throws with the `errno` of what the kernel refused (1 EPERM), as all of these functions do.
   */
  bpfCreateMap(
    kind: number,
    keyBytes: number,
    valueBytes: number,
    entries: number,
    flags: number,
    name: string,
  ): number;
  /** Sets entries, one behind the other in both arrays; throws at the first that is not taken (7 or 28: it is full). */
  bpfUpdate(map: number, keys: Uint8Array, values: Uint8Array): void;
  /** Takes out the keys that are there; how many were. */
  bpfDelete(map: number, keys: Uint8Array): number;
  /** The value of a key; of a map per processor the values of all, each from a multiple of 8 on. */
  bpfLookup(map: number, key: Uint8Array): Uint8Array | undefined;
  /** Reads the entries of a hash or a trie as far as there is room; how many. */
  bpfEntries(map: number, keys: Uint8Array, values: Uint8Array): number;
  /** Loads a program; its descriptor. Throws what the verifier says of one that it does not take. */
  bpfLoad(kind: number, instructions: Uint8Array, name: string, license: string, flags: number): number;
  /** A descriptor of the program with this number; undefined where there is none any more. */
  bpfOpenProgram(id: number): number | undefined;
  /** A descriptor of the map with this number; undefined where there is none any more. */
  bpfOpenMap(id: number): number | undefined;
  bpfDescribeMap(map: number): BpfMap;
  bpfDescribeProgram(program: number): BpfProgram;
  /** The interfaces of this network namespace, and the XDP program that each has. */
  xdpInterfaces(): readonly XdpInterface[];
  /**
   * Puts a program on an interface, where it stays also without this process; -1 takes off what is there. `flags` as in
   * linux/if_link.h (XDP_FLAGS_); `expected` is the program that has to be there for XDP_FLAGS_REPLACE, -1 for none.
   * Throws with the words of the kernel or the driver (16 EBUSY or 17 EEXIST: another program is there).
   */
  xdpAttach(index: number, program: number, flags: number, expected: number): void;
  /**
   * A descriptor for {@link exchangeNetlink} with a protocol of netlink (12: netfilter); closed as any other. Absent
   * where the addon was built without it.
   */
  openNetlink(protocol: number): number;
  /**
   * Sends whole netlink messages in one piece (their sequence numbers are written into `request`) and waits until each
   * that asks for an answer (NLM_F_ACK, NLM_F_DUMP) has it. Returns the messages that came back, without
   * acknowledgements; the `errno` of message i stands in `errors[i]`, 0 where it was taken (4 EINTR: the list changed
   * while it was read). Throws with the `errno` of an exchange that failed: 7 E2BIG more than `most` bytes came, 105
   * ENOBUFS answers were lost, 110 ETIMEDOUT.
   */
  exchangeNetlink(
    descriptor: number,
    request: Uint8Array,
    errors: Int32Array,
    most: number,
    timeoutMs: number,
  ): Uint8Array;
}

/** An open TPACKET_V3 ring, as `native/ring.c` offers it. All methods throw once it is closed. */
export interface PacketRing {
  /** The ring itself where `mapped`; otherwise room for one block, see {@link copyBlock}. Empty once closed. */
  readonly buffer: ArrayBuffer;
  readonly mapped: boolean;
  /** The kernel's number for the kind of link (ARPHRD_). */
  readonly hardware: number;
  readonly descriptor: number;
  /** Calls back once when a block is ready (0), or with the `errno` that the socket reports. */
  wait(callback: (error: number) => void): void;
  /** Stops waiting; the callback is not called. */
  cancel(): void;
  /** Where not `mapped`: copies a block into the buffer when it is ready, else returns false. */
  copyBlock(index: number): boolean;
  /** Gives a block back to the kernel. */
  releaseBlock(index: number): void;
  /** Adds what happened since the last call: packets (with those dropped), drops, times that the ring stood still. */
  statistics(numbers: Float64Array): void;
  /** Blocks that are filled and not yet given back, the one that is being read among them. */
  waiting(): number;
  /** Whether the interface is still there. */
  exists(): boolean;
  /** Shares the interface's packets with the other rings of the group (PACKET_FANOUT). */
  join(group: number, kind: number): void;
  /** Gives the group the program that picks a ring for each packet (PACKET_FANOUT_DATA); see `packProgram`. */
  steer(program: Uint8Array): void;
  close(): void;
}

/** A BPF map as the kernel tells of it. */
export interface BpfMap {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
  readonly flags: number;
}

/** A BPF program as the kernel tells of it. */
export interface BpfProgram {
  readonly id: number;
  readonly name: string;
  readonly kind: number;
  /** Numbers of the maps that it uses, at most 64. */
  readonly maps: readonly number[];
}

/** An interface, and the XDP program on it. */
export interface XdpInterface {
  readonly index: number;
  readonly name: string;
  /** 0 none, 1 in the driver, 2 generic, 3 in the hardware, 4 several (linux/if_link.h, XDP_ATTACHED_). */
  readonly mode: number;
  /** The kernel's number of the program; 0 for none. */
  readonly program: number;
}

/** How a ring is opened. `copying`: as where the runtime refuses memory that is not its own. */
export const RING_FLAGS = { promiscuous: 1, copying: 2 } as const;

/** How mapped bytes will be read. */
export const ADVICE = { normal: 0, sequential: 1, random: 2, willNeed: 3, hugePages: 4 } as const;

/** nDPI, as `native/ndpi.c` offers it. Flows are numbers below the capacity, given out by the caller. */
export interface NdpiInspector {
  /**
   * Shows `count` packets: each at its offset in `bytes`, from its IP header on, with its time in milliseconds. A
   * negative flow number is passed over. Fills {@link NDPI_RESULT} numbers of `results` for each.
   */
  process(
    bytes: Uint8Array,
    count: number,
    offsets: Uint32Array,
    lengths: Uint32Array,
    flows: Int32Array,
    timesMs: Float64Array,
    results: Int32Array,
  ): void;
  /** The last word on a flow, into the first result; by port or address when nothing better is known. */
  conclude(flow: number, results: Int32Array): void;
  /** Frees what is kept of the first `count` flows; their numbers may be used again. */
  release(flows: Int32Array, count: number): void;
  /** Flows that are kept. */
  live(): number;
  protocolName(number: number): string;
  categoryName(number: number): string;
}

/** Where each number of a result lies, and how many there are. */
export const NDPI_RESULT = {
  master: 0,
  application: 1,
  /** {@link NDPI_CONFIDENCE} in the low 8 bits, {@link NDPI_FINAL} above. */
  confidence: 2,
  category: 3,
  risksLow: 4,
  risksHigh: 5,
  length: 6,
} as const;

/** What a result rests on. */
export const NDPI_CONFIDENCE = { none: 0, port: 1, address: 2, content: 3 } as const;
/** Bit of the confidence: further packets cannot tell more. */
export const NDPI_FINAL = 0x100;

/** The nDPI addon. */
export interface NdpiAddon {
  /** Of the library that was loaded. */
  readonly version: string;
  /** Takes some 20 ms and 10 MB, and what the flows under inspection need. */
  readonly Inspector: new (
    capacity: number,
  ) => NdpiInspector;
  /** nDPI's words for a risk by its bit, empty where there is none. */
  riskName(bit: number): string;
}

/** The RE2 addon, `native/re2.cc`. Strings are binary: each character one byte. */
export interface Re2Addon {
  /**
   * Compiles an expression in RE2's syntax (Latin-1, dot matches newline); its program and its automaton take `memory`
   * bytes at most. Throws an `Error` that says what RE2 does not take.
   */
  compile(source: string, memory: number): Re2Expression;
}

/** A compiled expression. Matching takes time linear in the value. */
export interface Re2Expression {
  /** Whether it matches anywhere. */
  test(this: void, value: string): boolean;
  /** The same; fills in start and end of the match and of each group that there is room for, -1 for none. */
  exec(this: void, value: string, offsets: Int32Array): boolean;
  /** Instructions of the program. */
  readonly size: number;
}

/** libinjection, as `native/injection.c` offers it. Strings are binary: each character one byte. */
export interface InjectionAddon {
  /** Characters of a value at most; both functions throw for a longer one. */
  readonly limit: number;
  /** The fingerprint of what reads as SQL injection (`1UE1`); empty where nothing does. */
  sqli(value: string): string;
  /** Whether the value reads as cross-site scripting. */
  xss(value: string): boolean;
}

/** What came of loading an addon. */
export type Loaded<T> =
  | { readonly state: 'ready'; readonly addon: T }
  | { readonly state: 'absent' }
  | { readonly state: 'failed'; readonly reason: string };

const FOLDER = join(import.meta.dirname, '../../build');
const results = new Map<string, Loaded<unknown>>();

/** Loads weir.node, once. */
export function loadKernel(): Loaded<KernelAddon> {
  return load<KernelAddon>('weir.node');
}

/** Loads weir-ndpi.node, once. */
export function loadNdpi(): Loaded<NdpiAddon> {
  return load<NdpiAddon>('weir-ndpi.node');
}

/** Loads weir-re2.node, once. */
export function loadRe2(): Loaded<Re2Addon> {
  return load<Re2Addon>('weir-re2.node');
}

/**
 * Loads weir-injection.node and with it libmodsecurity, once. Takes some 7 ms and 10 MB the first time: to be called
 * only where a rule asks for it.
 */
export function loadInjection(): Loaded<InjectionAddon> {
  return load<InjectionAddon>('weir-injection.node');
}

/** The kernel addon; undefined where it is missing or does not load. */
export function kernelAddon(): KernelAddon | undefined {
  const loaded = loadKernel();
  return loaded.state === 'ready' ? loaded.addon : undefined;
}

/** The nDPI addon; undefined where it or nDPI itself is missing or does not load. */
export function ndpiAddon(): NdpiAddon | undefined {
  const loaded = loadNdpi();
  return loaded.state === 'ready' ? loaded.addon : undefined;
}

/** The RE2 addon; undefined where it or RE2 itself is missing or does not load. */
export function re2Addon(): Re2Addon | undefined {
  const loaded = loadRe2();
  return loaded.state === 'ready' ? loaded.addon : undefined;
}

function load<T>(file: string): Loaded<T> {
  const known = results.get(file);
  // A file is loaded under one type only.
  if (known !== undefined) return known as Loaded<T>;
  const loaded = attempt<T>(join(FOLDER, file));
  results.set(file, loaded);
  return loaded;
}

function attempt<T>(path: string): Loaded<T> {
  if (!existsSync(path)) return { state: 'absent' };
  try {
    return { state: 'ready', addon: createRequire(import.meta.url)(path) as T };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { state: 'failed', reason: message.split('\n')[0] ?? message };
  }
}

/** Instructions of classic BPF as the kernel reads them (`struct sock_filter`, in this machine's byte order). */
export function packProgram(
  instructions: readonly {
    readonly code: number;
    readonly jt: number;
    readonly jf: number;
    readonly k: number;
  }[],
): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const codes = new Uint16Array(bytes.buffer);
  const operands = new Uint32Array(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of instructions.entries()) {
    codes[index * 4] = code;
    bytes[index * 8 + 2] = jt;
    bytes[index * 8 + 3] = jf;
    operands[index * 2 + 1] = k;
  }
  return bytes;
}
