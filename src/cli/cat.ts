import type { ParseArgsOptionsConfig } from 'node:util';
import { openCaptures } from '../tap/capture/index.ts';
import { findInIndex, readIndexedFiles } from '../tap/conversation/index-reader.ts';
import { type PayloadPiece, unpackPieces } from '../tap/flow/payload-map.ts';
import { type FoundFlow, findFlow } from './find-flow.ts';
import { parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  index: { type: 'string' },
  client: { type: 'boolean' },
  server: { type: 'boolean' },
  hex: { type: 'boolean' },
  json: { type: 'boolean' },
  offset: { type: 'string' },
  limit: { type: 'string' },
  exchange: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  filter: { type: 'string', short: 'f' },
  list: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

const HELP = `usage: weir cat FLOW --index FILE [options]
       weir cat FLOW CAPTURE... [options]
       weir cat --list CAPTURE...

Prints the payload of one conversation, straight from the captures. FLOW is a flow_id or a community id.
With the index that 'weir read --index FILE' writes, only the flow's own bytes are read.

  --client, --server   only what this side sent
  --hex                offsets, hexadecimal and text
  --json               who said what, when, and the exchanges of HTTP/1 decoded; of captures only
  --offset N           of --json: where the part begins that is wanted (default 0)
  --limit BYTES        of --json: bytes of that part (default 64Ki, at most 1Mi)
  --exchange N         of --json: the first exchange that is wanted (default 0)
  --since T, --until T of --json: only packets of this time (ISO 8601, UTC; or seconds since 1970)
  -f, --filter EXPR    of --json: only packets that match
  --list               what the captures are, as JSON: size, first and last packet, what is wrong with them
`;

/** Options that only `--json` has. */
const ONLY_JSON = ['offset', 'limit', 'exchange', 'since', 'until', 'filter'] as const;
/** Bytes of a part of a conversation. */
const DEFAULT_PART = 64 << 10;
const MOST_PART = 1 << 20;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];

/** Bytes that are read and written at a time. */
const CHUNK = 1 << 20;

/** `weir cat`: one conversation to standard output. */
export async function cat(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (values.list) return list(positionals);
  const [wanted, ...paths] = positionals;
  if (wanted === undefined)
    throw new UsageError('cat needs a flow_id or a community id', "Try 'weir cat --help'");
  if (values.index === undefined && paths.length === 0) {
    throw new UsageError('cat needs --index FILE or the captures', "Try 'weir cat --help'");
  }
  if (values.json) return printJson(wanted, paths, values);
  for (const name of ONLY_JSON) {
    if (values[name] !== undefined) throw new UsageError(`--${name} needs --json`, "Try 'weir cat --help'");
  }
  const found =
    values.index === undefined ? await findFlow(wanted, paths) : await fromIndex(wanted, values.index);
  if (found === undefined) {
    process.stderr.write(`weir: there is no flow ${wanted} with payload\n`);
    return 1;
  }
  const sides = values.client === values.server ? [0, 1] : values.client ? [0] : [1];
  const sequence = await openCaptures(found.files, {});
  try {
    return await print(found, sequence, sides, values.hex ?? false);
  } finally {
    sequence.close();
  }
}

/** `weir cat --json`. */
async function printJson(flow: string, captures: readonly string[], values: Values): Promise<number> {
  if (values.index !== undefined) throw new UsageError('--json takes captures, not --index');
  const { readConversation } = await import('./conversation-json.ts');
  const { offset, limit, exchange, since, until, filter } = values;
  const part = await readConversation(
    {
      flow,
      captures,
      side: values.client === values.server ? 'both' : values.client ? 'client' : 'server',
      offset: offset === undefined ? 0 : parseCount('--offset', offset, 0, Number.MAX_SAFE_INTEGER),
      limit: limit === undefined ? DEFAULT_PART : parseCount('--limit', limit, 1, MOST_PART),
      firstExchange: exchange === undefined ? 0 : parseCount('--exchange', exchange, 0, 1e9),
      ...(since === undefined ? {} : { sinceUs: parseTime('--since', since) }),
      ...(until === undefined ? {} : { untilUs: parseTime('--until', until) }),
      ...(filter === undefined ? {} : { filter }),
    },
    ({ severity, message }) => {
      if (severity !== 'note') process.stderr.write(`weir: ${message}\n`);
    },
  );
  if (part === undefined) {
    process.stderr.write(`weir: there is no flow ${flow}\n`);
    return 1;
  }
  process.stdout.write(`${JSON.stringify(part)}\n`);
  return 0;
}

/** `weir cat --list`. */
async function list(paths: readonly string[]): Promise<number> {
  if (paths.length === 0) throw new UsageError('--list needs captures', "Try 'weir cat --help'");
  const { listCaptures } = await import('./list-captures.ts');
  process.stdout.write(`${JSON.stringify(await listCaptures(paths))}\n`);
  return 0;
}

async function fromIndex(wanted: string, path: string): Promise<FoundFlow | undefined> {
  const flow = await findInIndex(path, wanted);
  if (flow === undefined) return undefined;
  const files = await readIndexedFiles(path);
  return { map: Buffer.from(flow.map, 'base64'), files: [...files.values()], numbers: [...files.keys()] };
}

async function print(
  found: FoundFlow,
  sequence: Awaited<ReturnType<typeof openCaptures>>,
  sides: readonly number[],
  hexadecimal: boolean,
): Promise<number> {
  // The sequence numbers its files by time; the map by the run that made it.
  const byPath = new Map(sequence.files.map((file) => [file.path, file.number] as const));
  const numberOf = new Map(found.numbers.map((number, i) => [number, byPath.get(found.files[i]!)] as const));
  const color = process.stdout.isTTY === true && sides.length === 2;
  let missing = 0;
  const position = [0, 0];
  for (const piece of unpackPieces(found.map)) {
    if (!sides.includes(piece.direction)) continue;
    const file = numberOf.get(piece.file);
    if (piece.file < 0 || file === undefined) {
      missing += piece.length;
      position[piece.direction]! += piece.length;
      continue;
    }
    await printPiece(sequence, file, piece, color, hexadecimal ? position : undefined);
    position[piece.direction]! += piece.length;
  }
  if (color) process.stdout.write('\u001b[0m');
  if (missing > 0) {
    process.stderr.write(`weir: ${missing} bytes are not in the captures, or came in fragments\n`);
  }
  return 0;
}

async function printPiece(
  sequence: Awaited<ReturnType<typeof openCaptures>>,
  file: number,
  piece: PayloadPiece,
  color: boolean,
  position: number[] | undefined,
): Promise<void> {
  if (color) process.stdout.write(piece.direction === 0 ? '\u001b[31m' : '\u001b[34m');
  for (let at = 0; at < piece.length; at += CHUNK) {
    const length = Math.min(CHUNK, piece.length - at);
    const bytes = await sequence.readAt(file, piece.offset + at, length);
    const text =
      position === undefined ? bytes : hexDump(bytes, position[piece.direction]! + at, piece.direction);
    if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
}

/** Sixteen bytes a line: side, offset in its stream, hexadecimal, text. */
function hexDump(bytes: Uint8Array, position: number, direction: 0 | 1): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const digits = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const characters = [...row]
      .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'))
      .join('');
    const offset = (position + at).toString(16).padStart(8, '0');
    text += `${direction === 0 ? '>' : '<'} ${offset}  ${digits.padEnd(47)}  ${characters}\n`;
  }
  return text;
}
