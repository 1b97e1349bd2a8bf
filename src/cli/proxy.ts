import type { Command } from './main.ts';
import { UsageError } from './usage.ts';

/** What `weir proxy` does, loaded when it is called. */
const KINDS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  reverse: {
    about: 'in front of a web application: --to http://127.0.0.1:3000',
    load: async () => (await import('./proxy-reverse.ts')).proxyReverse,
  },
  forward: {
    about: 'for the clients of a network, with --intercept into TLS as well',
    load: async () => (await import('./proxy-forward.ts')).proxyForward,
  },
  transparent: {
    about: 'for clients that know of no proxy: the kernel leads their connections to it',
    load: async () => (await import('./proxy-transparent.ts')).proxyTransparent,
  },
};

/** `weir proxy KIND`: the built-in proxy, until it is told to end. */
export async function proxy(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help());
    return 0;
  }
  if (name === undefined) throw new UsageError('proxy takes what kind of it', help().trimEnd());
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    throw new UsageError(
      `there are proxies of the kinds ${Object.keys(KINDS).join(', ')}, not '${name}'`,
      "Try 'weir proxy --help'",
    );
  }
  return (await kind.load())(rest);
}

function help(): string {
  const lines = Object.entries(KINDS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);
  return `usage: weir proxy KIND ...

A proxy that judges requests by the OWASP Core Rule Set, with nothing else to install but the rules. 'weir up' runs it
as well, by the section 'web' of weir.yaml.

${lines.join('\n')}

'weir proxy KIND --help' tells more. Try: weir proxy reverse --to http://127.0.0.1:3000
`;
}
