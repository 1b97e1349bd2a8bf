import { loadScenarios } from '../correlate/scenario/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { configurationOf, reportMistakes } from './chosen-scenarios.ts';
import { parseOptions, UsageError } from './usage.ts';

/** `weir scenarios check`. */
export async function checkScenarios(args: readonly string[], help: string): Promise<number> {
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
  if (positionals.length === 0) {
    throw new UsageError(
      'scenarios check needs files of scenarios, or folders of them',
      "Try 'weir scenarios --help'",
    );
  }
  const dataFolder = values.data ?? configurationOf(values.config)?.correlation.scenarios.data;
  if (dataFolder === undefined) return 1;
  const { scenarios, mistakes } = loadScenarios(positionals, { dataFolder });
  const names = new Set(scenarios.map(({ name }) => name));
  // A folder without scenarios is most likely not the one that was meant.
  const isEmpty = names.size === 0 && mistakes.length === 0;
  if (values.json) {
    process.stdout.write(`${terminalJson({ scenarios: [...names], mistakes })}\n`);
  } else {
    reportMistakes(mistakes);
    const files = new Set(scenarios.map(({ file }) => file)).size;
    if (mistakes.length === 0 && !isEmpty) {
      process.stdout.write(`${counted(names.size, 'scenario')} in ${counted(files, 'file')}: good\n`);
    }
  }
  if (isEmpty) {
    process.stderr.write(`weir: there is no scenario in ${positionals.map(terminalText).join(', ')}\n`);
  }
  return mistakes.length > 0 || isEmpty ? 1 : 0;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
