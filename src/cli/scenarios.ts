import { UsageError } from './usage.ts';

const HELP = `usage: weir scenarios list [options]
       weir scenarios check PATH... [options]
       weir scenarios test FILE... [options]

Scenarios say what is no accident any more: leaky buckets over what records show, in the format of CrowdSec's files.

list: the scenarios that weir runs: its own, and those that correlation.scenarios.files of weir.yaml names.
check: mistakes in scenario files, and folders of them, a line FILE:LINE:COLUMN: WHAT each. Exit code 1: there are some.
test: runs files of test cases: records or observations, and the overflows that are expected (examples/scenario-test.yaml).
Exit code 1: a case failed.

  --data DIR         folder of the data files that scenarios name (default: that of the configuration)
  -c, --config FILE  the configuration (default: the one 'weir check' names)
  --json             as JSON
`;

/** `weir scenarios`: lists, checks and tests scenarios. */
export async function scenarios(args: readonly string[]): Promise<number> {
  const [action, ...rest] = args;
  switch (action) {
    case 'list':
      return (await import('./scenarios-list.ts')).listScenarios(rest, HELP);
    case 'check':
      return (await import('./scenarios-check.ts')).checkScenarios(rest, HELP);
    case 'test':
      return (await import('./scenarios-test.ts')).testScenarios(rest, HELP);
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(HELP);
      return 0;
    default:
      throw new UsageError('scenarios takes list, check or test', "Try 'weir scenarios --help'");
  }
}
