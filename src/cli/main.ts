import { VERSION } from '../config/version.ts';
import { UsageError } from './usage.ts';

/** Commands, loaded when they are called: starting must be quick. */
const COMMANDS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  read: {
    about: 'read captures: flows, records, files, a summary',
    load: async () => (await import('./read.ts')).read,
  },
  cat: {
    about: 'print the conversation of one flow, straight from the captures',
    load: async () => (await import('./cat.ts')).cat,
  },
  clients: {
    about: 'the clients of a LAN: devices, addresses, names, what they do',
    load: async () => (await import('./clients.ts')).clients,
  },
  up: {
    about: 'watch an interface: sensor, records, history, LAN view (needs root)',
    load: async () => (await import('./up.ts')).up,
  },
  status: {
    about: 'how the running weir is',
    load: async () => (await import('./status.ts')).status,
  },
  check: {
    about: 'test weir.yaml, and say what weir will do',
    load: async () => (await import('./check.ts')).check,
  },
  import: {
    about: 'put the records of captures into a store',
    load: async () => (await import('./import.ts')).importCaptures,
  },
  flows: {
    about: 'flows, of the running weir or of a store',
    load: async () => (await import('./flows.ts')).flows,
  },
  destinations: {
    about: 'where the traffic went, likewise',
    load: async () => (await import('./destinations.ts')).destinations,
  },
  protocols: {
    about: 'protocols and applications, likewise',
    load: async () => (await import('./protocols.ts')).protocols,
  },
  top: {
    about: 'the heaviest talkers, destinations, names, applications, likewise',
    load: async () => (await import('./top.ts')).top,
  },
  mirror: {
    about: 'copy what passes an interface to where it can be captured (needs root)',
    load: async () => (await import('./mirror.ts')).mirror,
  },
  'dpi-dualctl': {
    about: "what SecuBox's dpi-dualctl does, by its words: start, stop, status, flows, lan, ...",
    load: async () => (await import('./dpi-dualctl.ts')).dpiDualctl,
  },
  'dpi-correlator': {
    about: "what SecuBox's dpi-correlator does, by its words: correlate, reputation, tune, whitelist, ...",
    load: async () => (await import('./dpi-correlator.ts')).dpiCorrelator,
  },
  proxy: {
    about: 'judge web traffic on its way: in front of an application, or for clients',
    load: async () => (await import('./proxy.ts')).proxy,
  },
  haproxy: {
    about: 'judge the requests of a HAProxy: config, check, agent',
    load: async () => (await import('./haproxy.ts')).haproxy,
  },
  ca: {
    about: "the proxy's certificate authority: create, show, export, install",
    load: async () => (await import('./ca.ts')).ca,
  },
  requests: {
    about: 'the last requests of the running weir, and what was found in them',
    load: async () => (await import('./requests.ts')).requests,
  },
  buffer: {
    about: 'how the buffer of requests is, and what it holds',
    load: async () => (await import('./buffer.ts')).buffer,
  },
  replay: {
    about: 'judge stored requests again with other rules, or send them to a sandbox',
    load: async () => (await import('./replay.ts')).replay,
  },
  threats: {
    about: 'addresses that something speaks against, the worst first, and incidents',
    load: async () => (await import('./threats.ts')).threats,
  },
  context: {
    about: 'all that is known of an address: both streams, one timeline',
    load: async () => (await import('./context.ts')).context,
  },
  reputation: {
    about: 'the reputation of an address, and each point of it (--why)',
    load: async () => (await import('./reputation.ts')).reputation,
  },
  search: {
    about: 'correlations: by address, time, type, score',
    load: async () => (await import('./search.ts')).search,
  },
  mark: {
    about: 'say that a correlation was false; exceptions, and what weir proposes',
    load: async () => (await import('./mark.ts')).mark,
  },
  decisions: {
    about: 'what is decided about addresses at present',
    load: async () => (await import('./decisions.ts')).decisions,
  },
  ban: {
    about: 'ban, throttle, redirect or allow an address, a network or a session',
    load: async () => (await import('./ban.ts')).ban,
  },
  unban: {
    about: 'lift decisions',
    load: async () => (await import('./unban.ts')).unban,
  },
  respond: {
    about: 'what enforces decisions: plan, undo',
    load: async () => (await import('./respond.ts')).respond,
  },
  scenarios: {
    about: "scenarios in CrowdSec's format: list, check, test",
    load: async () => (await import('./scenarios.ts')).scenarios,
  },
  simulate: {
    about: 'what weir would have found and decided, over captures or records',
    load: async () => (await import('./simulate.ts')).simulate,
  },
  waf: {
    about: 'requests and the rules of ModSecurity: check, test, explain, regression, bench',
    load: async () => (await import('./waf.ts')).waf,
  },
  lab: {
    about: 'a small network to try weir on: clients, servers, attacks (needs root)',
    load: async () => (await import('./lab.ts')).lab,
  },
  token: {
    about: 'who may use the API and the console: create, list, revoke, login',
    load: async () => (await import('./token.ts')).token,
  },
  doctor: {
    about: 'what works on this machine, and what is missing',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

/** A command: takes the arguments behind its name, returns the exit code. */
export type Command = (args: readonly string[]) => Promise<number>;

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--version' || name === '-V') {
    process.stdout.write(`weir ${VERSION}\n`);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new UsageError(`there is no command '${name}'`, `Commands: ${Object.keys(COMMANDS).join(', ')}`);
  }
  const run = await command.load();
  return run(rest);
}

function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`);
  return `weir ${VERSION}: looks into network traffic

usage: weir COMMAND ...

${lines.join('\n')}

'weir COMMAND --help' tells more. Try: weir read FILE.pcap
`;
}

// A reader that goes away (head, less) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  // A full disk, say: what was written is not whole.
  process.stderr.write(`weir: standard output: ${error.message}\n`);
  process.exit(1);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`weir: ${error.message}\n${error.hint === '' ? '' : `${error.hint}\n`}`);
    process.exitCode = 2;
  } else {
    const { OutputError } = await import('../output/index.ts');
    if (error instanceof OutputError && error.code === 'EPIPE') {
      process.exitCode = 0;
    } else if (isOutputError(error) || isSystemError(error)) {
      process.stderr.write(`weir: ${(error as Error).message}\n`);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}

/** The outputs and the writer of captures have an error each; both speak to the user. */
function isOutputError(error: unknown): boolean {
  return error instanceof Error && error.name === 'OutputError';
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
