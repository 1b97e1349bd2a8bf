import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpRequest } from '../mitm/waf/index.ts';
import type { ChosenRules } from '../mitm/waf/rule-sources.ts';

/** Times that libmodsecurity took, in µs of CPU for each measured request, and how many it stopped. */
export interface PeerTimes {
  readonly times: readonly number[];
  readonly stopped: number;
}

/** libmodsecurity, ready to be measured. */
export interface Peer {
  /** Runs requests one after the other; the first `warmUp` are not measured. Throws {@link PeerError}. */
  measure(requests: readonly HttpRequest[], warmUp: number): PeerTimes;
  /** Removes the program. */
  close(): void;
}

/** It cannot be measured; the message says why. */
export class PeerError extends Error {}

/** A part of the checkout; an installed package is without it. */
const SOURCE = fileURLToPath(new URL('../../bench/modsecurity.c', import.meta.url));
const MOST_OUTPUT = 1 << 26;

/** Compiles what measures libmodsecurity. Throws {@link PeerError} with what is missing. */
export function buildPeer(chosen: ChosenRules): Peer {
  if (!existsSync(SOURCE))
    throw new PeerError("it needs a checkout of weir's repository (bench/modsecurity.c)");
  const folder = mkdtempSync(join(tmpdir(), 'weir-modsecurity-'));
  const program = join(folder, 'modsecurity');
  const close = (): void => rmSync(folder, { recursive: true });
  const built = spawnSync(process.env.CC ?? 'cc', ['-O2', '-o', program, SOURCE, '-lmodsecurity'], {
    encoding: 'utf8',
  });
  if (built.error !== undefined || built.status !== 0) {
    close();
    if (built.error !== undefined)
      throw new PeerError('there is no C compiler (Debian: apt-get install gcc)');
    if (/modsecurity\/\w+\.h|-lmodsecurity/.test(built.stderr)) {
      throw new PeerError('it is not installed (Debian: apt-get install libmodsecurity-dev)');
    }
    throw new PeerError(`bench/modsecurity.c does not compile: ${built.stderr.split('\n')[0] ?? ''}`);
  }
  const rules = ruleText(chosen);
  return { measure: (requests, warmUp) => measure(program, rules, requests, warmUp), close };
}

/** The same rules; what they leave open is set as we have it. */
function ruleText({ sources, options }: ChosenRules): string {
  const mode = options.settings?.mode === 'detection' ? 'DetectionOnly' : 'On';
  const settings = `SecRuleEngine ${mode}\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n`;
  // Its own arguments are in the rule files; the last word on the engine is the user's.
  const parts = sources.map((source) => (source.kind === 'file' ? `Include ${source.path}` : source.text));
  return [settings, ...parts, options.settings?.mode === undefined ? '' : `SecRuleEngine ${mode}`, ''].join(
    '\n',
  );
}

function measure(
  program: string,
  rules: string,
  requests: readonly HttpRequest[],
  warmUp: number,
): PeerTimes {
  const ran = spawnSync(program, [], {
    input: encode(rules, requests, warmUp),
    encoding: 'latin1',
    maxBuffer: MOST_OUTPUT,
  });
  if (ran.error !== undefined) throw new PeerError(ran.error.message);
  if (ran.status !== 0)
    throw new PeerError(`it ended with ${ran.status ?? ran.signal}: ${ran.stderr.trim()}`);
  const lines = ran.stdout.trimEnd().split('\n');
  if (lines.length !== requests.length - warmUp) {
    throw new PeerError(`it measured ${lines.length} requests of ${requests.length - warmUp}`);
  }
  const fields = lines.map((line) => line.split(' '));
  return {
    times: fields.map(([ns]) => Number(ns) / 1000),
    stopped: fields.filter(([, stopped]) => stopped === '1').length,
  };
}

function encode(rules: string, requests: readonly HttpRequest[], warmUp: number): Buffer {
  const parts: Buffer[] = [];
  const count = (number: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    parts.push(bytes);
  };
  const field = (text: string): void => {
    count(text.length);
    parts.push(Buffer.from(text, 'latin1'));
  };
  field(rules);
  count(warmUp);
  count(requests.length);
  for (const { client, method, target, protocol, headers, body } of requests) {
    field(client?.address ?? '192.0.2.1');
    field(method);
    field(target);
    field(protocol.replace(/^HTTP\//, ''));
    count(headers.length);
    for (const [name, value] of headers) {
      field(name);
      field(value);
    }
    field(body);
  }
  return Buffer.concat(parts);
}
