import type { Command } from './main.ts';
import { UsageError } from './usage.ts';

/** What `weir haproxy` does, loaded when it is called. */
const OPERATIONS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  config: {
    about: 'print what HAProxy needs to have its requests inspected',
    load: async () => (await import('./haproxy-config.ts')).haproxyConfig,
  },
  check: {
    about: 'find what a haproxy.cfg lacks for it',
    load: async () => (await import('./haproxy-check.ts')).haproxyCheck,
  },
  agent: {
    about: 'answer HAProxy: the agent by itself',
    load: async () => (await import('./haproxy-agent.ts')).haproxyAgent,
  },
};

/** `weir haproxy OPERATION`: weir behind a HAProxy. */
export async function haproxy(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  if (name === undefined) throw new UsageError('haproxy takes what to do', help().trimEnd());
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) {
    throw new UsageError(
      `haproxy does ${Object.keys(OPERATIONS).join(', ')}, not '${name}'`,
      "Try 'weir haproxy --help'",
    );
  }
  return (await operation.load())(rest);
}

function help(): string {
  const lines = Object.entries(OPERATIONS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);
  return `usage: weir haproxy OPERATION ...

Judges the requests that HAProxy (2.6 to 3.x) takes, through its SPOE.

${lines.join('\n')}

'weir haproxy OPERATION --help' tells more. Try: weir haproxy config
`;
}
