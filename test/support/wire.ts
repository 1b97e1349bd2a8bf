import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { kernelAddon } from '../../src/native/index.ts';
import { Running } from './running.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Why there can be no wire here; false when there can. */
export function withoutWire(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (kernelAddon() === undefined) return 'build/weir.node is not built (setup/addon.sh)';
  const name = `weir-probe-${randomBytes(3).toString('hex')}`;
  const added = spawnSync('ip', ['netns', 'add', name]);
  if (added.error !== undefined) return 'needs the program ip (apt-get install iproute2)';
  if (added.status !== 0) return `no network namespaces here: ${added.stderr.toString().trim()}`;
  spawnSync('ip', ['netns', 'del', name]);
  return false;
}

/** Two interfaces joined by a wire, `left` and `right`, in a namespace of their own that sends nothing by itself. */
export class Wire {
  readonly namespace = `weir-wire-${randomBytes(4).toString('hex')}`;
  private readonly running = new Set<Running>();
  private readonly interrupted = (): void => {
    this.remove();
    process.exit(1);
  };

  constructor() {
    process.once('SIGINT', this.interrupted);
    process.once('SIGTERM', this.interrupted);
    run('ip', 'netns', 'add', this.namespace);
    try {
      for (const scope of ['all', 'default']) this.withoutIpv6(scope);
      this.ip('link', 'set', 'lo', 'up');
      this.ip('link', 'add', 'left', 'mtu', '65535', 'type', 'veth', 'peer', 'name', 'right', 'mtu', '65535');
      for (const link of ['left', 'right']) this.ip('link', 'set', link, 'up', 'arp', 'off');
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  ip(...args: readonly string[]): void {
    run('ip', '-n', this.namespace, ...args);
  }

  /** Interfaces would announce themselves. */
  private withoutIpv6(scope: string): void {
    const path = `/proc/sys/net/ipv6/conf/${scope}/disable_ipv6`;
    const { status } = spawnSync('ip', ['netns', 'exec', this.namespace, 'tee', path], { input: '1' });
    // A kernel without IPv6 has no such file, and nothing to be kept from announcing.
    if (status === null) throw new Error('ip netns exec did not run');
  }

  /** Starts a program for Node, of the repository or by its whole path, in the namespace. */
  start(program: string, ...args: readonly string[]): Running {
    const command = ['netns', 'exec', this.namespace, process.execPath, resolve(ROOT, program), ...args];
    const running = new Running(spawn('ip', command, { stdio: ['ignore', 'pipe', 'pipe'] }));
    this.running.add(running);
    void running.ended.finally(() => this.running.delete(running)).catch(() => {});
    return running;
  }

  /** Ends what still runs and removes the namespace with all that is in it. */
  remove(): void {
    process.off('SIGINT', this.interrupted);
    process.off('SIGTERM', this.interrupted);
    for (const { child } of this.running) child.kill('SIGKILL');
    spawnSync('ip', ['netns', 'del', this.namespace]);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString().trim()}`);
}
