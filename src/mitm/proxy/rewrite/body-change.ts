import type { Field, RequestHead, ResponseHead } from '../../http/message.ts';
import type { BodyRewrite } from '../rewriting.ts';
import { type Checker, shown } from './checker.ts';
import { codingOf, decoded } from './content-coding.ts';
import { onlyField, setField, withoutFields } from './fields.ts';
import { mediaType } from './match.ts';
import { bytesOf, MOST_STEPS, type Substitution } from './substitution.ts';

const MOST_INJECTIONS = 8;
const MOST_HTML = 65_536;
/** A text grows by this factor at most; short ones by so many characters anyway. */
const MOST_GROWTH = 4;
const FREE_GROWTH = 1 << 20;
const HTML: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const TEXT =
  /^(?:text\/(?!event-stream$)[a-z0-9.+-]+|application\/(?:[a-z0-9.-]+\+)?(?:json|xml|javascript))$/;
/** Characters of these are not single bytes that ASCII could be searched in. */
const WIDE = /charset\s*=\s*"?(?:utf-?16|utf-?32|ucs-?[24])/i;
/** These speak of the body as the server made it (RFC 9110, 8.8.3, 14.3; RFC 9530). */
const VALIDATORS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'content-digest',
  'content-encoding',
  'content-md5',
  'digest',
  'etag',
  'repr-digest',
]);
/** With these the server could send a part of a body, or another coding (RFC 9110, 12.5.3, 14.2). */
const PARTIAL: ReadonlySet<string> = new Set(['range', 'if-range']);

/** Text that is put into a page. */
export interface CompiledInjection {
  readonly before: '</head>' | '</body>';
  readonly html: string;
}

/** What is done to a body, in this order. */
export interface BodyChanges {
  readonly substitutions: readonly Substitution[];
  readonly injections: readonly CompiledInjection[];
}

/** What became of bodies. */
export type BodyOutcome = 'changed' | 'unchanged' | 'undecodable' | 'tooLong';

/** Reads `response.inject`. */
export function compileInjections(checker: Checker, place: string, value: unknown): CompiledInjection[] {
  return checker.list(place, value, MOST_INJECTIONS).flatMap((each, i) => {
    const at = `${place}[${i}]`;
    const members = checker.object(at, each, ['before', 'html']);
    if (members === undefined) return [];
    const before = checker.word(`${at}.before`, members.before, ['</head>', '</body>']);
    const html = checker.text(`${at}.html`, members.html, MOST_HTML);
    if (html === '') checker.fault(`${at}.html`, `${shown(html)} changes nothing`);
    return before === undefined || html === undefined ? [] : [{ before, html: bytesOf(html) }];
  });
}

/** The request's fields such that a whole and plain body comes back. */
export function asksForPlainBody(fields: readonly Field[]): readonly Field[] {
  return setField(withoutFields(fields, PARTIAL), 'Accept-Encoding', 'identity');
}

/**
 * Whether a body may be changed: it is there and whole, it is text in a known coding, and nobody forbade it
 * (`no-transform`, RFC 9111, 5.2.2.6).
 */
export function isChangeable(request: RequestHead, head: ResponseHead): boolean {
  if (request.method === 'HEAD' || head.framing.kind === 'none') return false;
  if (head.status < 200 || [204, 205, 206, 304].includes(head.status)) return false;
  if (!TEXT.test(mediaType(head.fields)) || codingOf(head.fields) === undefined) return false;
  const type = onlyField(head.fields, 'content-type');
  if (type !== undefined && WIDE.test(type.slice(0, 256))) return false;
  return !head.fields.some(
    ([name, value]) => name.toLowerCase() === 'cache-control' && /no-transform/i.test(value.slice(0, 1024)),
  );
}

/**
 * The change of a body: `received` are the fields of the answer as it came, `fields` those that it leaves with. The
 * body leaves without a content coding, and without what speaks of it as it was; where it cannot be changed it leaves
 * as it came.
 */
export function bodyRewrite(
  received: readonly Field[],
  fields: readonly Field[],
  changes: BodyChanges,
  most: number,
  told: (outcome: BodyOutcome) => void,
): BodyRewrite {
  const coding = codingOf(received) ?? 'identity';
  const isHtml = HTML.has(mediaType(received));
  return {
    most,
    replace(body) {
      const plain = decoded(body, coding, most);
      if (plain === undefined) {
        told('undecodable');
        return { body };
      }
      const text = plain.toString('latin1');
      const made = changed(text, changes, isHtml);
      if (made === undefined || made === text) {
        told(made === undefined ? 'tooLong' : 'unchanged');
        return { body };
      }
      told('changed');
      return { body: Buffer.from(made, 'latin1'), fields: withoutFields(fields, VALIDATORS) };
    },
  };
}

/** The text with all changes; undefined where they would take too many steps, or make it too long. */
function changed(text: string, changes: BodyChanges, isHtml: boolean): string | undefined {
  const room = Math.max(text.length * MOST_GROWTH, text.length + FREE_GROWTH);
  let made = text;
  let steps = 0;
  for (const substitution of changes.substitutions) {
    steps += made.length * substitution.cost;
    if (steps > MOST_STEPS) return undefined;
    const next = substitution.apply(made, room);
    if (next === undefined) return undefined;
    made = next;
  }
  if (!isHtml) return made;
  for (const { before, html } of changes.injections) {
    steps += made.length;
    if (steps > MOST_STEPS || made.length + html.length > room) return undefined;
    const at = placeOf(made, before);
    if (at >= 0) made = made.slice(0, at) + html + made.slice(at);
  }
  return made;
}

/** Where the end tag is: of heads the first, of bodies the last; -1 where there is none. */
function placeOf(text: string, tag: CompiledInjection['before']): number {
  if (tag === '</head>') return text.search(/<\/head[\s>]/i);
  // Only ASCII letters become others, so that places stay.
  const lower = text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  for (let at = lower.lastIndexOf('</body'); at >= 0; at = lower.lastIndexOf('</body', at - 1)) {
    if (/[\s>]/.test(lower[at + 6] ?? '')) return at;
    if (at === 0) break;
  }
  return -1;
}
