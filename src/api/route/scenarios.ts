import { checkScenarios, runScenarios, TrialError } from '../../correlate/trial/index.ts';
import type { Backend } from '../backend.ts';
import { CostlyWork } from '../costly-work.ts';
import { pastRecords } from '../past-records.ts';
import { Problem } from '../problem.ts';
import {
  ScenarioCheckBody,
  ScenarioCheckedSchema,
  ScenarioParams,
  ScenariosSchema,
  ScenarioTestBody,
  ScenarioTestedSchema,
  ScenarioTextSchema,
} from '../schema/scenarios.ts';
import type { Api } from '../server.ts';
import { timeRangeOf } from '../time-range.ts';

const TAGS = ['scenarios'];
/** Records that a scenario is tried on, and how long they are read. */
const BOUNDS = { records: 500_000, budgetMs: 40_000 };
/** Rows of each list of a result. */
const MOST_ROWS = 200;

/** Scenarios: which run, and what others would find. */
export function scenariosRoutes(api: Api, { weir }: Backend): void {
  const trials = new CostlyWork('many scenarios are being tried');
  api.get(
    '/api/v1/scenarios',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The scenarios that run, how often each ran over and whom it met',
        tags: TAGS,
        response: { 200: ScenariosSchema },
      },
    },
    async () => {
      const { scenarios, ...rest } = await weir.scenarios();
      return { ...rest, items: scenarios };
    },
  );
  api.get(
    '/api/v1/scenarios/:name',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A scenario with its text; the slash of its name is written as %2F',
        tags: TAGS,
        params: ScenarioParams,
        response: { 200: ScenarioTextSchema },
      },
    },
    ({ params }) => weir.scenario(params.name),
  );
  api.post(
    '/api/v1/scenarios/check',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary: 'Find the mistakes in a text of scenarios',
        tags: TAGS,
        body: ScenarioCheckBody,
        response: { 200: ScenarioCheckedSchema },
      },
    },
    ({ body }) => trials.run(() => tried(() => checkScenarios(body.text))),
  );
  api.post(
    '/api/v1/scenarios/test',
    {
      config: { access: 'operator', asks: true },
      schema: {
        summary:
          'Run scenarios over what is stored: what they would have found, and who would have been banned',
        description: 'Nothing is decided and nothing kept. Never-ban is heeded, other guards are not asked.',
        tags: TAGS,
        body: ScenarioTestBody,
        response: { 200: ScenarioTestedSchema },
      },
    },
    ({ body }) => trials.run(() => tried(() => test(weir, body))),
  );
}

async function test(
  weir: Backend['weir'],
  body: { readonly text?: string; readonly name?: string; readonly since: string; readonly until?: string },
) {
  const begunMs = performance.now();
  const text = await textOf(weir, body);
  const { mistakes } = await checkScenarios(text);
  const [first] = mistakes;
  if (first !== undefined) {
    const more = mistakes.length === 1 ? '' : ` (and ${mistakes.length - 1} more)`;
    throw new Problem(400, 'The scenario has mistakes', `line ${first.line}: ${first.message}${more}`);
  }
  const { networks, neverBan } = await weir.tuning();
  const range = timeRangeOf({
    since: body.since,
    ...(body.until === undefined ? {} : { until: body.until }),
  });
  const past = pastRecords(weir, range, BOUNDS);
  const result = await runScenarios(text, { networks, neverBan }, past.pages);
  const { records, firstUs, lastUs, overflows, scenarios, losses } = result;
  return {
    records,
    isCutOff: past.isCutOff(),
    ...(firstUs === undefined ? {} : { firstUs }),
    ...(lastUs === undefined ? {} : { lastUs }),
    overflows,
    scenarios: scenarios.slice(0, MOST_ROWS).map((one) => ({ ...one, about: one.about.slice(0, MOST_ROWS) })),
    decisions: cut(result.decisions),
    refusals: cut(result.refusals),
    incidents: cut(result.incidents),
    losses,
    tookMs: performance.now() - begunMs,
  };
}

async function textOf(
  weir: Backend['weir'],
  { text, name }: { readonly text?: string; readonly name?: string },
): Promise<string> {
  if ((text === undefined) === (name === undefined)) {
    throw new Problem(400, 'The request is not understood', 'give a text or a name, one of them');
  }
  return text ?? (await weir.scenario(name ?? '')).text;
}

function cut<T>({ count, items }: { readonly count: number; readonly items: readonly T[] }) {
  return { count, items: items.slice(0, MOST_ROWS) };
}

/** A trial that was given up is the trial's fault. */
async function tried<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrialError) throw new Problem(422, 'Given up', error.message);
    throw error;
  }
}
