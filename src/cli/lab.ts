import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseChoice, parseCount, parseOptions, UsageError } from './usage.ts';

/** Weir's active stream in front of the lab's web application. */
export interface LabWeb {
  readonly way: 'proxy' | 'haproxy';
  /** Folder of the Core Rule Set; undefined: Debian's. */
  readonly crs: string | undefined;
  /** Requests that one client address may send in 10 seconds; 0: no bound. */
  readonly limit: number;
}

/** What runs on the gateway: `weir up` with its console, the active stream alone, or nothing of weir. */
export type LabMode = 'weir' | LabWeb | 'bare';

/** What the folder `lab` offers to this command. Each returns the exit code. */
export interface LabCommands {
  /** `nat`: clients leave through the first uplink with the gateway's address. */
  readonly up: (name: string, mode: LabMode, nat: boolean) => Promise<number>;
  readonly down: (name: string) => Promise<number>;
  readonly status: (name: string, json: boolean) => Promise<number>;
  /** Ordinary traffic for so many seconds, with so many errands begun per second. */
  readonly traffic: (
    name: string,
    options: { readonly seconds: number; readonly rate: number; readonly json: boolean },
  ) => Promise<number>;
  /** Without an attack: a list of them. */
  readonly attack: (name: string, attack: string | undefined, json: boolean) => Promise<number>;
  /** Ordinary browsing of the web application behind weir. */
  readonly browse: (name: string, json: boolean) => Promise<number>;
  /** The names that `attack` knows. */
  readonly attacks: readonly string[];
}

const HELP = `usage: weir lab up | down | status | traffic | attack [NAME] | browse   [options]

A small network in network namespaces, with real clients, servers and an attacker, and a gateway for weir to run on.
Nothing in it can reach the outside. It needs Linux and root; what it runs is installed where Debian has it.

  up                    build it, with weir on its gateway and the console on this machine; says where
    --bare              without weir: to run one by hand
    --nat               clients leave through wan0 with the gateway's address, over IPv4
    --web WAY           only the active stream, in front of its web application: proxy (the built-in one) or haproxy
    --crs DIR           with --web: the Core Rule Set (default: Debian's modsecurity-crs)
    --limit N           with --web: requests that an address may send in 10 seconds (default 150; 0: no bound)
  status                hosts, addresses, what runs; every service is asked once
  traffic               what clients ordinarily do, over IPv4 and IPv6
    --seconds N         for so long (1 to 3600; default 10)
    --rate N            errands begun per second (0.1 to 50; default 4)
  attack                list the attacks
  attack NAME           run one, such as scan or ssh-bruteforce; web: on the web application, with what weir did
  browse                visitors browse the web application; exit code 1 when weir let a request of theirs not pass
  down                  remove all of it

  --name NAME           another lab beside the first (a letter, then up to 11 letters and digits; default lab)
  --json                status, traffic, attack and browse: as JSON
`;

const OPERATIONS = ['up', 'down', 'status', 'traffic', 'attack', 'browse'];
const DEFAULT_LIMIT = '150';
/** The lab is a part of the checkout; an installed package is without it. */
const MODULE = new URL('../../lab/standing/index.ts', import.meta.url);

/** `weir lab`: the small network for demonstrations and tests. */
export async function lab(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    name: { type: 'string' },
    seconds: { type: 'string' },
    rate: { type: 'string' },
    bare: { type: 'boolean' },
    nat: { type: 'boolean' },
    web: { type: 'string' },
    crs: { type: 'string' },
    limit: { type: 'string' },
  });
  const [operation, operand, ...more] = positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hint = "Try 'weir lab --help'";
  if (operation === undefined) throw new UsageError('lab takes what to do', hint);
  if (!OPERATIONS.includes(operation)) {
    throw new UsageError(`lab does ${OPERATIONS.join(', ')}, not '${operation}'`, hint);
  }
  const spare = operation === 'attack' ? more[0] : operand;
  if (spare !== undefined) throw new UsageError(`lab ${operation} does not take '${spare}'`, hint);
  if (operation !== 'traffic' && (values.seconds ?? values.rate) !== undefined) {
    throw new UsageError(`--seconds and --rate are options of 'lab traffic'`, hint);
  }
  if (operation !== 'up' && values.web !== undefined) {
    throw new UsageError("--web is an option of 'lab up'", hint);
  }
  for (const option of ['bare', 'nat'] as const) {
    if (operation !== 'up' && values[option])
      throw new UsageError(`--${option} is an option of 'lab up'`, hint);
  }
  if (values.web === undefined && (values.crs ?? values.limit) !== undefined) {
    throw new UsageError("--crs and --limit are options of 'lab up --web'", hint);
  }
  if (values.json && (operation === 'up' || operation === 'down')) {
    throw new UsageError(`lab ${operation} has no --json; 'weir lab status --json' has all of it`, hint);
  }
  const name = parseName(values.name ?? 'lab');
  const seconds = parseCount('--seconds', values.seconds ?? '10', 1, 3600);
  const rate = parseRate(values.rate ?? '4');
  const json = values.json === true;
  const without = values.bare ? 'bare' : 'weir';
  const mode = values.web === undefined ? without : parseWeb(values.web, values.crs, values.limit);
  const commands = await load();
  if (commands === undefined) return 1;
  switch (operation) {
    case 'up':
      return commands.up(name, mode, values.nat === true);
    case 'down':
      return commands.down(name);
    case 'browse':
      return commands.browse(name, json);
    case 'status':
      return commands.status(name, json);
    case 'traffic':
      return commands.traffic(name, { seconds, rate, json });
    default:
      if (operand !== undefined && !commands.attacks.includes(operand)) {
        throw new UsageError(`there is no attack '${operand}'`, `Attacks: ${commands.attacks.join(', ')}`);
      }
      return commands.attack(name, operand, json);
  }
}

async function load(): Promise<LabCommands | undefined> {
  if (!existsSync(fileURLToPath(MODULE))) {
    process.stderr.write(
      "weir: the lab is not in this installation; a checkout of weir's repository has it\n",
    );
    return undefined;
  }
  const { commands } = (await import(MODULE.href)) as { readonly commands: LabCommands };
  return commands;
}

/** Part of names of namespaces and of a folder. */
function parseName(text: string): string {
  if (/^[a-z][a-z0-9]{0,11}$/.test(text)) return text;
  throw new UsageError(`--name takes a letter and up to 11 letters and digits, all small, not '${text}'`);
}

function parseWeb(way: string, crs: string | undefined, limit: string | undefined): LabWeb {
  return {
    way: parseChoice('--web', way, ['proxy', 'haproxy']),
    // Programs of the lab run elsewhere.
    crs: crs === undefined ? undefined : resolve(crs),
    limit: parseCount('--limit', limit ?? DEFAULT_LIMIT, 0, 1_000_000),
  };
}

function parseRate(text: string): number {
  const rate = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0.1 && rate <= 50) return rate;
  throw new UsageError(`--rate takes a number from 0.1 to 50, not '${text}'`);
}
