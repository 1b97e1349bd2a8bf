/** What a rule matched in a request. */
export interface Match {
  /** As SecLang names it: `ARGS:q`, `REQUEST_HEADERS:User-Agent`. */
  readonly variable: string;
  /** As it was after transformations; it need not stand in the request as such. */
  readonly value: string;
  readonly ruleId: number;
  readonly message: string;
}

/** A part of a request, as a person sees it. */
export type RequestPart =
  | { readonly kind: 'line' | 'body' }
  | { readonly kind: 'argument' | 'header'; readonly name: string };

/** The matches that concern a part. */
export function matchesOf(part: RequestPart, matches: readonly Match[]): readonly Match[] {
  return matches.filter(({ variable }) => concerns(variable, part));
}

function concerns(variable: string, part: RequestPart): boolean {
  const [collection = '', ...rest] = variable.toUpperCase().split(':');
  const key = rest.join(':').toLowerCase();
  switch (part.kind) {
    case 'argument':
      return /^ARGS(_GET)?(_NAMES)?$/.test(collection) && (key === '' || key === part.name.toLowerCase());
    case 'header':
      if (/^REQUEST_COOKIES(_NAMES)?$/.test(collection)) return part.name.toLowerCase() === 'cookie';
      return /^REQUEST_HEADERS(_NAMES)?$/.test(collection) && key === part.name.toLowerCase();
    case 'line':
      return /^(REQUEST_(URI|URI_RAW|LINE|METHOD|FILENAME|BASENAME|PROTOCOL)|QUERY_STRING)$/.test(collection);
    case 'body':
      return /^(REQUEST_BODY|ARGS_POST(_NAMES)?|XML|FILES(_NAMES)?|MULTIPART_.*|JSON.*)$/.test(collection);
    default:
      return part satisfies never;
  }
}

/** A piece of a text. */
export interface MarkedPiece {
  readonly text: string;
  readonly isMarked: boolean;
}

/** Values that are looked for in one text. */
const MOST_VALUES = 32;

/** The text in pieces, with each place of one of the values marked; case does not count. */
export function markedPieces(text: string, values: readonly string[]): readonly MarkedPiece[] {
  const low = text.toLowerCase();
  const spans: [number, number][] = [];
  for (const value of new Set(values.slice(0, MOST_VALUES).map((one) => one.toLowerCase()))) {
    if (value === '' || low.length !== text.length) continue;
    const at = low.indexOf(value);
    if (at >= 0) spans.push([at, at + value.length]);
  }
  if (spans.length === 0) return [{ text, isMarked: false }];
  spans.sort((a, b) => a[0] - b[0]);
  const pieces: MarkedPiece[] = [];
  let end = 0;
  for (const [from, to] of spans) {
    if (to <= end) continue;
    const begin = Math.max(from, end);
    if (begin > end) pieces.push({ text: text.slice(end, begin), isMarked: false });
    pieces.push({ text: text.slice(begin, to), isMarked: true });
    end = to;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMarked: false });
  return pieces;
}
