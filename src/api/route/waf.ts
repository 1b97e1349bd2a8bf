import { TrialError, type TrialJob, tryRules } from '../../mitm/waf/trial/index.ts';
import { parseAddress } from '../../net/index.ts';
import type { Backend } from '../backend.ts';
import { CostlyWork } from '../costly-work.ts';
import { Problem } from '../problem.ts';
import { RuleHits } from '../rule-hits.ts';
import { RulesInForceReader } from '../rules-in-force.ts';
import { RejudgeBody, RejudgedSchema } from '../schema/replay.ts';
import {
  RuleParams,
  WafCheckBody,
  WafCheckedSchema,
  WafRuleSchema,
  WafSchema,
  WafTestBody,
  WafTestedSchema,
} from '../schema/waf.ts';
import type { Api } from '../server.ts';
import { choiceOf, rulesOf, wanted } from '../wanted-rules.ts';
import { requestSelectionOf } from './replay.ts';

const TAGS = ['waf'];
const TOP = 20;
const MOST_MISTAKES = 100;

/** The rules of the WAF: those in force, and others that are tried. */
export function wafRoutes(api: Api, { weir, feed }: Backend): void {
  const hits = new RuleHits(feed);
  const trials = new CostlyWork('many rules are being tried');
  const inForce = new RulesInForceReader();
  api.get(
    '/api/v1/waf',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The rules that web requests are judged by, and what they found',
        tags: TAGS,
        response: { 200: WafSchema },
      },
    },
    async () => {
      const { enabled, mode, paranoia, responses, ...names } = await weir.rules();
      const known = enabled ? await inForce.read(rulesOf({ paranoia, ...names })) : undefined;
      return {
        enabled,
        mode,
        paranoia,
        responses,
        origin: known?.catalogue?.origin ?? '',
        ...(known?.catalogue === undefined ? {} : { counts: known.catalogue.counts }),
        problem: known?.problem ?? '',
        sinceUs: hits.sinceUs,
        ...hits.top(TOP),
      };
    },
  );
  api.get(
    '/api/v1/waf/rules/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A rule that is in force: its text, what it looks for, and what it matched lately',
        tags: TAGS,
        params: RuleParams,
        response: { 200: WafRuleSchema },
      },
    },
    async ({ params: { id } }) => {
      const { catalogue, problem } = await inForce.read(rulesOf(await weir.rules()));
      if (catalogue === undefined) throw new Problem(503, 'No answer', problem);
      const rule = catalogue.rules.find((one) => one.id === id);
      if (rule === undefined) throw new Problem(404, 'There is no such thing', `no rule ${id} is in force`);
      return { ...rule, sinceUs: hits.sinceUs, ...hits.rule(id) };
    },
  );
  api.post(
    '/api/v1/waf/check',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary: 'Find the mistakes in a text of rules',
        tags: TAGS,
        body: WafCheckBody,
        response: { 200: WafCheckedSchema },
      },
    },
    async ({ body: { text } }) => {
      const { checked } = await trials.run(() => answerOf({ kind: 'check', text }, 'check'));
      const { mistakes, counts } = checked;
      const shown = mistakes.slice(0, MOST_MISTAKES).map(({ line, message }) => ({ line, message }));
      return { mistakes: shown, ...(counts === undefined ? {} : { counts }) };
    },
  );
  api.post(
    '/api/v1/waf/test',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary: 'Judge a request by rules; nothing is sent anywhere',
        tags: TAGS,
        body: WafTestBody,
        response: { 200: WafTestedSchema },
      },
    },
    async ({ body }) => {
      const { request, client } = body;
      if (parseAddress(client) === undefined) {
        throw new Problem(400, 'The request is not understood', 'client is an address');
      }
      const rules = await wanted(weir, body);
      return (await trials.run(() => answerOf({ kind: 'test', request, client, rules }, 'test'))).verdict;
    },
  );
  api.post(
    '/api/v1/waf/rejudge',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary: 'Judge stored requests with other rules: what would change',
        tags: TAGS,
        body: RejudgeBody,
        response: { 200: RejudgedSchema },
      },
    },
    ({ body: { selection, ...wishes } }) =>
      trials.run(async () => {
        const rules = await wanted(weir, wishes);
        // What is wrong with given rules, and that they name no files, is found in a thread that has nothing else to do.
        if (wishes.rules !== undefined) await answerOf({ kind: 'catalogue', rules }, 'catalogue');
        return weir.rejudge(requestSelectionOf(selection), choiceOf(rules));
      }),
  );
}

type Answer = Awaited<ReturnType<typeof tryRules>>;

/** The answer of a trial. Throws a {@link Problem} where the rules or the request cannot be used. */
async function answerOf<K extends Answer['kind']>(job: TrialJob, kind: K): Promise<Answer & { kind: K }> {
  try {
    const answer = await tryRules(job);
    if (answer.kind === kind) return answer as Answer & { kind: K };
    if (answer.kind !== 'refused') throw new TrialError('the trial gave another answer than was asked for');
    const [first] = answer.mistakes;
    const more = answer.mistakes.length < 2 ? '' : ` (and ${answer.mistakes.length - 1} more)`;
    throw new Problem(
      400,
      'It cannot be judged',
      first === undefined ? answer.reason : `${first.file}:${first.line}: ${first.message}${more}`,
    );
  } catch (error) {
    if (error instanceof TrialError) throw new Problem(422, 'Given up', error.message);
    throw error;
  }
}
