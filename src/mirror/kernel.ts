import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { MirrorError } from './mirror-error.ts';
import type { Attached, Remains, Step } from './plan.ts';
import type { MirrorRecord } from './record.ts';
import { type Link, parseFilters, parseLinks, parseQdiscs, UnknownFormat } from './traffic-control.ts';

const PATIENCE_MS = 15_000;
/** Bytes that a program may answer: 10,000 filters are some 5 MB. */
const MOST_ANSWER = 64 << 20;
/** CAP_NET_ADMIN of linux/capability.h: a bit of `CapEff`. */
const NET_ADMIN = 12n;
const NOTHING: Attached = { qdiscs: [], ingress: [], egress: [] };

/** The kernel refused a change. */
export class StepFailed extends MirrorError {
  constructor(what: string, answer: string) {
    super(`${what}: ${answer}`);
    this.name = 'StepFailed';
  }
}

/** True when this process may change links and traffic control. */
export function mayAdminister(): boolean {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> NET_ADMIN) & 1n) === 1n;
}

/** True when devices have IPv6 that must be switched off. */
export function hasIpv6(): boolean {
  return existsSync('/proc/sys/net/ipv6/conf/all/disable_ipv6');
}

/** Makes one change. Throws {@link StepFailed} with the words of the kernel. */
export async function perform(step: Step): Promise<void> {
  if ('program' in step) {
    await run(step.program, step.args);
    return;
  }
  try {
    writeFileSync(step.file, step.value);
  } catch (error) {
    throw new StepFailed(
      `${step.file} = ${step.value}`,
      error instanceof Error ? error.message : String(error),
    );
  }
}

/** Makes the changes in their order. */
export async function performAll(steps: readonly Step[]): Promise<void> {
  for (const step of steps) await perform(step);
}

/** Makes one change; false when the kernel refused it. */
export async function attempt(steps: readonly Step[]): Promise<boolean> {
  try {
    await performAll(steps);
    return true;
  } catch (error) {
    if (error instanceof StepFailed) return false;
    throw error;
  }
}

/** All links of this network namespace. */
export async function links(): Promise<Link[]> {
  return readable(parseLinks, await run('ip', ['-j', '-s', '-d', 'link', 'show']));
}

/** What hangs on an interface. */
export async function attached(device: string): Promise<Attached> {
  const qdiscs = readable(parseQdiscs, await run('tc', ['qdisc', 'show', 'dev', device]));
  const hook = qdiscs.find(({ rest }) => rest.startsWith('parent ffff:fff1'));
  // Without a hook there is nothing to ask for; with `ingress`, a question about egress is answered for ingress.
  const [ingress, egress] = [hook !== undefined, hook?.kind === 'clsact'];
  return {
    qdiscs,
    ingress: ingress ? await filters(device, 'ingress') : [],
    egress: egress ? await filters(device, 'egress') : [],
  };
}

async function filters(device: string, direction: 'ingress' | 'egress') {
  return readable(parseFilters, await run('tc', ['-s', 'filter', 'show', 'dev', device, direction]));
}

/** What of a mirror is there. The source is known by its number, the target by its hardware address. */
export async function remains(record: MirrorRecord): Promise<Remains> {
  const all = await links();
  const source = all.find(({ index }) => index === record.source.index)?.name;
  const target = record.software?.target;
  return {
    source,
    attached: source === undefined || record.software === undefined ? NOTHING : await attached(source),
    target:
      target === undefined
        ? undefined
        : all.find(({ kind, address }) => kind === target.kind && address === target.inputAddress),
    up: new Set(all.filter(({ up }) => up).map(({ name }) => name)),
  };
}

function readable<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UnknownFormat)) throw error;
    throw new MirrorError(`${error.message}; weir needs iproute2 of 2018 or newer`);
  }
}

function run(program: 'ip' | 'tc', args: readonly string[]): Promise<string> {
  // A user's path often lacks the folders of the administrator's programs.
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;
  const options = {
    timeout: PATIENCE_MS,
    maxBuffer: MOST_ANSWER,
    env: { ...process.env, PATH: path, LC_ALL: 'C' },
  };
  return new Promise((resolve, reject) => {
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (error.code === 'ENOENT') reject(notInstalled(program));
      else reject(new StepFailed([program, ...args].join(' '), stderr.trim() || error.message));
    });
  });
}

function notInstalled(program: string): MirrorError {
  const openWrt = program === 'tc' ? 'tc-full' : 'ip-full';
  return new MirrorError(`${program} is not installed: apt-get install iproute2 (OpenWrt: ${openWrt})`);
}
