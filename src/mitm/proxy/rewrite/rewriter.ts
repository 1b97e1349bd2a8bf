import { STATUS_CODES } from 'node:http';
import type { Field, RequestHead, ResponseHead } from '../../http/message.ts';
import type { LocalAnswer, RequestRewrite, ResponseRewrite, RewriteContext, Rewriter } from '../rewriting.ts';
import { asksForPlainBody, type BodyOutcome, bodyRewrite, isChangeable } from './body-change.ts';
import { BODILESS, type CompiledRedirect, type CompiledRule, compileRewriteRules } from './compile.ts';
import { applyFieldChanges } from './fields.ts';
import { matchesRequest, matchesResponse, needsResponse } from './match.ts';
import { withoutSecurityFields, withSecurityFields } from './security-fields.ts';
import { RequestView } from './view.ts';

/** Bytes of a body that is changed, by default. */
const DEFAULT_BODY_LIMIT = 1 << 20;
const MOST_BODY_LIMIT = 16 << 20;

/** How rules are applied. */
export interface RuleRewriterOptions {
  /** Bytes of a body that rules may change, coded and decoded; a longer one passes as it is. 1 MiB by default. */
  readonly bodyLimit?: number | undefined;
}

/** What rules have done. */
export interface RewriteStatistics {
  /** How many requests and answers each rule was applied to. */
  readonly rules: readonly { readonly name: string; readonly requests: number; readonly responses: number }[];
  /** What became of the bodies that rules asked for: undecodable and too long ones passed as they were. */
  readonly bodies: Readonly<Record<BodyOutcome, number>>;
  /** Redirects that could not be made of the request: it named no host, or was too long. Answered with 400. */
  readonly redirectsRefused: number;
}

const NO_LOCATION: LocalAnswer = {
  status: 400,
  fields: [['Content-Type', 'text/plain; charset=utf-8']],
  body: 'The request does not say which host it is meant for, or is too long to be led elsewhere.\n',
};

/** Changes requests and answers as rules say. */
export class RuleRewriter implements Rewriter {
  readonly #rules: readonly CompiledRule[];
  readonly #bodyLimit: number;
  /** Whether any rule has to do with answers: without, they cost nothing. */
  readonly #changesResponses: boolean;
  readonly #requests: Float64Array;
  readonly #responses: Float64Array;
  readonly #bodies: Record<BodyOutcome, number> = { changed: 0, unchanged: 0, undecodable: 0, tooLong: 0 };
  readonly #told = (outcome: BodyOutcome): void => {
    this.#bodies[outcome]++;
  };
  #redirectsRefused = 0;

  /** `rules`: a list of `RewriteRule`. Throws a `RewriteRulesError` that tells all mistakes, and a `RangeError`. */
  constructor(rules: unknown, { bodyLimit = DEFAULT_BODY_LIMIT }: RuleRewriterOptions = {}) {
    if (!Number.isInteger(bodyLimit) || bodyLimit < 1 || bodyLimit > MOST_BODY_LIMIT)
      throw new RangeError(`bodyLimit: ${bodyLimit} is no number of bytes from 1 to ${MOST_BODY_LIMIT}`);
    this.#rules = compileRewriteRules(rules);
    this.#bodyLimit = bodyLimit;
    this.#changesResponses = this.#rules.some(({ response }) => response !== undefined);
    this.#requests = new Float64Array(this.#rules.length);
    this.#responses = new Float64Array(this.#rules.length);
  }

  request(head: RequestHead, context: RewriteContext): RequestRewrite | undefined {
    if (this.#rules.length === 0 || head.method === 'CONNECT') return undefined;
    const view = new RequestView(head, context);
    let fields = head.fields;
    let path: string | undefined;
    let origin: string | undefined;
    let wantsBody = false;
    for (const [i, rule] of this.#rules.entries()) {
      if (!matchesRequest(rule.conditions, view)) continue;
      if (changesBody(rule)) wantsBody = true;
      const actions = rule.request;
      if (actions !== undefined) {
        this.#requests[i]!++;
        if (actions.answer !== undefined) return { kind: 'answer', answer: actions.answer };
        if (actions.redirect !== undefined)
          return { kind: 'answer', answer: this.#redirect(actions.redirect, view) };
        if (actions.fields !== undefined) fields = applyFieldChanges(fields, actions.fields, view);
        if (actions.path !== undefined) path = actions.path(path ?? view.path, view) ?? path;
        origin = actions.origin ?? origin;
      }
      if (rule.last && !needsResponse(rule.conditions)) break;
    }
    if (wantsBody) fields = asksForPlainBody(fields);
    if (fields === head.fields && path === undefined && origin === undefined) return undefined;
    return {
      kind: 'change',
      target: path === undefined ? undefined : path + view.query,
      fields: fields === head.fields ? undefined : fields,
      origin,
    };
  }

  response(request: RequestHead, head: ResponseHead, context: RewriteContext): ResponseRewrite | undefined {
    if (!this.#changesResponses || request.method === 'CONNECT' || head.status < 200) return undefined;
    const view = new RequestView(request, context);
    const applied: NonNullable<CompiledRule['response']>[] = [];
    let fields = head.fields;
    let status: number | undefined;
    for (const [i, rule] of this.#rules.entries()) {
      if (!matchesRequest(rule.conditions, view) || !matchesResponse(rule.conditions, head)) continue;
      const actions = rule.response;
      if (actions !== undefined) {
        this.#responses[i]!++;
        applied.push(actions);
        fields = this.#responseFields(fields, actions, view);
        // One without a body stays one: the client would wait for it, or take it for the next answer.
        if (!BODILESS.includes(head.status)) status = actions.status ?? status;
      }
      if (rule.last) break;
    }
    const body = this.#body(request, head, fields, applied);
    if (fields === head.fields && status === undefined && body === undefined) return undefined;
    return {
      status,
      reason: status === undefined ? undefined : (STATUS_CODES[status] ?? ''),
      fields: fields === head.fields ? undefined : fields,
      body,
    };
  }

  /** Numbers since the start. */
  statistics(): RewriteStatistics {
    return {
      rules: this.#rules.map(({ name }, i) => ({
        name,
        requests: this.#requests[i]!,
        responses: this.#responses[i]!,
      })),
      bodies: { ...this.#bodies },
      redirectsRefused: this.#redirectsRefused,
    };
  }

  #responseFields(
    fields: readonly Field[],
    actions: NonNullable<CompiledRule['response']>,
    view: RequestView,
  ): readonly Field[] {
    let all = fields;
    if (actions.securityFields === 'insert') all = withSecurityFields(all, view);
    if (actions.securityFields === 'strip') all = withoutSecurityFields(all);
    return actions.fields === undefined ? all : applyFieldChanges(all, actions.fields, view);
  }

  #body(
    request: RequestHead,
    head: ResponseHead,
    fields: readonly Field[],
    applied: readonly NonNullable<CompiledRule['response']>[],
  ): ResponseRewrite['body'] {
    const substitutions = applied.flatMap((actions) => actions.substitutions);
    const injections = applied.flatMap((actions) => actions.injections);
    if (substitutions.length === 0 && injections.length === 0) return undefined;
    if (!isChangeable(request, head)) return undefined;
    if (head.framing.kind === 'length' && head.framing.bytes > this.#bodyLimit) {
      this.#told('tooLong');
      return undefined;
    }
    return bodyRewrite(head.fields, fields, { substitutions, injections }, this.#bodyLimit, this.#told);
  }

  #redirect({ status, location }: CompiledRedirect, view: RequestView): LocalAnswer {
    const made = location.make(view);
    if (made === undefined || made === '') {
      this.#redirectsRefused++;
      return NO_LOCATION;
    }
    return { status, fields: [['Location', made]], body: '' };
  }
}

function changesBody({ response }: CompiledRule): boolean {
  return response !== undefined && response.substitutions.length + response.injections.length > 0;
}
