import type { Command } from './main.ts';
import { UsageError } from './usage.ts';

/** What `weir waf` does, loaded when it is called. */
const OPERATIONS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  check: {
    about: 'find the mistakes in rule files, and say what is in them',
    load: async () => (await import('./waf-check.ts')).wafCheck,
  },
  test: {
    about: 'judge requests from files: blocked or passed, and why',
    load: async () => (await import('./waf-test.ts')).wafTest,
  },
  explain: {
    about: 'show a rule as it was loaded, and what it does with a request',
    load: async () => (await import('./waf-explain.ts')).wafExplain,
  },
  regression: {
    about: 'run the tests of the Core Rule Set',
    load: async () => (await import('./waf-regression.ts')).wafRegression,
  },
  bench: {
    about: 'measure the time that requests take, beside libmodsecurity where it is installed',
    load: async () => (await import('./waf-bench.ts')).wafBench,
  },
};

/** `weir waf OPERATION`: rules of ModSecurity over requests. */
export async function waf(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  if (name === undefined) throw new UsageError('waf takes what to do', help().trimEnd());
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new UsageError(
      `waf does ${Object.keys(OPERATIONS).join(', ')}, not '${name}'`,
      "Try 'weir waf --help'",
    );
  }
  return (await operation.load())(rest);
}

function help(): string {
  const lines = Object.entries(OPERATIONS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);
  return `usage: weir waf OPERATION ...

Looks at requests with rules of ModSecurity: Debian's modsecurity-crs, a checkout of the Core Rule Set, your own.

${lines.join('\n')}

'weir waf OPERATION --help' tells more. Try: weir waf test REQUEST.http
`;
}
