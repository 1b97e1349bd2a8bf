import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { clientConnection } from '../connection.ts';
import { type Judgement, PASSED } from '../judge.ts';
import type { WebTransaction } from '../transaction.ts';
import type { Verdict } from '../waf/index.ts';

/** What of a transaction a test chooses. */
export interface Wanted {
  readonly reference?: string;
  readonly client?: string;
  readonly server?: string;
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly bodyBytes?: number;
  readonly timeUs?: number;
  readonly judgement?: Judgement;
  readonly status?: number;
  readonly answer?: string;
}

let serial = 0;

/** A transaction as a way in would tell of it. */
export function transaction(wanted: Wanted = {}): WebTransaction {
  const reference = wanted.reference ?? `t${String(serial++).padStart(19, '0')}`;
  const [address = '', port = '80'] = (wanted.server ?? '192.0.2.80:80').split(':');
  const connection = clientConnection(
    'proxy',
    { address: wanted.client ?? '203.0.113.9', port: 40_000 },
    { address, port: Number(port) },
  );
  const { body = '' } = wanted;
  return {
    reference,
    request: {
      method: wanted.method ?? 'GET',
      target: wanted.target ?? '/',
      protocol: 'HTTP/1.1',
      headers: [
        ['Host', wanted.host ?? 'www.example.org'],
        ['User-Agent', 'Mozilla/5.0'],
        ...(wanted.headers ?? []),
      ],
      body,
      connection,
      timeUs: wanted.timeUs ?? Date.now() * 1000,
      bodyBytes: wanted.bodyBytes ?? body.length,
    },
    judgement: wanted.judgement ?? { ...PASSED, verdict: verdict() },
    response: {
      status: wanted.status ?? 200,
      protocol: 'HTTP/1.1',
      headers: [['Content-Type', 'text/html']],
      body: wanted.answer ?? 'fine',
      bodyBytes: wanted.answer?.length ?? 4,
    },
    responseJudgement: undefined,
    latencyMs: 3,
    judgedMs: 0.5,
  };
}

/** What rules say of a request: denied by a rule, or passed. */
export function verdict(ruleId = 0, score = 0, tag = 'attack-sqli'): Verdict {
  const match = {
    id: ruleId,
    phase: 2,
    message: 'found',
    data: '',
    severity: 'CRITICAL',
    tags: [tag],
    version: '',
    file: 'rules.conf',
    line: 1,
    variable: 'ARGS:q',
    value: 'x',
    operator: '@rx x',
  };
  return {
    action: ruleId === 0 ? 'pass' : 'deny',
    status: ruleId === 0 ? 0 : 403,
    location: '',
    ruleId,
    matches: ruleId === 0 ? [] : [match],
    limit: '',
    score: { inbound: score, outbound: 0 },
  };
}

/** The judgement that such a verdict leads to. */
export function denied(ruleId: number, score = 5): Judgement {
  return {
    ...PASSED,
    action: 'deny',
    status: 403,
    reason: 'a rule denies it',
    verdict: verdict(ruleId, score),
  };
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-buffer-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
