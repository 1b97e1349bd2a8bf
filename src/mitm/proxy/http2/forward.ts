import type { IncomingMessage } from 'node:http';
import type { Field } from '../../http/message.ts';
import type { Judge, Judged, Judgement } from '../../judge.ts';
import type { IncomingRequest, IncomingResponse } from '../../transaction.ts';
import { upstreamFault } from '../tls/upstream-fault.ts';
import { type Held, hold } from './hold.ts';
import { type PageMaker, plainPage } from './page.ts';
import type { Http2Handler, Http2Request, Http2Response } from './request.ts';
import { askUpstream, type Http2Upstream, type UpstreamBody, upstreamBody } from './upstream-request.ts';

/** How requests are sent on. */
export interface ForwardHttp2Options {
  /** The server for a request; undefined where this proxy has none for it: 421 (Misdirected Request). */
  readonly upstream: (request: Http2Request) => Http2Upstream | undefined;
  /** Without one nothing is judged, and bodies stream through. */
  readonly judge?: Judge | undefined;
  /** Fields that requests get on their way (Forwarded, a reference); the reference is empty without a judge. */
  readonly added?: ((request: Http2Request, reference: string) => readonly Field[]) | undefined;
  readonly page?: PageMaker | undefined;
  /** For the server to answer, and between two pieces of its answer: 60 s. */
  readonly timeoutMs?: number | undefined;
}

const TIMEOUT_MS = 60_000;
const NO_FIELDS: readonly Field[] = [];

/** Sends requests of HTTP/2 on to servers by HTTP/1.1, and asks the judge about them and their answers. */
export function forwardHttp2(options: ForwardHttp2Options): Http2Handler {
  const page = options.page ?? plainPage;
  const { judge } = options;
  return async (request, response) => {
    const upstream = options.upstream(request);
    if (upstream === undefined) {
      await sendPage(response, page, 421, 'This server does not answer for that name.', '');
      return;
    }
    if (request.expectsContinue) response.sendContinue();
    if (judge === undefined) {
      const answer = await ask(upstream, request, '', upstreamBody(request.body, undefined), response);
      if (answer !== undefined) await response.send(answer.statusCode ?? 502, fieldsOf(answer), answer);
      return;
    }
    await judgeAndForward(judge, upstream, request, response);
  };

  async function judgeAndForward(
    judge: Judge,
    upstream: Http2Upstream,
    request: Http2Request,
    response: Http2Response,
  ): Promise<void> {
    const limit = judge.requestBodyLimit;
    let held: Held | undefined;
    if (request.body !== undefined) {
      const tooLong = request.contentLength > limit;
      if (!(tooLong && judge.refusesLongBodies)) held = await hold(request.body, limit);
      if (judge.refusesLongBodies && (tooLong || held?.whole === false)) {
        const judged = judge.refuse(
          incomingRequest(request, held, limit),
          413,
          `the body is longer than ${limit} bytes`,
        );
        judged.abandon();
        await sendPage(response, page, 413, `The body has more than ${limit} bytes.`, judged.reference);
        return;
      }
    }
    const judged = await judge.request(incomingRequest(request, held, limit));
    const { reference, judgement } = judged;
    if (judgement.action !== 'pass') {
      judged.abandon();
      await obey(judgement, reference, response);
      return;
    }
    if (request.signal.aborted) {
      judged.abandon();
      return;
    }
    const body = upstreamBody(request.body, held);
    const answer = await ask(upstream, request, reference, body, response);
    if (answer === undefined) judged.abandon();
    else await judgeAnswer(judge, judged, answer, request, response);
  }

  /** The answer's head; undefined where the server cannot be asked, which the client is told. */
  async function ask(
    upstream: Http2Upstream,
    request: Http2Request,
    reference: string,
    body: UpstreamBody,
    response: Http2Response,
  ): Promise<IncomingMessage | undefined> {
    try {
      const added = options.added?.(request, reference) ?? NO_FIELDS;
      return await askUpstream(upstream, request, added, body, options.timeoutMs ?? TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { status, text } = upstreamFault(error);
      if (!request.signal.aborted) await sendPage(response, page, status, text, reference);
      return undefined;
    }
  }

  async function judgeAnswer(
    judge: Judge,
    judged: Judged,
    answer: IncomingMessage,
    request: Http2Request,
    response: Http2Response,
  ): Promise<void> {
    const fields = fieldsOf(answer);
    const status = answer.statusCode ?? 502;
    let held: Held | undefined;
    try {
      if (judge.responseBodyLimit > 0 && isHeldBack(answer)) {
        held = await hold(answer, judge.responseBodyLimit);
      }
    } catch (error) {
      judged.abandon();
      if (request.signal.aborted) return;
      const { text } = upstreamFault(error instanceof Error ? error : new Error(String(error)));
      await sendPage(response, page, 502, text, judged.reference);
      return;
    }
    const judgement = await judged.response(
      incomingResponse(answer, status, fields, held, judge.responseBodyLimit),
    );
    if (judgement.action !== 'pass') {
      answer.destroy();
      await obey(judgement, judged.reference, response);
      return;
    }
    await response.send(status, fields, held?.whole === true ? held.bytes : answer);
  }

  async function obey(judgement: Judgement, reference: string, response: Http2Response): Promise<void> {
    switch (judgement.action) {
      case 'drop':
        response.abort('connection');
        return;
      case 'redirect': {
        const status = judgement.status === 0 ? 302 : judgement.status;
        await sendPage(response, page, status, '', reference, [['location', judgement.location]]);
        return;
      }
      case 'limit': {
        const status = judgement.status === 0 ? 429 : judgement.status;
        const more: Field[] =
          judgement.retryAfter > 0 ? [['retry-after', String(Math.ceil(judgement.retryAfter))]] : [];
        await sendPage(response, page, status, 'Too many requests.', reference, more);
        return;
      }
      case 'deny': {
        const status = judgement.status === 0 ? 403 : judgement.status;
        await sendPage(response, page, status, 'The request was refused.', reference);
        return;
      }
      case 'pass':
        return;
      default:
        judgement.action satisfies never;
    }
  }
}

async function sendPage(
  response: Http2Response,
  page: PageMaker,
  status: number,
  text: string,
  reference: string,
  more: readonly Field[] = NO_FIELDS,
): Promise<void> {
  const { fields, body } = page(status, text, reference);
  await response.send(status, [...fields, ...more], body);
}

/** Events come one by one for as long as the page is open: held back, they would never arrive. */
function isHeldBack(answer: IncomingMessage): boolean {
  return !/^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '');
}

function fieldsOf({ rawHeaders }: IncomingMessage): Field[] {
  const fields: Field[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    fields.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return fields;
}

function incomingRequest(request: Http2Request, held: Held | undefined, limit: number): IncomingRequest {
  return {
    connection: request.connection,
    client: request.connection.client,
    server: request.connection.server,
    timeUs: request.timeUs,
    method: request.method,
    target: request.path,
    protocol: 'HTTP/2.0',
    // Rules look for Host, whatever the version calls it.
    headers: [['host', request.authority], ...request.fields],
    body: held === undefined ? '' : held.bytes.toString('latin1', 0, limit),
    bodyBytes: bodyBytes(held, request.body === undefined ? 0 : request.contentLength),
  };
}

function incomingResponse(
  answer: IncomingMessage,
  status: number,
  headers: readonly Field[],
  held: Held | undefined,
  limit: number,
): IncomingResponse {
  const length = answer.headers['content-length'];
  return {
    status,
    protocol: `HTTP/${answer.httpVersion}`,
    headers,
    body: held === undefined ? '' : held.bytes.toString('latin1', 0, limit),
    bodyBytes: bodyBytes(held, length === undefined ? -1 : Number(length)),
  };
}

function bodyBytes(held: Held | undefined, told: number): number {
  return held?.whole === true ? held.bytes.length : told;
}
