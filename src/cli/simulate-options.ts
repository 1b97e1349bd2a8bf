import { DEFAULT_PATH } from '../config/index.ts';
import { parseChoice, parseCount, parseOptions, UsageError } from './usage.ts';

export const SIMULATE_HELP = `usage: weir simulate INPUT... [options]

What weir would have found and decided: incidents, scenarios that ran over, decisions, reputations. INPUT is captures, as
for 'weir read', or EVE JSON (*.json, *.jsonl, '-' for standard input), of weir or of Suricata. No weir need run, nothing is
written, nothing is enforced. Time is that of the packets and records.

Settings are those of the configuration, as far as no option is given:
  -c, --config FILE     the configuration (default: ${DEFAULT_PATH} where it exists, else the defaults)
  --scenarios PATH      further scenarios: a file, or a folder of them; can be repeated
  --no-builtin          without weir's own scenarios
  --data DIR            folder of the data files that scenarios name
  --auto-ban POINTS     ban from this reputation on (1 to 100; 0: never)
  --sensitivity S       low, medium, high
  --network CIDR        own networks; can be repeated
  --never-ban CIDR      besides those of respond.neverBan; can be repeated

Output
  --compare PATH        the same with these scenarios in place of all others, and what would be different; can be repeated
  --top N               rows of each list (default 10; 1000 in JSON)
  --json                as JSON

Of what must never be banned the list of the configuration counts, and the bans per minute; what depends on the machine
(its own addresses, gateways, DNS servers, administrators, the share of its clients) does not. Exceptions and earlier
reputations of a running weir do not count either.
`;

const SENSITIVITIES = ['low', 'medium', 'high'] as const;

/** What `weir simulate` was asked to do. */
export type SimulateOptions = NonNullable<ReturnType<typeof parseSimulateOptions>>;

/** Reads the arguments of `weir simulate`; undefined when only help was wanted. */
export function parseSimulateOptions(args: readonly string[]) {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    config: { type: 'string', short: 'c' },
    scenarios: { type: 'string', multiple: true },
    builtin: { type: 'boolean' },
    data: { type: 'string' },
    'auto-ban': { type: 'string' },
    sensitivity: { type: 'string' },
    network: { type: 'string', multiple: true },
    'never-ban': { type: 'string', multiple: true },
    compare: { type: 'string', multiple: true },
    top: { type: 'string' },
    json: { type: 'boolean' },
  });
  if (values.help) return undefined;
  if (positionals.length === 0) {
    throw new UsageError('simulate needs captures or EVE files', "Try 'weir simulate --help'");
  }
  const { sensitivity, 'auto-ban': autoBan } = values;
  const json = values.json ?? false;
  return {
    inputs: positionals,
    config: values.config,
    scenarios: values.scenarios ?? [],
    builtin: values.builtin,
    data: values.data,
    autoBan: autoBan === undefined ? undefined : parseCount('--auto-ban', autoBan, 0, 100),
    sensitivity:
      sensitivity === undefined ? undefined : parseChoice('--sensitivity', sensitivity, SENSITIVITIES),
    networks: values.network,
    neverBan: values['never-ban'] ?? [],
    compare: values.compare,
    json,
    top: values.top === undefined ? (json ? 1000 : 10) : parseCount('--top', values.top, 1, 10_000),
  };
}
