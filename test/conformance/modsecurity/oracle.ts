import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A header's name and value, as binary strings. */
export type Header = readonly [name: string, value: string];

/** What an oracle is asked about. Texts are binary strings: each character one byte. */
export interface OracleRequest {
  readonly client?: string;
  readonly method: string;
  readonly uri: string;
  /** As in `1.1`. */
  readonly version?: string;
  readonly headers: readonly Header[];
  readonly body?: string;
  /** Without it the phases of the response do not run. */
  readonly response?: {
    readonly status: number;
    readonly headers: readonly Header[];
    readonly body: string;
  };
}

/** A rule that matched and logged. */
export interface OracleMatch {
  readonly id: number;
  readonly msg?: string;
  readonly data?: string;
}

/** What libmodsecurity says of a request: its status, or 200 where no rule stopped it. */
export interface OracleVerdict {
  readonly matches: readonly OracleMatch[];
  readonly status: number;
}

/** The rules of a run: text first, then files. */
export interface OracleRules {
  readonly text?: string;
  readonly files?: readonly string[];
}

/** libmodsecurity, in a process of its own. */
export interface Oracle {
  /** Verdicts in the order of the requests. Throws when the rules are refused. */
  run(rules: OracleRules, requests: readonly OracleRequest[]): OracleVerdict[];
  /** Removes the program. */
  close(): void;
}

const MOST_OUTPUT = 1 << 30;

/** Compiles `oracle.c` into a temporary folder; a sentence saying what is missing where that cannot be done. */
export function buildOracle(): Oracle | string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-modsecurity-'));
  const program = join(folder, 'oracle');
  const source = join(import.meta.dirname, 'oracle.c');
  const built = spawnSync('cc', ['-O1', '-o', program, source, '-lmodsecurity'], { encoding: 'utf8' });
  if (built.error !== undefined || built.status !== 0) {
    rmSync(folder, { recursive: true });
    if (built.error !== undefined) return `no C compiler: ${built.error.message}`;
    if (/modsecurity\/modsecurity\.h|cannot find -lmodsecurity|intervention\.h/.test(built.stderr)) {
      return 'no libmodsecurity (apt-get install libmodsecurity-dev)';
    }
    throw new Error(`oracle.c does not compile:\n${built.stderr}`);
  }
  return {
    run: (rules, requests) => runOracle(program, rules, requests),
    close: () => rmSync(folder, { recursive: true }),
  };
}

function runOracle(program: string, rules: OracleRules, requests: readonly OracleRequest[]): OracleVerdict[] {
  const ran = spawnSync(program, rules.files ?? [], {
    input: encodeInput(rules.text ?? '', requests),
    encoding: 'latin1',
    maxBuffer: MOST_OUTPUT,
  });
  if (ran.error !== undefined) throw ran.error;
  if (ran.status !== 0) throw new Error(`the oracle ended with ${ran.status ?? ran.signal}: ${ran.stderr}`);
  const verdicts = ran.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as OracleVerdict);
  if (verdicts.length !== requests.length) {
    throw new Error(`the oracle answered ${verdicts.length} of ${requests.length} requests`);
  }
  return verdicts;
}

function encodeInput(text: string, requests: readonly OracleRequest[]): Buffer {
  const parts: Buffer[] = [];
  const count = (number: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    parts.push(bytes);
  };
  const field = (value: string): void => {
    count(value.length);
    parts.push(Buffer.from(value, 'latin1'));
  };
  const headers = (all: readonly Header[]): void => {
    count(all.length);
    for (const [name, value] of all) {
      field(name);
      field(value);
    }
  };
  field(text);
  for (const { client, method, uri, version, headers: sent, body, response } of requests) {
    field(client ?? '127.0.0.1');
    field(method);
    field(uri);
    field(version ?? '1.1');
    headers(sent);
    field(body ?? '');
    count(response?.status ?? 0);
    if (response === undefined) continue;
    field('HTTP/1.1');
    headers(response.headers);
    field(response.body);
  }
  return Buffer.concat(parts);
}
