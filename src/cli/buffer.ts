import type { BufferFigures, Erased } from '../control/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { formatCount } from '../output/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import { askedWeir } from './requests.ts';
import { askRunning } from './running.ts';
import { terminalPaint } from './table.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir buffer [--json] [--config FILE]
       weir buffer wipe
       weir buffer forget ADDRESS|NETWORK

How the buffer of the running weir is: copies of the last web requests, on disk, encrypted, analysed off the live path
(all rules at full paranoia, rates, sequences, models of endpoints). 'weir requests' shows what is in it, 'weir replay'
judges it again.

It lies in web.buffer.folder of weir.yaml (default /var/lib/weir/buffer); of 'weir proxy' and 'weir haproxy agent' in
--buffer-folder (default /var/lib/weir/buffer for root, else ~/.local/state/weir/buffer), with the key beside it.

  wipe                 remove all that is kept, and the key with it: nothing of it can be read any more
  forget ADDRESS       remove what a client sent, an address or a network
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
  --control DIR        the --control of the 'weir proxy' that is asked
`;

/** `weir buffer`: how buffer B is. */
export async function buffer(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
    control: { type: 'string' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const erasing = erasure(positionals);
  return askRunning(
    askedWeir(values),
    "'weir proxy reverse --to ORIGIN' runs the proxy alone",
    async (weir) => {
      if (erasing !== undefined) {
        const erased = await weir.erase(erasing.address);
        process.stdout.write(values.json ? `${terminalJson(erased)}\n` : erasedWords(erased));
        return 0;
      }
      const figures = await weir.buffer();
      process.stdout.write(values.json ? `${terminalJson(figures)}\n` : render(figures, terminalPaint()));
      return 0;
    },
  );
}

/** What is to be removed; undefined where nothing is. Throws a `UsageError`. */
function erasure([what, address, ...more]: readonly string[]): { readonly address?: string } | undefined {
  const hint = "Try 'weir buffer --help'";
  if (what === undefined) return undefined;
  if (more.length > 0 || (what === 'wipe' && address !== undefined)) {
    throw new UsageError(`buffer ${what} takes ${what === 'wipe' ? 'nothing' : 'one address'}`, hint);
  }
  if (what === 'wipe') return {};
  if (what !== 'forget') throw new UsageError(`buffer does wipe and forget, not '${what}'`, hint);
  if (address === undefined) throw new UsageError('whose requests? weir buffer forget 192.0.2.7', hint);
  return { address };
}

function erasedWords({ entries, isKeyReplaced }: Erased): string {
  const words = entries === 1 ? '1 request is removed' : `${formatCount(entries)} requests are removed`;
  return `${words}${isKeyReplaced ? ', and the key is another one' : ''}\n`;
}

function render({ copy, reader }: BufferFigures, colors: Paint): string {
  const line = (name: string, value: string): string =>
    value === '' ? '' : `  ${colors.dim(name.padEnd(12))} ${terminalText(value)}\n`;
  const { ring } = reader;
  const counts = (list: BufferFigures['reader']['categories']): string =>
    list
      .slice(0, 8)
      .map(({ name, count }) => `${name} (${formatCount(count)})`)
      .join(', ');
  return [
    `${colors.bold(`${formatCount(copy.taken)} requests`)}, ${formatCount(copy.stored)} copied, ${formatCount(copy.dropped)} dropped, ${formatCount(copy.pending)} wait\n`,
    line(
      'kept',
      `${formatCount(ring.entries)} ${ring.entries === 1 ? 'request' : 'requests'}${reader.oldestUs === 0 ? '' : ` since ${time(reader.oldestUs)} UTC`}`,
    ),
    line(
      'analysed',
      `${formatCount(reader.analysed)}${reader.analysisProblem === '' ? '' : `; the last failure: ${reader.analysisProblem}`}`,
    ),
    line('threats', `${formatCount(reader.threats)}, blocked ${formatCount(reader.blocked)}`),
    line('found', counts(reader.categories)),
    line('hosts', counts(reader.topHosts)),
    line('clients', counts(reader.topClients)),
    line('behind', copy.lagMs > 1000 ? `${(copy.lagMs / 1000).toFixed(1)} s` : ''),
    line('restarts', copy.restarts === 0 ? '' : `${copy.restarts}: ${copy.lastDeath}`),
  ].join('');
}

function time(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ');
}
