import { Network } from '../network.ts';
import { APPLICATION } from '../web-application.ts';
import { type WebWay, webGatewayOf } from '../web-gateway.ts';
import { attackerBanned, attackerBans, renderBans } from './gateway-weir.ts';
import { withInterrupt } from './interrupt.ts';
import { renderTable } from './render.ts';
import { DEFAULT_NAME, type Lab, LabError, labOf, requireUp, trimLogs } from './state.ts';
import { WEB_ATTACK, WEB_BOUND, webAttacks } from './web-attacks.ts';
import { webBrowsing } from './web-browsing.ts';
import type { WebRequest } from './web-request.ts';

/** Exchanges under way at the same time. */
const AT_ONCE = 3;
/** Characters of what was sent that a table shows. */
const MOST_SENT = 60;

/** Why attacks end early where weir enforces what it decides. */
const BANNED = 'weir has banned the attacker';

/** What became of a request: `failed` is an error that is no refusal (502, no connection). */
export type WebOutcome = 'passed' | 'blocked' | 'failed';

/** A request, and what came back. */
export interface WebReport extends Pick<WebRequest, 'kind' | 'from' | 'over' | 'sent'> {
  /** The answers, equal ones once: `403`, `401 (150 times), 429 (250 times)`, `closed`. */
  readonly came: string;
  readonly outcome: WebOutcome;
}

/** What `weir lab attack web --json` and `weir lab browse --json` print. */
export interface WebExchangeReport {
  readonly name: string;
  readonly way: WebWay;
  readonly seconds: number;
  /** Why it ended before its time. */
  readonly cut: string | undefined;
  readonly requests: readonly WebReport[];
}

/**
 * Attacks the web application. Exit code 0: the attacks were carried out, whether or not they succeeded, or weir has
 * banned the attacker: then connections fail.
 */
export async function attackWeb(name: string, json: boolean): Promise<number> {
  const report = await exchange(labOf(name), webAttacks, attackerBanned);
  print(WEB_ATTACK, report, json);
  const bans = await attackerBans(labOf(name));
  if (!json) process.stdout.write(renderBans(bans));
  const isCarriedOut = report.requests.every(({ outcome }) => outcome !== 'failed');
  return report.cut !== 'interrupted' && (bans.length > 0 || (report.cut === undefined && isCarriedOut))
    ? 0
    : 1;
}

/** Lets visitors browse the web application. Exit code 0: each request passed. */
export async function browseWeb(name: string, json: boolean): Promise<number> {
  const report = await exchange(labOf(name), webBrowsing);
  print('browse', report, json);
  return report.cut === undefined && report.requests.every(({ outcome }) => outcome === 'passed') ? 0 : 1;
}

async function exchange(
  lab: Lab,
  list: (folder: string) => readonly WebRequest[],
  inVain?: (lab: Lab, signal: AbortSignal) => Promise<void>,
): Promise<WebExchangeReport> {
  requireUp(lab);
  const gateway = webGatewayOf(lab.folder);
  if (gateway === undefined) {
    const option = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
    throw new LabError(
      `nothing stands in front of the web application: 'weir lab down${option}', then 'weir lab up${option}' builds a lab where weir does`,
    );
  }
  trimLogs(lab);
  const began = performance.now();
  const { requests, cut } = await withInterrupt((signal) => send(lab, list(lab.folder), signal, inVain));
  const seconds = (performance.now() - began) / 1000;
  return { name: lab.name, way: gateway.way, seconds, cut, requests };
}

/** A few at a time, in their order; the last one alone. None any more once `inVain` resolves. */
async function send(
  lab: Lab,
  list: readonly WebRequest[],
  interrupt: AbortSignal,
  inVain?: (lab: Lab, signal: AbortSignal) => Promise<void>,
): Promise<Pick<WebExchangeReport, 'requests' | 'cut'>> {
  const over = new AbortController();
  const signal = AbortSignal.any([interrupt, over.signal, AbortSignal.timeout(WEB_BOUND * 1000)]);
  const net = new Network({ prefix: lab.prefix, folder: lab.folder, signal });
  const reports: WebReport[] = [];
  const put = async (index: number): Promise<void> => {
    reports[index] = await ask(net, list[index]!);
  };
  const watch = inVain?.(lab, signal).then(
    () => over.abort(BANNED),
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  const last = list.length - 1;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < last) await put(next++);
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await put(last);
  } catch (error) {
    if (!signal.aborted) throw error;
    const late = over.signal.aborted ? BANNED : `not done within ${WEB_BOUND} s`;
    const cut = interrupt.aborted ? 'interrupted' : late;
    return { requests: reports.filter((report) => report !== undefined), cut };
  } finally {
    over.abort();
    await watch;
  }
  return { requests: reports, cut: undefined };
}

async function ask(net: Network, { kind, from, over, sent, command, bound }: WebRequest): Promise<WebReport> {
  const [program = '', ...args] = command;
  const { code, output } = await net.runWithin(bound, from, program, ...args);
  const lines = output.split('\n').filter((line) => /^(answered|held)/.test(line));
  const request = { kind, from, over, sent };
  if (lines.length === 0) {
    const said = output.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
    return { ...request, came: `${program} ended with ${code ?? 'a signal'}: ${said}`, outcome: 'failed' };
  }
  const answers = lines.map((line) => answerOf(line, code));
  return { ...request, came: tally(answers.map(({ came }) => came)), outcome: outcomeOf(answers) };
}

interface WebAnswer {
  readonly came: string;
  readonly outcome: WebOutcome;
}

/** Errors of curl that mean a connection was closed: no answer, a failure to receive, HTTP/2 and its streams. */
const CLOSED: ReadonlySet<number | null> = new Set([0, 16, 52, 55, 56, 92]);

function answerOf(line: string, code: number | null): WebAnswer {
  if (line === 'held') return { came: 'kept open', outcome: 'passed' };
  const [, status = '', , mark] = line.split(' ');
  if (mark === APPLICATION.mark) return { came: status, outcome: 'passed' };
  const number = Number(status);
  if (number === 0) {
    const isClosed = CLOSED.has(code);
    return {
      came: isClosed ? 'closed' : `curl ended with ${code}`,
      outcome: isClosed ? 'blocked' : 'failed',
    };
  }
  if (number >= 400) return { came: status, outcome: number < 500 || number === 501 ? 'blocked' : 'failed' };
  // Somebody before the application lets the client go on.
  return { came: status, outcome: 'passed' };
}

/**
 * Of many equal requests the last decides: a bound on them lets the first ones pass. Of bytes that hold several
 * requests this is right as well: when the first is refused, so is the connection.
 */
function outcomeOf(answers: readonly WebAnswer[]): WebOutcome {
  return answers.some(({ outcome }) => outcome === 'failed') ? 'failed' : answers.at(-1)!.outcome;
}

function tally(texts: readonly string[]): string {
  const counts = Map.groupBy(texts, (text) => text);
  return [...counts]
    .map(([text, { length }]) => (length === 1 ? text : `${text} (${length} times)`))
    .join(', ');
}

function print(what: string, report: WebExchangeReport, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : render(what, report));
}

const OVER = { http: 'HTTP', https: 'HTTPS', h2: 'HTTPS, HTTP/2' } as const;

function render(what: string, { way, seconds, cut, requests }: WebExchangeReport): string {
  const rows = requests.map(({ kind, from, over, sent, came, outcome }) => {
    const text = sent.replaceAll(/\s+/g, ' ');
    const shown = text.length > MOST_SENT ? `${text.slice(0, MOST_SENT - 1)}…` : text;
    return [kind, from, OVER[over], shown, came, outcome];
  });
  const count = (wanted: WebOutcome): number => requests.filter(({ outcome }) => outcome === wanted).length;
  const end = cut === undefined ? '' : `, ${cut}`;
  const sum = `${count('blocked')} blocked, ${count('passed')} passed, ${count('failed')} failed`;
  return `${renderTable([['KIND', 'FROM', 'OVER', 'SENT', 'CAME BACK', ''], ...rows])}\n${what}, weir as ${way}: ${sum}, in ${seconds.toFixed(1)} s${end}\n`;
}
