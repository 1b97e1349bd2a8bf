import { type HttpRequest, Waf } from '../mitm/waf/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { renderTable, terminalPaint } from './table.ts';
import { parseCount, parseOptions } from './usage.ts';
import { buildPeer, type Peer, PeerError } from './waf-bench-peer.ts';
import { BUILT_IN, type VariedRequest, varied } from './waf-bench-requests.ts';
import { InputError, name, readRequest } from './waf-input.ts';
import { type LoadedRules, loadWanted, RULE_HELP, RULE_OPTIONS } from './waf-rules.ts';

const ROUNDS = 1000;
/** Rounds before the first that is measured: until V8 has compiled what runs. */
const WARM_UP = 500;
/** libmodsecurity takes milliseconds, and is as fast at once. */
const PEER_ROUNDS = 100;
const PEER_WARM_UP = 10;

const HELP = `usage: weir waf bench [REQUEST.http...] [options]

Measures the CPU time that the rules take for a request, in µs, and beside it, where it is installed, the API of
libmodsecurity with the same rules and requests. Without requests it takes four of its own: a GET with 11 arguments and
10 headers, forms and JSON of 10 kB, an attack. Every round has other values, so that nothing is repeated word for
word; the first ${WARM_UP} rounds are not measured, as V8 compiles while they run.

${RULE_HELP}
  --rounds N           rounds that are measured (10 to 100000; default ${ROUNDS}); of libmodsecurity at most ${PEER_ROUNDS}
  --no-peer            without libmodsecurity
  --json               the figures as JSON
`;

/** Times of one request, in µs. */
interface Times {
  readonly rounds: number;
  readonly warmUp: number;
  /** CPU of the whole process over all rounds, garbage collection with it, for each request. */
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Measured {
  readonly name: string;
  /** Of the target, headers and body. */
  readonly bytes: number;
  readonly blocked: number;
  /** Rounds that a bound ended. */
  readonly limited: number;
  readonly weir: Times;
  readonly modsecurity: (Times & { readonly blocked: number }) | undefined;
  /** How many times the p50 of libmodsecurity is ours. */
  readonly ratio: number | undefined;
}

/** `weir waf bench`: measures the time that requests take. */
export async function wafBench(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    rounds: { type: 'string' },
    peer: { type: 'boolean' },
    ...RULE_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const rounds = parseCount('--rounds', values.rounds ?? String(ROUNDS), 10, 100_000);
  let requests: readonly VariedRequest[];
  try {
    requests =
      positionals.length === 0 ? BUILT_IN : positionals.map((path) => varied(name(path), readRequest(path)));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
  const begun = performance.now();
  const loaded = loadWanted(values);
  if (loaded === undefined) return 1;
  const loadMs = Math.round(performance.now() - begun);
  const { peer, absent } = values.peer === false ? { peer: undefined, absent: '' } : peerOf(loaded);
  try {
    const measured = requests.map((request) => measure(loaded, request, rounds, peer));
    const { rules, chosen } = loaded;
    const about = {
      rules: rules.count,
      origin: chosen.origin,
      signature: rules.settings.componentSignature,
      loadMs,
    };
    if (values.json) {
      const missing = absent === '' ? {} : { modsecurityMissing: absent };
      process.stdout.write(`${terminalJson({ unit: 'µs', ...about, ...missing, requests: measured })}\n`);
    } else {
      const of = about.signature === '' ? about.origin : `${about.signature} of ${about.origin}`;
      process.stdout.write(
        `${terminalText(`${about.rules} rules, ${of}, loaded in ${loadMs} ms`)}\n${render(measured)}`,
      );
      if (absent !== '') process.stdout.write(`libmodsecurity was not measured: ${terminalText(absent)}\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    process.stderr.write(`weir: libmodsecurity: ${terminalText(error.message)}; without it: --no-peer\n`);
    return 1;
  } finally {
    peer?.close();
  }
}

function peerOf({ chosen }: LoadedRules): { readonly peer: Peer | undefined; readonly absent: string } {
  try {
    return { peer: buildPeer(chosen), absent: '' };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { peer: undefined, absent: error.message };
  }
}

function measure(
  { rules }: LoadedRules,
  request: VariedRequest,
  rounds: number,
  peer: Peer | undefined,
): Measured {
  const waf = new Waf(rules);
  for (let round = 0; round < WARM_UP; round++) waf.inspect(request.version(round));
  const versions = Array.from({ length: rounds }, (_, i) => request.version(WARM_UP + i));
  const times: number[] = [];
  let blocked = 0;
  let limited = 0;
  const before = process.cpuUsage();
  for (const version of versions) {
    const begun = process.hrtime.bigint();
    const { action, limit } = waf.inspect(version);
    times.push(Number(process.hrtime.bigint() - begun) / 1000);
    if (action !== 'pass') blocked++;
    if (limit !== '') limited++;
  }
  const { user, system } = process.cpuUsage(before);
  const weir = summary(times, WARM_UP, (user + system) / rounds);
  const told = peer?.measure(
    versions.slice(0, PEER_ROUNDS + PEER_WARM_UP),
    Math.min(PEER_WARM_UP, rounds - 1),
  );
  const modsecurity =
    told === undefined
      ? undefined
      : {
          ...summary(told.times, Math.min(PEER_WARM_UP, rounds - 1), mean(told.times)),
          blocked: told.stopped,
        };
  const [first] = versions;
  return {
    name: request.name,
    bytes: first === undefined ? 0 : size(first),
    blocked,
    limited,
    weir,
    modsecurity,
    ratio: modsecurity === undefined ? undefined : rounded(modsecurity.p50 / weir.p50),
  };
}

function size({ target, headers, body }: HttpRequest): number {
  return headers.reduce((sum, [key, value]) => sum + key.length + value.length, target.length + body.length);
}

function summary(times: readonly number[], warmUp: number, cpu: number): Times {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { rounds: times.length, warmUp, cpu: rounded(cpu), p50: at(0.5), p99: at(0.99), max: at(1) };
}

function mean(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0) / Math.max(1, times.length);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function render(measured: readonly Measured[]): string {
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const columns = [
    { title: 'µs for a request', style: 'bold' } as const,
    { title: 'by' },
    right('CPU'),
    right('p50'),
    right('p99'),
    right('max'),
    right('blocked'),
    right('ratio'),
  ];
  const rows = measured.flatMap(({ name: request, weir, blocked, limited, modsecurity, ratio }) => [
    row(request, 'weir', weir, blocked, limited > 0 ? `${limited} not judged` : ''),
    ...(modsecurity === undefined
      ? []
      : [row('', 'libmodsecurity', modsecurity, modsecurity.blocked, `${ratio ?? 0}x`)]),
  ]);
  const notes = `  Measured after ${WARM_UP} rounds of warm-up. CPU: mean, with garbage collection. Ratio: p50 of libmodsecurity to weir's.\n`;
  return `\n${renderTable(columns, rows, terminalPaint())}\n${notes}`;
}

function row(request: string, by: string, times: Times, blocked: number, last: string): string[] {
  const figures = [times.cpu, times.p50, times.p99, times.max].map((us) => us.toFixed(us < 100 ? 1 : 0));
  return [request, by, ...figures, `${blocked}/${times.rounds}`, last];
}
