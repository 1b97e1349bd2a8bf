import { formatDuration } from '../config/quantity.ts';
import type { Scenario } from '../correlate/scenario/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { chosenScenarios, reportMistakes } from './chosen-scenarios.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { parseOptions, UsageError } from './usage.ts';

const COLUMNS: readonly TableColumn[] = [
  { title: 'NAME', most: 44, style: 'bold' },
  { title: 'TYPE' },
  { title: 'BAN', align: 'right' },
  { title: 'TECHNIQUES', most: 30 },
  { title: 'WHAT', most: 80, style: 'dim' },
];

/** `weir scenarios list`. */
export async function listScenarios(args: readonly string[], help: string): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
    data: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length > 0) {
    throw new UsageError(
      "scenarios list takes no operand; 'weir scenarios check PATH' tests files",
      "Try 'weir scenarios --help'",
    );
  }
  const found = chosenScenarios({ config: values.config, data: values.data });
  if (found === undefined) return 1;
  const { scenarios, mistakes } = found;
  if (values.json) {
    process.stdout.write(`${terminalJson(scenarios.map(scenarioJson))}\n`);
  } else {
    const rows = scenarios.map((one) => [
      one.name,
      one.type,
      banText(one),
      one.techniques.join(' '),
      terminalText(one.description),
    ]);
    process.stdout.write(renderTable(COLUMNS, rows, terminalPaint()));
  }
  reportMistakes(mistakes);
  return mistakes.length === 0 ? 0 : 1;
}

/** How long who runs it over is banned; that of the configuration's default where the file says nothing of it. */
function banText({ remediation, banMs, simulated }: Scenario): string {
  if (!remediation) return 'no';
  const time = banMs === undefined ? 'default' : formatDuration(banMs);
  return simulated ? `${time}, tried` : time;
}

/** A scenario as `--json` has it. */
function scenarioJson(one: Scenario) {
  const { name, type, description, file, line, remediation, banMs, simulated, evidence, threat } = one;
  return {
    name,
    type,
    description,
    file,
    line,
    scope: one.scope.name,
    remediation,
    ...(banMs === undefined ? {} : { ban_seconds: banMs / 1000 }),
    simulated,
    evidence,
    threat,
    techniques: one.techniques,
  };
}
