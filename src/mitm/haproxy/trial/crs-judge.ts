import { type Judge, type Judged, type Judgement, PASSED, unrecordedRefusal } from '../../judge.ts';
import type { IncomingRequest } from '../../transaction.ts';
import { type Verdict, WafPool } from '../../waf/index.ts';
import { chooseRules } from '../../waf/rule-sources.ts';

/** The rules alone as a judge, without limits and records: for tests and measurements. */
export class CrsJudge implements Judge {
  readonly requestBodyLimit = 131072;
  readonly responseBodyLimit = 65536;
  readonly refusesLongBodies = false;
  /** Requests that were judged, and ends they came to: the same number when all is over. */
  judged = 0;
  ended = 0;
  private readonly pool: WafPool;
  private readonly responses: boolean;

  /** Loads a Core Rule Set from its folder; `responses`: answers are judged as well. */
  static async start(crs: string, workers: number, responses: boolean): Promise<CrsJudge> {
    const { sources, options } = chooseRules({ crs, paranoia: 1 });
    const settings = { ...options.settings, mode: 'on' as const };
    return new CrsJudge(await WafPool.start({ sources, workers, local: true, settings }), responses);
  }

  private constructor(pool: WafPool, responses: boolean) {
    this.pool = pool;
    this.responses = responses;
  }

  refuse(_request: unknown, status: number, reason: string): Judged {
    return unrecordedRefusal(status, reason);
  }

  async request(request: IncomingRequest): Promise<Judged> {
    const begun = this.responses ? await this.pool.begin(request) : undefined;
    const verdict = begun?.verdict ?? (await this.pool.inspect(request));
    this.judged++;
    return {
      reference: `r${this.judged}`,
      judgement: judgementOf(verdict),
      response: async (response) => {
        this.ended++;
        return begun === undefined ? PASSED : judgementOf(await begun.response(response));
      },
      abandon: () => {
        this.ended++;
        begun?.abandon();
      },
    };
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

function judgementOf(verdict: Verdict): Judgement {
  if (verdict.action === 'pass') return { ...PASSED, verdict };
  const { action, status, location, ruleId } = verdict;
  return { action, status, location, reason: `rule ${ruleId}`, retryAfter: 0, verdict };
}
