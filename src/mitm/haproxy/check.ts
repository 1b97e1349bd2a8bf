import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Finding, finding } from './check-finding.ts';
import { checkSpoe, type SpoeFacts } from './check-spoe.ts';
import { type ConfigLine, type ConfigSection, linesOf, sectionsOf, settingOf } from './config-file.ts';
import { ENGINE } from './spoe-config.ts';
import { type HaproxyVersion, installedVersionText, isFrom, parseVersion } from './version.ts';

/** What a check found. */
export interface HaproxyCheck {
  /** Of the HAProxy that is installed; undefined where there is none. */
  readonly version: HaproxyVersion | undefined;
  readonly findings: readonly Finding[];
}

const DEFAULT_BUFFER = 16384;
/** What HAProxy keeps free in a buffer (tune.maxrewrite). */
const KEPT_FREE = 1024;
const RUN_MS = 20_000;

/**
 * Looks for what a haproxy.cfg lacks to have its requests inspected. `haproxy -c` is asked where it is installed.
 * @param bodyBytes bytes of a body that are to be inspected.
 * @throws an error of the file system where the file cannot be read.
 */
export function checkHaproxy(file: string, bodyBytes: number): HaproxyCheck {
  const findings: Finding[] = [];
  const sections = sectionsOf(linesOf(readFileSync(file, 'latin1'), file));
  const version = askHaproxy(file, findings);
  const fronts = sections.filter(
    ({ kind, name }) => kind === 'frontend' || (kind === 'listen' && name !== ''),
  );
  const http = fronts.filter((section) => (settingOf(section, 'mode')?.words[1] ?? 'tcp') === 'http');
  if (http.length === 0) {
    findings.push({
      severity: 'error',
      file,
      line: 0,
      what: 'no frontend is of mode http',
      add: 'mode http',
    });
  }
  const global = sections.find(({ kind }) => kind === 'global');
  checkBuffer(file, sections, global, bodyBytes, findings);
  for (const front of http) {
    const filter = front.lines.find(
      ({ words }) => words[0] === 'filter' && words[1] === 'spoe' && isOurs(words, file),
    );
    if (filter === undefined) {
      findings.push(
        finding(
          'error',
          front,
          `${front.kind} ${front.name} sends its requests to no agent`,
          `filter spoe engine ${ENGINE} config /etc/haproxy/weir-spoe.cfg`,
        ),
      );
      continue;
    }
    const facts = readSpoe(filter, file, findings);
    checkFront(front, filter, facts, findings);
    if (facts !== undefined) checkBackend(sections, global, filter, facts.backend, version, findings);
  }
  return { version, findings: withoutRepetitions(findings) };
}

/** The engine is ours by its name, or by the messages of its file. */
function isOurs(words: readonly string[], file: string): boolean {
  if (words[words.indexOf('engine') + 1] === ENGINE && words.includes('engine')) return true;
  const path = spoePath(words, file);
  return path !== undefined && readFileSync(path, 'latin1').includes('weir-request');
}

function spoePath(words: readonly string[], file: string): string | undefined {
  const name = words[words.indexOf('config') + 1];
  if (!words.includes('config') || name === undefined) return undefined;
  // HAProxy takes it from its working folder, which is seldom ours.
  return [resolve(name), join(dirname(file), name)].find((path) => existsSync(path));
}

function readSpoe(filter: ConfigLine, file: string, findings: Finding[]): SpoeFacts | undefined {
  const path = spoePath(filter.words, file);
  if (path === undefined) {
    findings.push(
      finding(
        'error',
        filter,
        `the file '${filter.words[filter.words.indexOf('config') + 1] ?? ''}' is not there`,
        "the second file that 'weir haproxy config' prints",
      ),
    );
    return undefined;
  }
  const engine = filter.words.includes('engine')
    ? (filter.words[filter.words.indexOf('engine') + 1] ?? '')
    : '';
  const facts = checkSpoe(linesOf(readFileSync(path, 'latin1'), path), engine, path, filter);
  findings.push(...facts.findings);
  return facts;
}

function checkBuffer(
  file: string,
  sections: readonly ConfigSection[],
  global: ConfigSection | undefined,
  bodyBytes: number,
  findings: Finding[],
): void {
  const setting = sections
    .filter(({ kind }) => kind === 'global')
    .flatMap(({ lines }) => lines)
    .findLast(({ words }) => words[0] === 'tune.bufsize');
  const bytes = setting === undefined ? DEFAULT_BUFFER : Number(setting.words[1]);
  if (bytes - KEPT_FREE >= bodyBytes) return;
  const at = setting ?? global ?? { file, line: 0 };
  findings.push(
    finding(
      'warning',
      at,
      `tune.bufsize is ${bytes}: of a request, head and body, ${bytes - KEPT_FREE} bytes can be inspected, not ${bodyBytes}`,
      `tune.bufsize ${2 ** Math.ceil(Math.log2(bodyBytes + 8192))}`,
    ),
  );
}

function checkFront(
  front: ConfigSection,
  filter: ConfigLine,
  facts: SpoeFacts | undefined,
  findings: Finding[],
): void {
  const waits =
    settingOf(front, 'option', 'http-buffer-request') ?? settingOf(front, 'http-request', 'wait-for-body');
  if (waits?.words[0] !== 'option') {
    findings.push(
      finding(
        'error',
        front,
        `${front.kind} ${front.name} does not wait for bodies: they are not inspected`,
        'option http-buffer-request',
      ),
    );
  }
  const id = settingOf(front, 'unique-id-format');
  if (id === undefined) {
    findings.push(
      finding(
        facts?.hasResponses === true ? 'error' : 'warning',
        front,
        `${front.kind} ${front.name} gives its requests no id: answers cannot be joined to them`,
        'unique-id-format %[uuid()]',
      ),
    );
  } else if (/req\.f?hdr|\bhdr\(/.test(id.words.slice(1).join(' '))) {
    findings.push(
      finding(
        'warning',
        id,
        'the id comes from the client, who may choose that of another request',
        'unique-id-format %[uuid()]',
      ),
    );
  }
  const prefix = facts?.prefix ?? ENGINE;
  const parts = facts?.hasResponses === true ? ['http-request', 'http-response'] : ['http-request'];
  for (const part of parts) {
    if (rule(front, part, `txn.${prefix}.deny`) === undefined) {
      findings.push(
        finding(
          'error',
          filter,
          `no ${part} rule of ${front.kind} ${front.name} does what the agent says`,
          `${part} deny deny_status 403 if { var(txn.${prefix}.deny) -m bool }`,
        ),
      );
    }
  }
  const error = facts?.errorVariable ?? '';
  if (error !== '' && rule(front, 'http-request', `txn.${prefix}.${error}`) === undefined) {
    findings.push(
      finding(
        'note',
        filter,
        'requests pass without inspection while there is no agent (fail open); to refuse them instead:',
        `http-request deny deny_status 503 if { var(txn.${prefix}.${error}) -m found }`,
      ),
    );
  }
}

/** A rule that asks for a variable and lets the message not pass. */
function rule(front: ConfigSection, part: string, variable: string): ConfigLine | undefined {
  const ends = new Set(['deny', 'reject', 'return', 'silent-drop', 'tarpit', 'redirect']);
  return front.lines.find(
    ({ words }) =>
      words[0] === part &&
      ends.has(words[1] ?? '') &&
      words.some((word) => word.includes(`var(${variable})`)),
  );
}

function checkBackend(
  sections: readonly ConfigSection[],
  global: ConfigSection | undefined,
  filter: ConfigLine,
  name: string,
  version: HaproxyVersion | undefined,
  findings: Finding[],
): void {
  const backend = sections.find((section) => section.kind === 'backend' && section.name === name);
  if (backend === undefined) {
    findings.push(finding('error', filter, `there is no backend '${name}' for the agent`, `backend ${name}`));
    return;
  }
  const mode = settingOf(backend, 'mode');
  const isSpop = mode?.words[1] === 'spop';
  const hasSpop = version === undefined || isFrom(version, 3, 1);
  if (mode?.words[1] === 'http' || (isSpop && !hasSpop)) {
    findings.push(
      finding(
        'error',
        mode,
        `mode ${mode?.words[1]} does not carry SPOP here`,
        `mode ${hasSpop ? 'spop' : 'tcp'}`,
      ),
    );
  }
  if (settingOf(backend, 'option', 'spop-check') === undefined) {
    findings.push(finding('warning', backend, 'an agent that hangs is not noticed', 'option spop-check'));
  }
  const servers = backend.lines.filter(({ words }) => words[0] === 'server');
  const chroot = global === undefined ? undefined : settingOf(global, 'chroot');
  for (const server of servers) {
    if (!server.words.includes('check')) {
      findings.push(
        finding(
          'warning',
          server,
          'while the agent is away each request waits for the timeout',
          `${server.words.join(' ')} check`,
        ),
      );
    }
    const path = /^(?:unix@)?(\/.*)$/.exec(server.words[2] ?? '')?.[1];
    if (path === undefined || chroot === undefined) continue;
    const root = chroot.words[1] ?? '';
    findings.push(
      finding(
        'note',
        server,
        `HAProxy looks for the socket within its chroot: the agent must listen on ${join(root, path)}`,
        `weir haproxy agent --socket ${join(root, path)}`,
      ),
    );
  }
}

/** Version, and what `haproxy -c` says of the file. */
function askHaproxy(file: string, findings: Finding[]): HaproxyVersion | undefined {
  const version = installedVersionText();
  if (version === undefined) {
    findings.push({
      severity: 'note',
      file,
      line: 0,
      what: 'haproxy is not installed here: its own check of the file was left out',
      add: '',
    });
    return undefined;
  }
  const { status, stdout, stderr } = spawnSync('haproxy', ['-c', '-f', file], {
    encoding: 'utf8',
    timeout: RUN_MS,
  });
  const told = `${stdout}\n${stderr}`;
  let errors = 0;
  for (const line of told.split('\n')) {
    const match = /^\[(ALERT|WARNING|NOTICE)\]\s*\(\d+\)\s*:\s*(?:config\s*:\s*)?(.*)$/.exec(line);
    if (match === null || match[1] === 'NOTICE') continue;
    // What stands behind them says the same without a place.
    if (/^(Error\(s\)|Fatal errors) found in configuration/.test(match[2] ?? '') && errors > 0) continue;
    const place = /\[([^\]:]+):(\d+)\]/.exec(match[2] ?? '');
    if (match[1] === 'ALERT') errors++;
    findings.push({
      severity: match[1] === 'ALERT' ? 'error' : 'warning',
      file: place?.[1] ?? file,
      line: Number(place?.[2] ?? 0),
      what: `haproxy -c: ${(match[2] ?? '').replace(/^parsing \[[^\]]*\]\s*:\s*/, '')}`,
      add: '',
    });
  }
  if (status !== 0 && errors === 0) {
    findings.push({
      severity: 'error',
      file,
      line: 0,
      what: `haproxy -c refuses the file: ${told.trim().slice(0, 300)}`,
      add: '',
    });
  }
  try {
    return parseVersion(version);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    findings.push({ severity: 'error', file, line: 0, what, add: '' });
    return undefined;
  }
}

/** Frontends share files and backends: what is wrong there is said once. */
function withoutRepetitions(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const each of findings) seen.set(`${each.file}:${each.line}:${each.what}`, each);
  const order = { error: 0, warning: 1, note: 2 } as const;
  return [...seen.values()].sort((a, b) => order[a.severity] - order[b.severity]);
}
