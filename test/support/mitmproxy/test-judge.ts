import {
  type Judge,
  type Judged,
  type Judgement,
  PASSED,
  unrecordedRefusal,
} from '../../../src/mitm/judge.ts';
import type { IncomingRequest, IncomingResponse } from '../../../src/mitm/transaction.ts';

/** What a test decides about requests and answers. */
export interface Decisions {
  readonly request?: (request: IncomingRequest) => Partial<Judgement> | Promise<Partial<Judgement>>;
  readonly response?: (response: IncomingResponse, request: IncomingRequest) => Partial<Judgement>;
  readonly reference?: (request: IncomingRequest) => string;
}

/** What a {@link TestJudge} was told of, in order. */
export interface Told {
  readonly request: IncomingRequest;
  response?: IncomingResponse;
  abandoned: boolean;
}

/** Decides as the test says, and keeps what it was told. */
export class TestJudge implements Judge {
  requestBodyLimit = 1 << 16;
  responseBodyLimit = 1 << 16;
  refusesLongBodies = false;
  readonly told: Told[] = [];
  decisions: Decisions = {};

  refuse(_request: unknown, status: number, reason: string): Judged {
    return unrecordedRefusal(status, reason);
  }

  async request(request: IncomingRequest): Promise<Judged> {
    const told: Told = { request, abandoned: false };
    this.told.push(told);
    const judgement = { ...PASSED, ...(await this.decisions.request?.(request)) };
    const once = (): void => {
      if (told.abandoned || told.response !== undefined) throw new Error('told of twice');
    };
    return {
      reference: this.decisions.reference?.(request) ?? 'abcdefghij0123456789',
      judgement,
      response: async (response) => {
        once();
        told.response = response;
        return { ...PASSED, ...this.decisions.response?.(response, request) };
      },
      abandon: () => {
        once();
        told.abandoned = true;
      },
    };
  }

  /** The last request for a target. */
  of(target: string): Told {
    const told = this.told.findLast(({ request }) => request.target === target);
    if (told === undefined) throw new Error(`nobody asked for ${target}`);
    return told;
  }
}
