import { Assembler, type Register } from './assembler.ts';

/** The maps of the program; {@link dropProgram} takes their descriptors by these names. */
export const TABLES = ['host4', 'host6', 'range4', 'range6', 'allow4', 'allow6'] as const;

/** Verdicts (linux/bpf.h, enum xdp_action). */
export const VERDICT = { drop: 1, pass: 2 } as const;

const LOOKUP = 1;
const CLOCK = 5;
const FRAME_LENGTH = 188;

const ETHERNET_HEADER = 14;
const TAG = 4;
/** Tags that are looked behind: IEEE 802.1Q, 802.1ad, and what was used for it before. */
const TAG_TYPES = [0x8100, 0x88a8, 0x9100] as const;
const MOST_TAGS = 2;

const FAMILIES = {
  4: { type: 0x0800, header: 20, source: 12, words: 1 },
  6: { type: 0x86dd, header: 40, source: 8, words: 4 },
} as const;

// The stack: a key of a trie (length of the prefix, then the address), and the key of the counters.
const PREFIX = -24;
const ADDRESS = -20;
const COUNTER = -28;

/** The offset of the prefix length in the value of a range; the time at which it ends comes first. */
const LENGTH_IN_VALUE = 8;

/**
 * The program that drops what comes from a banned address, with these maps (descriptors by name: {@link TABLES} and
 * `counters`). It looks behind at most two VLAN tags; what is neither IPv4 nor IPv6 passes, and so does what is too short
 * to tell.
 *
 * A host or a range is banned until the time in its value (`bpf_ktime_get_ns`, which stands still in suspend). Of ranges
 * the longest prefix is found; where its time is over the next shorter one counts. An allowed range beats all bans, and
 * is looked for only where there is a ban.
 *
 * `fragments`: frames may lie in several buffers (Linux 5.18, BPF_F_XDP_HAS_FRAGS); the kernel then tells their length.
 */
export function dropProgram(maps: Readonly<Record<string, number>>, fragments: boolean): Uint8Array {
  const a = new Assembler();
  a.move('r6', 'r1');
  a.load(4, 'r2', 'r1', 0);
  a.load(4, 'r3', 'r1', 4);
  within(a, ETHERNET_HEADER);
  a.load(2, 'r5', 'r2', ETHERNET_HEADER - 2);
  a.fromNetwork('r5');
  a.add('r2', ETHERNET_HEADER);
  for (let tag = 0; tag < MOST_TAGS; tag++) {
    for (const type of TAG_TYPES) a.jumpIf('r5', '==', type, `tag${tag}`);
    a.jump('network');
    a.label(`tag${tag}`);
    within(a, TAG);
    a.load(2, 'r5', 'r2', TAG - 2);
    a.fromNetwork('r5');
    a.add('r2', TAG);
  }
  a.label('network');
  a.jumpIf('r5', '==', FAMILIES[4].type, 'family4');
  a.jumpIf('r5', '==', FAMILIES[6].type, 'family6');
  a.label('pass');
  a.move('r0', VERDICT.pass);
  a.exit();

  for (const version of [4, 6] as const) {
    const { header, source, words } = FAMILIES[version];
    a.label(`family${version}`);
    within(a, header);
    for (let word = 0; word < words; word++) {
      a.load(4, 'r1', 'r2', source + 4 * word);
      a.store(4, 'r10', ADDRESS + 4 * word, 'r1');
    }
    find(a, `host${version}`, ADDRESS);
    a.jumpIf('r0', '==', 0, `ranges${version}`);
    a.load(8, 'r7', 'r0', 0);
    a.call(CLOCK);
    a.jumpIf('r7', '>', 'r0', `banned${version}`);
    a.label(`ranges${version}`);
    longest(a, `range${version}`, 32 * words, `banned${version}`, 'pass');
    a.label(`banned${version}`);
    longest(a, `allow${version}`, 32 * words, 'pass', 'drop');
  }

  a.label('drop');
  if (fragments) {
    a.move('r1', 'r6');
    a.call(FRAME_LENGTH);
    a.move('r7', 'r0');
  } else {
    a.load(4, 'r7', 'r6', 4);
    a.load(4, 'r1', 'r6', 0);
    a.subtract('r7', 'r1');
  }
  a.store(4, 'r10', COUNTER, 0);
  find(a, 'counters', COUNTER);
  a.jumpIf('r0', '==', 0, 'end');
  // Each processor has counters of its own, which nothing interrupts here.
  a.load(8, 'r1', 'r0', 0);
  a.add('r1', 1);
  a.store(8, 'r0', 0, 'r1');
  a.load(8, 'r1', 'r0', 8);
  a.add('r1', 'r7');
  a.store(8, 'r0', 8, 'r1');
  a.label('end');
  a.move('r0', VERDICT.drop);
  a.exit();
  return a.assemble(maps);
}

/** Goes on only where so many bytes follow `r2`, and lets the rest pass; `r3` is where the frame ends. */
function within(a: Assembler, bytes: number): void {
  a.move('r1', 'r2');
  a.add('r1', bytes);
  a.jumpIf('r1', '>', 'r3', 'pass');
}

/** The value of the key on the stack into `r0`, 0 for none. */
function find(a: Assembler, map: string, key: number): void {
  a.map('r1', map);
  a.move('r2', 'r10');
  a.add('r2', key);
  a.call(LOOKUP);
}

/**
 * Looks for the longest prefix of the address whose time is not over. Each turn asks for a shorter one, so that there
 * are as many turns as prefixes hold the address, and never more than there are lengths.
 */
function longest(a: Assembler, map: string, bits: number, found: string, missed: string): void {
  const length: Register = 'r8';
  const turns: Register = 'r9';
  a.move(turns, bits + 1);
  a.move(length, bits);
  a.label(`${map}-next`);
  a.store(4, 'r10', PREFIX, length);
  find(a, map, PREFIX);
  a.jumpIf('r0', '==', 0, missed);
  a.load(8, 'r7', 'r0', 0);
  a.load(4, length, 'r0', LENGTH_IN_VALUE);
  a.call(CLOCK);
  a.jumpIf('r7', '>', 'r0', found);
  a.jumpIf(length, '==', 0, missed);
  a.subtract(length, 1);
  a.subtract(turns, 1);
  a.jumpIf(turns, '!=', 0, `${map}-next`);
  a.jump(missed);
}
