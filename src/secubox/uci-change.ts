import { parseUci, type UciSection } from './uci.ts';

/** An option of a file, by the name of its section; `type` is for a section that is not there yet. */
export interface UciPlace {
  readonly type: string;
  readonly section: string;
  readonly option: string;
}

/** What is to become of an option. */
export type UciChange = UciPlace &
  (
    | { readonly change: 'set'; readonly value: string }
    /** One more value of a list. */
    | { readonly change: 'add'; readonly value: string }
    /** Takes values out of a list. */
    | { readonly change: 'remove'; readonly isGone: (value: string) => boolean }
  );

/** What needs no escape between quotes, and is on one line. */
const PLAIN = /^[^'\\\p{Cc}]{1,256}$/u;

/**
 * The text with an option changed; all other lines stay as they are, with their comments. The same text where nothing
 * is to change. Throws UciError for a text that is no such file, RangeError for a value that is none of a setting.
 */
export function changeUci(text: string, path: string, change: UciChange): string {
  const sections = parseUci(text, path);
  const section = sections.find(({ name }) => name === change.section);
  const values = section?.options.get(change.option)?.values ?? [];
  switch (change.change) {
    case 'set': {
      const value = quoted(change.value);
      const last = values.at(-1);
      if (last === undefined) return added(text, section, change, `option ${change.option} ${value}`);
      return last.text === change.value ? text : text.slice(0, last.from) + value + text.slice(last.to);
    }
    case 'add':
      return added(text, section, change, `list ${change.option} ${quoted(change.value)}`);
    case 'remove':
      // From the end: what lies before keeps its place.
      return values
        .filter(({ text: value }) => change.isGone(value))
        .reduceRight((rest, { statement: { from, to } }) => without(rest, from, to), text);
    default:
      return change satisfies never;
  }
}

function quoted(value: string): string {
  if (!PLAIN.test(value)) throw new RangeError(`${JSON.stringify(value)} is no value of a setting`);
  return `'${value}'`;
}

/** A statement at the end of its section, or in a new section at the end of the file. */
function added(text: string, section: UciSection | undefined, place: UciPlace, statement: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  if (section === undefined) {
    const before = text === '' || text.endsWith('\n') ? '' : newline;
    return `${text}${before}${newline}config ${place.type} '${place.section}'${newline}\t${statement}${newline}`;
  }
  const end = lineEnd(text, section.to);
  // Behind a comment, but before another statement of the same line.
  const at = isRestOfLine(text.slice(section.to, end)) ? end : section.to;
  return `${text.slice(0, at)}${newline}\t${statement}${text.slice(at)}`;
}

/** The text without a statement: without its lines, where nothing else is in them. */
function without(text: string, from: number, to: number): string {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const end = lineEnd(text, to);
  if (text.slice(start, from).trim() === '' && isRestOfLine(text.slice(to, end))) {
    const next = text.indexOf('\n', end);
    return text.slice(0, start) + (next < 0 ? '' : text.slice(next + 1));
  }
  return text.slice(0, from) + text.slice(to);
}

/** Where the line ends that something stands in: before its `\n` or `\r\n`. */
function lineEnd(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  if (newline < 0) return text.length;
  return text[newline - 1] === '\r' && newline > at ? newline - 1 : newline;
}

function isRestOfLine(text: string): boolean {
  return /^\s*(?:#.*)?$/s.test(text);
}
