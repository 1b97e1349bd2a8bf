import { type Configuration, weighingOf } from '../config/index.ts';
import { Exceptions } from '../correlate/exception/index.ts';
import { Reputation } from '../correlate/reputation/index.ts';
import { loadScenarios, type Scenario } from '../correlate/scenario/index.ts';
import { Simulation } from '../correlate/simulation.ts';
import { differenceOf } from '../correlate/simulation-difference.ts';
import type { EveRecord } from '../event/index.ts';
import { parsePrefix } from '../net/index.ts';
import { readCaptures } from './captured-records.ts';
import { configurationOf, reportMistakes, scenarioPaths } from './chosen-scenarios.ts';
import { readRecordFiles, sortInputs } from './record-files.ts';
import { simulationJson } from './simulate-json.ts';
import { parseSimulateOptions, SIMULATE_HELP, type SimulateOptions } from './simulate-options.ts';
import { renderDifference, renderSimulation } from './simulate-report.ts';
import { SimulatedResponder } from './simulated-responder.ts';
import { UsageError } from './usage.ts';

/** `weir simulate`: what weir would have found and decided, over captures or records. */
export async function simulate(args: readonly string[]): Promise<number> {
  const options = parseSimulateOptions(args);
  if (options === undefined) {
    process.stdout.write(SIMULATE_HELP);
    return 0;
  }
  const { kind, paths } = sortInputs(options.inputs);
  const configuration = configurationOf(options.config);
  if (configuration === undefined) return 1;
  const dataFolder = options.data ?? configuration.correlation.scenarios.data;
  const { builtin, files } = configuration.correlation.scenarios;
  const places = [...scenarioPaths(options.builtin ?? builtin, files), ...options.scenarios];
  const scenarios = scenariosOf(places, dataFolder);
  const others = options.compare && scenariosOf(options.compare, dataFolder);
  if (scenarios === undefined || (options.compare !== undefined && others === undefined)) return 1;
  const simulation = await simulationOf(configuration, options, scenarios);
  const other = others && (await simulationOf(configuration, options, others));
  const take = (records: readonly EveRecord[], nowUs?: number): void => {
    simulation.take(records, nowUs);
    other?.take(records, nowUs);
  };
  const isRead =
    kind === 'captures' ? await readCaptures(paths, configuration, take) : await readRecordFiles(paths, take);
  if (!isRead) return 1;
  const result = simulation.end();
  const difference = other && differenceOf(result, other.end());
  if (options.json) {
    process.stdout.write(simulationJson(result, difference, options.top));
    return 0;
  }
  process.stdout.write(renderSimulation(result, options.top));
  if (difference !== undefined) process.stdout.write(renderDifference(difference, options.top));
  for (const loss of result.losses) process.stderr.write(`weir: ${loss}\n`);
  return 0;
}

/** The scenarios of files and folders; undefined where one is mistaken, which is said then. */
function scenariosOf(paths: readonly string[], dataFolder: string): readonly Scenario[] | undefined {
  const { scenarios, mistakes } = loadScenarios(paths, { dataFolder });
  reportMistakes(mistakes);
  if (mistakes.length === 0) return scenarios;
  process.stderr.write('weir: nothing was simulated: the scenarios have mistakes\n');
  return undefined;
}

async function simulationOf(
  configuration: Configuration,
  options: SimulateOptions,
  scenarios: readonly Scenario[],
): Promise<Simulation> {
  const { correlation, lan, respond } = configuration;
  const { autoBan, networks = lan.networks, neverBan } = options;
  for (const [name, list] of [
    ['--network', networks],
    ['--never-ban', neverBan],
  ] as const) {
    const wrong = list.find((text) => parsePrefix(text) === undefined);
    if (wrong !== undefined) {
      throw new UsageError(`${name} takes a network such as 192.0.2.0/24, not '${wrong}'`);
    }
  }
  const responder = await SimulatedResponder.open(respond, neverBan);
  const { exceptions } = await Exceptions.open();
  return new Simulation({
    networks,
    windowMs: correlation.windowMs,
    scenarios,
    reputation: new Reputation(
      weighingOf({ ...correlation, sensitivity: options.sensitivity ?? correlation.sensitivity }),
    ),
    exceptions,
    autoBan:
      autoBan === undefined
        ? respond.autoBan
        : { ...respond.autoBan, enabled: autoBan > 0, threshold: autoBan },
    rule: (wish, nowMs) => responder.rule(wish, nowMs),
  });
}
