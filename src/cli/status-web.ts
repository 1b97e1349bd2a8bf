import { formatCount } from '../output/index.ts';

type Figures = Readonly<Record<string, unknown>>;

/** What the process of the active stream tells of itself, as lines of `weir status`. */
export function webLines(proxy: Figures, line: (label: string, words: string) => void): void {
  const ways = Array.isArray(proxy.ways) ? proxy.ways.filter((one) => typeof one === 'string') : [];
  line('web', `${ways.length === 0 ? 'no way in' : ways.join(', ')}; ${text(proxy, 'rules')}`);
  const judge = part(proxy, 'judge');
  const judged = [`${formatCount(count(judge, 'requests'))} since the start`];
  for (const [name, words] of OUTCOMES) {
    const amount = count(judge, name);
    if (amount > 0) judged.push(`${formatCount(amount)} ${words}`);
  }
  const unjudged = count(part(judge, 'waf'), 'unjudged') + count(part(judge, 'waf'), 'refused');
  if (unjudged > 0) judged.push(`${formatCount(unjudged)} could not be judged`);
  line('requests', judged.join(', '));
  const buffer = part(proxy, 'buffer');
  if (buffer !== undefined) {
    const dropped = count(buffer, 'dropped');
    line(
      'copied',
      `${formatCount(count(buffer, 'stored'))}${dropped === 0 ? '' : `, ${formatCount(dropped)} dropped`}; weir buffer tells more`,
    );
  }
  const { passedOn } = part(proxy, 'proxy') ?? {};
  if (Array.isArray(passedOn) && passedOn.length > 0) {
    const names = passedOn.slice(0, MOST_NAMES).map(passWords);
    const more = passedOn.length - names.length;
    line('unread TLS', `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
  }
}

const OUTCOMES = [
  ['denied', 'denied'],
  ['limited', 'too many'],
  ['redirected', 'redirected'],
  ['dropped', 'dropped'],
] as const;
const MOST_NAMES = 5;

/** A client whose TLS is passed on unread for a while, or what was configured so. */
function passWords(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return '';
  const { kind, what, serverName, host, client, expires } = entry as Figures;
  if (kind === 'configured') return String(what);
  const name = serverName === '' ? host : serverName;
  const until =
    typeof expires === 'number' ? ` until ${new Date(expires).toISOString().slice(11, 16)} UTC` : '';
  return `${String(name)} for ${String(client)}${until}`;
}

function part(figures: Figures | undefined, name: string): Figures | undefined {
  const value = figures?.[name];
  return typeof value === 'object' && value !== null ? (value as Figures) : undefined;
}

function count(figures: Figures | undefined, name: string): number {
  const value = figures?.[name];
  return typeof value === 'number' ? value : 0;
}

function text(figures: Figures, name: string): string {
  const value = figures[name];
  return typeof value === 'string' ? value : '';
}
