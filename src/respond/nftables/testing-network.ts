import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PeerCommand } from './testing-peer.ts';

/** Addresses of the host that attacks; the last two are never decided about, and tell that the network works. */
export const LEFT = {
  hosts4: ['203.0.113.9', '203.0.113.10', '198.51.100.77'],
  hosts6: ['2001:db8:9::9', '2001:db8:9::10', '2001:db8:77::1'],
  control4: '203.0.113.200',
  control6: '2001:db8:9::200',
} as const;
/** Addresses of the host behind the router. */
export const RIGHT = { address4: '192.0.2.2', address6: '2001:db8:2::2' } as const;
/** Addresses of the router. */
const ROUTER = { left4: '203.0.113.1', left6: '2001:db8:9::1', right4: '192.0.2.1' } as const;
/** The port of the echoes, and two of web servers. */
export const PORTS = { echo: 7, web: 80, block: 8080 } as const;

const TIMEOUT_MS = 10_000;

/** Why there can be no such network here; false when there can. */
export function withoutNetwork(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const [program, packageName] of [
    ['ip', 'iproute2'],
    ['nft', 'nftables'],
  ] as const) {
    if (spawnSync(program, ['-V']).error !== undefined) {
      return `needs the program ${program} (apt-get install ${packageName})`;
    }
  }
  const name = `weir-nft-probe-${randomBytes(3).toString('hex')}`;
  const made = spawnSync('ip', ['netns', 'add', name]);
  if (made.status !== 0) return `no network namespaces here: ${made.stderr.toString().trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

/** A program that is spoken to by lines of JSON. */
export class Spoken<Command> {
  readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting = new Map<
    number,
    { done: (value: unknown) => void; failed: (error: Error) => void }
  >();
  private words = '';
  private last = 0;
  /** It runs, and hears. */
  readonly ready: Promise<unknown>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args);
    this.ready = this.answer(0);
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (part) => {
      this.words += String(part);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.done(result);
      else waiting?.failed(new Error(error));
    });
    this.child.on('close', () => {
      for (const { failed } of this.waiting.values()) failed(new Error(`it has ended: ${this.words}`));
      this.waiting.clear();
    });
  }

  /** Says something; resolves with the answer. */
  say(command: Command): Promise<unknown> {
    const id = ++this.last;
    this.child.stdin.write(`${JSON.stringify({ id, command })}\n`);
    return this.answer(id);
  }

  private answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer in time: ${this.words}`)), TIMEOUT_MS);
      const settle =
        <T>(settled: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          settled(value);
        };
      this.waiting.set(id, { done: settle(resolve), failed: settle(reject) });
    });
  }
}

/** A router in a namespace between two hosts in namespaces of their own, that echo what they get. */
export class RouterNetwork {
  readonly router: string;
  private readonly leftName: string;
  private readonly rightName: string;
  private readonly ownRouter: boolean;
  private readonly peers: Spoken<PeerCommand>[] = [];

  /** `router`: a namespace that is there already, for instance the one this process runs in. */
  constructor(router?: string) {
    const mark = `wnft${process.pid}-${randomBytes(2).toString('hex')}`;
    this.ownRouter = router === undefined;
    this.router = router ?? `${mark}-r`;
    this.leftName = `${mark}-a`;
    this.rightName = `${mark}-b`;
  }

  /** Builds it and waits for the hosts. */
  async start(): Promise<this> {
    try {
      const names = [this.leftName, this.rightName, ...(this.ownRouter ? [this.router] : [])];
      for (const name of names) run('ip', 'netns', 'add', name);
      // Nobody waits for the answer to "is this address taken?".
      for (const name of [this.leftName, this.rightName, this.router]) {
        for (const scope of ['all', 'default']) this.set(name, `net/ipv6/conf/${scope}/accept_dad`, 0);
      }
      this.wire(this.leftName, 'left', [
        ...[...LEFT.hosts4.slice(0, 2), LEFT.control4].map((address) => `${address}/24`),
        `${LEFT.hosts4[2]}/24`,
        ...[...LEFT.hosts6, LEFT.control6].map((address) => `${address}/64`),
      ]);
      this.wire(this.rightName, 'right', [`${RIGHT.address4}/24`, `${RIGHT.address6}/64`]);
      const left = ['203.0.113.1/24', '198.51.100.1/24', '2001:db8:9::1/64', '2001:db8:77::fe/64'];
      for (const address of left) this.address(this.router, 'left', address);
      for (const address of ['192.0.2.1/24', '2001:db8:2::1/64']) this.address(this.router, 'right', address);
      run('ip', '-n', this.router, 'link', 'set', 'lo', 'up');
      for (const name of ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'])
        this.set(this.router, name, 1);
      for (const [name, gateway4, gateway6] of [
        [this.leftName, '203.0.113.1', '2001:db8:9::1'],
        [this.rightName, '192.0.2.1', '2001:db8:2::1'],
      ] as const) {
        run('ip', '-n', name, 'route', 'add', 'default', 'via', gateway4);
        run('ip', '-n', name, '-6', 'route', 'add', 'default', 'via', gateway6);
      }
      for (const name of [this.leftName, this.rightName, this.router]) this.peers.push(this.peer(name));
      await Promise.all(this.peers.map(({ ready }) => ready));
      return this;
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Whether a datagram from an address of the left host comes back from behind the router, or from the router itself. */
  async passes(from: string, target: 'behind' | 'router' = 'behind'): Promise<boolean> {
    const six = from.includes(':');
    const behind = six ? RIGHT.address6 : RIGHT.address4;
    const router = six ? ROUTER.left6 : ROUTER.left4;
    const to = target === 'behind' ? behind : router;
    const control = six ? LEFT.control6 : LEFT.control4;
    return (await this.left({ op: 'echo', from, to, control, port: PORTS.echo })) === true;
  }

  /** Tells the left host to do something. */
  left(command: PeerCommand): Promise<unknown> {
    return (this.peers[0] as Spoken<PeerCommand>).say(command);
  }

  /** Tells the host behind the router to do something. */
  right(command: PeerCommand): Promise<unknown> {
    return (this.peers[1] as Spoken<PeerCommand>).say(command);
  }

  /** Runs a program in the router's namespace; what it wrote. */
  onRouter(program: string, ...args: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.router, program, ...args);
  }

  /** The namespace of the left host. */
  get leftNamespace(): string {
    return this.leftName;
  }

  /** The namespace of the host behind the router. */
  get rightNamespace(): string {
    return this.rightName;
  }

  /** Ends the hosts and removes the namespaces. */
  remove(): void {
    for (const { child } of this.peers) child.kill('SIGKILL');
    for (const name of [this.leftName, this.rightName, ...(this.ownRouter ? [this.router] : [])]) {
      spawnSync('ip', ['netns', 'del', name]);
    }
    // Gone with the other end, but not at once.
    for (const link of ['left', 'right']) spawnSync('ip', ['-n', this.router, 'link', 'del', link]);
  }

  private peer(namespace: string): Spoken<PeerCommand> {
    const program = join(import.meta.dirname, 'testing-peer.ts');
    const ports = Object.values(PORTS).map(String);
    return new Spoken('ip', ['netns', 'exec', namespace, process.execPath, program, ...ports]);
  }

  /** A link from the router, named as given there, to `eth` of a host. */
  private wire(host: string, link: string, addresses: readonly string[]): void {
    run('ip', '-n', this.router, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth', 'netns', host);
    run('ip', '-n', this.router, 'link', 'set', link, 'up');
    run('ip', '-n', host, 'link', 'set', 'lo', 'up');
    run('ip', '-n', host, 'link', 'set', 'eth', 'up');
    for (const address of addresses) this.address(host, 'eth', address);
  }

  private address(namespace: string, link: string, address: string): void {
    run('ip', '-n', namespace, 'address', 'add', address, 'dev', link);
  }

  private set(namespace: string, name: string, value: number): void {
    run('ip', 'netns', 'exec', namespace, 'sh', '-c', `echo ${value} > /proc/sys/${name}`);
  }
}

function run(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString().trim()}`);
  return stdout.toString();
}
