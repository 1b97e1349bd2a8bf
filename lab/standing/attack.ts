import { Network } from '../network.ts';
import { ATTACKS, type Attack, PAUSE, type Step } from './attacks.ts';
import { attackerBans, renderBans } from './gateway-weir.ts';
import { withInterrupt } from './interrupt.ts';
import { renderTable } from './render.ts';
import { type Lab, LabError, labOf, requireUp, trimLogs } from './state.ts';
import { WEB_ATTACK, WEB_BOUND } from './web-attacks.ts';

/** Runs otherwise than the others: what counts is what weir does about each request. */
const WEB = {
  name: WEB_ATTACK,
  about: 'all of these and more on the web application behind weir',
  bound: WEB_BOUND,
};

/** How a step ended. */
interface StepReport {
  readonly from: string;
  readonly what: string;
  readonly program: string;
  readonly code: number | null;
  /** Whether it ended as such a step may end. */
  readonly done: boolean;
  /** The lines that tell how it went, or the last that were said when it failed. */
  readonly said: readonly string[];
}

/** Prints what attacks there are. */
export function listAttacks(json: boolean): number {
  const list = [...ATTACKS, WEB].map(({ name, about, bound }) => ({ name, about, bound }));
  const rows = list.map(({ name, about, bound }) => [name, `${bound} s`, about]);
  process.stdout.write(
    json
      ? `${JSON.stringify({ attacks: list }, null, 2)}\n`
      : renderTable([['ATTACK', 'AT MOST', 'WHAT IT IS'], ...rows]),
  );
  return 0;
}

/**
 * Runs an attack, never longer than its bound. Exit code 0: it was carried out, whether or not it succeeded, or weir
 * has banned the attacker; 1: its target did not answer, or it was cut off.
 */
export async function runAttack(name: string, attack: string, json: boolean): Promise<number> {
  const lab = labOf(name);
  const found = ATTACKS.find((one) => one.name === attack);
  if (found === undefined) throw new LabError(`there is no attack '${attack}'`);
  requireUp(lab);
  trimLogs(lab);
  const began = performance.now();
  const { steps, cut } = await withInterrupt((signal) => carryOut(lab, found, signal));
  const seconds = (performance.now() - began) / 1000;
  const isFromOutside = steps.some(({ from }) => from === 'attacker');
  const bans = isFromOutside && cut !== 'interrupted' ? await attackerBans(lab) : [];
  const report = { name, attack, seconds, cut, steps, bans };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : render(attack, seconds, steps, cut));
  if (!json) process.stdout.write(renderBans(bans));
  return bans.length > 0 || (cut === undefined && steps.every(({ done }) => done)) ? 0 : 1;
}

async function carryOut(
  lab: Lab,
  attack: Attack,
  interrupt: AbortSignal,
): Promise<{ steps: StepReport[]; cut: string | undefined }> {
  const bound = AbortSignal.timeout(attack.bound * 1000);
  const signal = AbortSignal.any([interrupt, bound]);
  const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
  const steps: StepReport[] = [];
  try {
    for (const step of attack.steps(lab.folder)) steps.push(await take(net, step));
  } catch (error) {
    if (!signal.aborted) throw error;
    return { steps, cut: interrupt.aborted ? 'interrupted' : `not done within ${attack.bound} s` };
  }
  return { steps, cut: undefined };
}

async function take(
  net: Network,
  { from, what, command, codes = [], tells, mustTell = false }: Step,
): Promise<StepReport> {
  const [program = '', ...args] = command;
  const { code, output } = await net.run(from, program, ...args);
  const lines = output.split('\n');
  const told = lines.flatMap((line) => tells?.exec(line)?.[0] ?? []).slice(0, 100);
  const done = code !== null && (code === 0 || codes.includes(code)) && (told.length > 0 || !mustTell);
  const said = done ? told : lines.filter((line) => line.trim() !== '').slice(-3);
  return { from, what, program, code, done, said };
}

/** Steps of the same kind are one line: what matters is how many, and how they were answered. */
function render(
  attack: string,
  seconds: number,
  steps: readonly StepReport[],
  cut: string | undefined,
): string {
  const kinds = Map.groupBy(
    steps.filter(({ what }) => what !== PAUSE),
    ({ from, program, what, done }) => `${from}\0${program}\0${what}\0${done}`,
  );
  const rows = [...kinds.values()].map((kind) => {
    const { from, program, what, code, done } = kind[0]!;
    const said = tally(kind.flatMap((step) => step.said));
    return [from, program, what, done ? said : `ended with ${code ?? 'a signal'}: ${said}`];
  });
  const end = cut === undefined ? '' : `, ${cut}`;
  return `${renderTable([['FROM', 'BY', 'WHAT', 'OUTCOME'], ...rows])}\n${attack}: ${seconds.toFixed(1)} s${end}\n`;
}

/** Equal lines once, with how often they came. */
function tally(lines: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const text = line.replaceAll(/\s+/g, ' ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`)).join(', ');
}
