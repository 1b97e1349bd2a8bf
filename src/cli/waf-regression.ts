import { RulesError } from '../mitm/waf/index.ts';
import { RulesFolderError, runRegression, TestFileError } from '../mitm/waf/regression/index.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir waf regression DIR... --crs RULES [--only REGEX]

Runs go-ftw's tests of the OWASP Core Rule Set (YAML files in DIR and its folders, or one file) against weir's engine, in
this process. The summary is JSON: passed, failed, skipped with reasons, failures by id with what was expected and what
came. Exit code 0: all passed, 1: some failed, or the rules or tests cannot be read.

  --crs RULES    the Core Rule Set: a folder with rules/ and crs-setup.conf or crs-setup.conf.example
                 (Debian's: /usr/share/modsecurity-crs)
  --only REGEX   tests whose id (942100-7) matches

Example: weir waf regression crs/tests/regression/tests --crs crs
`;

/** `weir waf regression`: go-ftw's tests, and which of them fail. */
export async function wafRegression(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    crs: { type: 'string' },
    only: { type: 'string' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hint = "Try 'weir waf regression --help'";
  if (positionals.length === 0) throw new UsageError('waf regression takes a folder with tests', hint);
  if (values.crs === undefined)
    throw new UsageError('waf regression wants --crs with the folder of the rules', hint);
  let only: RegExp | undefined;
  try {
    only = values.only === undefined ? undefined : new RegExp(values.only);
  } catch (error) {
    throw new UsageError(
      `--only is no regular expression: ${error instanceof Error ? error.message : error}`,
      hint,
    );
  }
  try {
    const { warnings, ...summary } = await runRegression({ tests: positionals, rules: values.crs, only });
    for (const warning of warnings) process.stderr.write(`weir: ${warning}\n`);
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    process.stderr.write(
      `weir: ${summary.passed} passed, ${summary.failed} failed, ${summary.skipped.length} skipped\n`,
    );
    return summary.failed === 0 ? 0 : 1;
  } catch (error) {
    const known =
      error instanceof RulesError ||
      error instanceof RulesFolderError ||
      error instanceof TestFileError ||
      (error instanceof Error && 'code' in error && error.code === 'ENOENT');
    if (!known) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
}
