import { setTimeout as wait } from 'node:timers/promises';
import { Network } from '../network.ts';
import { type Errand, errands } from './errands.ts';
import { type Host, hostsOf } from './hosts.ts';
import { withInterrupt } from './interrupt.ts';
import { renderTable } from './render.ts';
import { labOf, requireUp, trimLogs } from './state.ts';

/** Errands under way at the same time. At this bound the next one waits. */
const AT_ONCE = 8;
/** How long one errand may take, in milliseconds. */
const ERRAND_MS = 8000;

/** How much, for how long. */
export interface TrafficOptions {
  readonly seconds: number;
  /** Errands begun per second. */
  readonly rate: number;
  readonly json: boolean;
}

/** How often an errand was done. */
interface Tally {
  readonly what: string;
  readonly from: string;
  readonly family: 4 | 6;
  done: number;
  failed: number;
  /** What the client said when it failed last. */
  said: string;
}

/** Lets the clients do what they ordinarily do, for a time. Exit code 1 when something failed or it was cut off. */
export async function traffic(name: string, options: TrafficOptions): Promise<number> {
  const lab = labOf(name);
  requireUp(lab);
  trimLogs(lab);
  const before = hostsOf(lab);
  const began = performance.now();
  const list = errands(lab.folder);
  const tallies = list.map(
    ({ what, from, family }): Tally => ({ what, from, family, done: 0, failed: 0, said: '' }),
  );
  const interrupted = await withInterrupt(async (signal) => {
    const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
    await send(net, list, tallies, options, signal);
    return signal.aborted;
  });
  const seconds = (performance.now() - began) / 1000;
  const links = growth(before, hostsOf(lab));
  const report = {
    name,
    seconds,
    interrupted,
    errands: tallies.filter(({ done, failed }) => done + failed > 0),
    links,
  };
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : render(report));
  return interrupted || report.errands.some(({ failed }) => failed > 0) ? 1 : 0;
}

/** Begins errands in turn until the time is over, and waits for those under way. */
async function send(
  net: Network,
  list: readonly Errand[],
  tallies: readonly Tally[],
  { seconds, rate }: TrafficOptions,
  signal: AbortSignal,
): Promise<void> {
  const began = performance.now();
  const running = new Set<Promise<void>>();
  for (let number = 0; !signal.aborted; number++) {
    const due = began + (number * 1000) / rate;
    if (due >= began + seconds * 1000) break;
    const pause = wait(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined);
    await pause;
    if (running.size >= AT_ONCE) await Promise.race(running);
    if (signal.aborted || performance.now() >= began + seconds * 1000) break;
    const index = number % list.length;
    const work = run(net, list[index]!, tallies[index]!, signal).finally(() => running.delete(work));
    running.add(work);
  }
  await Promise.all(running);
}

async function run(net: Network, errand: Errand, tally: Tally, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = errand.command;
  try {
    const { code, output } = await net.runWithin(ERRAND_MS, errand.from, program, ...args);
    if (code === 0) {
      tally.done++;
      return;
    }
    tally.failed++;
    tally.said = `${program} ended with ${code ?? 'a signal'}: ${output.trim().slice(-200)}`;
  } catch (error) {
    // What was cut off is neither done nor failed.
    if (!signal.aborted) throw error;
  }
}

/** What passed each interface meanwhile. */
function growth(before: readonly Host[], after: readonly Host[]) {
  return after.flatMap(({ name, interfaces }, host) =>
    interfaces.map((link) => {
      const earlier = before[host]?.interfaces.find((other) => other.name === link.name);
      const packets = link.packets - (earlier?.packets ?? 0);
      return { host: name, interface: link.name, packets, bytes: link.bytes - (earlier?.bytes ?? 0) };
    }),
  );
}

function render(report: {
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly errands: readonly Tally[];
  readonly links: ReturnType<typeof growth>;
}): string {
  const rows = report.errands.map(({ what, from, family, done, failed, said }) => {
    return [what, `IPv${family}`, from, String(done), failed === 0 ? '' : `${failed} failed: ${said}`];
  });
  const links = report.links
    .filter(({ host }) => host === 'gateway')
    .map((link) => [
      `gateway ${link.interface}`,
      `${link.packets} packets`,
      `${Math.round(link.bytes / 1000)} kB`,
    ]);
  const total = report.errands.reduce((sum, { done }) => sum + done, 0);
  const end = report.interrupted ? ', interrupted' : '';
  return [
    renderTable([['WHAT', 'OVER', 'FROM', 'DONE', ''], ...rows]),
    '\n',
    renderTable(links),
    `\n${total} errands in ${report.seconds.toFixed(1)} s${end}\n`,
  ].join('');
}
