import { clientConnection } from '../../connection.ts';
import { type Judgement, PASSED } from '../../judge.ts';
import type { WebTransaction } from '../../transaction.ts';
import type { Finding } from '../analysis.ts';

/** A transaction for tests; what is left out is a visitor's GET that is answered with 200. */
export interface TestTransaction {
  readonly client?: string;
  readonly atMs?: number;
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  readonly type?: string;
  readonly status?: number;
  readonly answer?: readonly (readonly [string, string])[];
  readonly judgement?: Judgement;
}

/** 2026-03-02 08:00 UTC, in milliseconds. */
export const START_MS = 1_772_438_400_000;

/** Makes a transaction. */
export function testTransaction(wish: TestTransaction): WebTransaction {
  const client = { address: wish.client ?? '192.0.2.1', port: 40_000 };
  const body = wish.body ?? '';
  const headers: (readonly [string, string])[] = [
    ['Host', wish.host ?? 'shop.example'],
    ...(wish.headers ?? []),
  ];
  if (wish.type !== undefined) headers.push(['Content-Type', wish.type]);
  return {
    reference: '0123456789abcdefghij',
    request: {
      method: wish.method ?? 'GET',
      target: wish.target ?? '/',
      protocol: 'HTTP/1.1',
      headers,
      body,
      client,
      connection: clientConnection('proxy', client, { address: '198.51.100.1', port: 443 }),
      timeUs: (wish.atMs ?? START_MS) * 1000,
      bodyBytes: body.length,
    },
    judgement: wish.judgement ?? PASSED,
    response: {
      status: wish.status ?? 200,
      protocol: 'HTTP/1.1',
      headers: wish.answer ?? [],
      body: '',
      bodyBytes: 0,
    },
    responseJudgement: undefined,
    latencyMs: 1,
    judgedMs: 0.2,
  };
}

/** `category score` of each finding. */
export function told(findings: readonly (Finding | undefined)[]): string[] {
  return findings.flatMap((finding) =>
    finding === undefined ? [] : [`${finding.category} ${finding.score}`],
  );
}
