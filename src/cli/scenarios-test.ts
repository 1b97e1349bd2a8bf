import { Observer } from '../correlate/observation/index.ts';
import { runScenarioTest, type ScenarioTestResult } from '../correlate/scenario/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { configurationOf } from './chosen-scenarios.ts';
import { parseOptions, UsageError } from './usage.ts';

/** `weir scenarios test`. */
export async function testScenarios(args: readonly string[], help: string): Promise<number> {
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
    throw new UsageError('scenarios test needs files of test cases', "Try 'weir scenarios --help'");
  }
  const configuration = configurationOf(values.config);
  if (configuration === undefined) return 1;
  const { correlation, lan } = configuration;
  const dataFolder = values.data ?? correlation.scenarios.data;
  const results = positionals.map((file) => {
    // What one case has shown must not be known in the next one.
    const observer = new Observer({ networks: lan.networks });
    return runScenarioTest(file, { observe: (record) => observer.observe(record), dataFolder });
  });
  const failed = results.filter(({ passed }) => !passed).length;
  if (values.json) {
    const shown = results.map(({ overflows, ...result }) => ({
      ...result,
      overflows: overflows.map(({ observations: _, labels: __, ...one }) => one),
    }));
    process.stdout.write(`${terminalJson({ passed: results.length - failed, failed, results: shown })}\n`);
  } else {
    process.stdout.write(results.map(resultText).join(''));
    process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : 1;
}

/** How a case went, and each difference on lines of its own. */
function resultText({
  name,
  file,
  passed,
  differences,
  observations,
  overflows,
}: ScenarioTestResult): string {
  const title = name === file ? terminalText(file) : `${terminalText(name)} (${terminalText(file)})`;
  const size = `${observations} observations, ${overflows.length} overflows`;
  const lines = differences.flatMap((one) => one.split('\n')).map((one) => `        ${terminalText(one)}\n`);
  return `${passed ? 'passed' : 'FAILED'}  ${title}: ${size}\n${lines.join('')}`;
}
