import { terminalText } from '../mitm/waf/terminal-text.ts';
import { shareBar } from './table.ts';

/** Text of a record, which may come from the traffic, as a terminal may show it. */
export function recordText(text: string): string {
  // Records have Unicode, where the WAF has bytes.
  return terminalText(Buffer.from(text, 'utf8').toString('latin1'));
}

/** Microseconds since 1970 as `2026-11-21 02:24:55`, UTC; empty for what is no time. */
export function recordTime(us: number): string {
  const date = new Date(us / 1000);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(0, 19).replace('T', ' ');
}

/** From one time to another, as {@link recordTime}; the date once where both have it. */
export function timeSpan(fromUs: number, untilUs: number): string {
  const [from, until] = [recordTime(fromUs), recordTime(untilUs)];
  if (from === until) return from;
  return `${from} to ${from.slice(0, 10) === until.slice(0, 10) ? until.slice(11) : until}`;
}

/** Several things as one text: the first ones, and how many more there are. */
export function someOf(items: readonly string[], most: number): string {
  const more = items.length - most;
  return `${items.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A score of 100 as a bar: what is missing to 100 is seen as well. */
export function scoreBar(score: number, width: number): string {
  return shareBar(score / 100, width).replaceAll(' ', '·');
}

/** A number with its noun: `1 request`, `1,200 requests`. */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : nouns}`;
}
