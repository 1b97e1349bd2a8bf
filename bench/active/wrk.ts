import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What wrk measured. */
export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers whose status was neither 2xx nor 3xx, and errors of sockets. */
  readonly failures: number;
}

/** A request with eleven arguments and ten header fields: what a browser sends to a search page. */
export const BENCH_TARGET =
  '/search?q=garden+chair&page=2&sort=price&order=asc&min=10&max=250&colour=green&brand=acme&stock=1&lang=en&view=grid';
/** Its fields. */
export const BENCH_FIELDS: readonly string[] = [
  'Host: shop.example',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate',
  'Cookie: session=5f2b8c1d9e3a4b7c; theme=light',
  'Referer: http://shop.example/search?q=garden',
  'Cache-Control: max-age=0',
  'Upgrade-Insecure-Requests: 1',
  'DNT: 1',
];

/** Asks for the same, or for what a script says, over so many connections for so many seconds. */
export async function wrk(
  port: number,
  connections: number,
  seconds: number,
  script?: string,
): Promise<WrkResult> {
  const fields = BENCH_FIELDS.flatMap((field) => ['-H', field]);
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    ...(script === undefined ? fields : ['-s', script]),
    `http://127.0.0.1:${port}${BENCH_TARGET}`,
  ]);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  return {
    requests: Number(/(\d+) requests in /.exec(stdout)?.[1] ?? Number.NaN),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN),
    p50Ms: milliseconds(/\s50%\s+(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/\s99%\s+(\S+)/.exec(stdout)?.[1]),
    failures: bad + (errors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0),
  };
}

function milliseconds(text: string | undefined): number {
  const match = /^([\d.]+)(us|ms|s)$/.exec(text ?? '');
  if (match === null) return Number.NaN;
  return Number(match[1]) * ({ us: 0.001, ms: 1, s: 1000 }[match[2] as 'us' | 'ms' | 's'] ?? 1);
}
