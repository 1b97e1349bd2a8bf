import { HOST, isAll } from '../../http/character.ts';
import { nearMiss } from '../../waf/seclang/near-miss.ts';
import type { Checker } from './checker.ts';
import { shown } from './checker.ts';
import type { RequestView } from './view.ts';

/** Characters that a template may make at most; what is longer is not used. */
const MOST_MADE = 8192;
const MOST_TEMPLATE = 4096;
const TEXT = /^[\t\x20-\x7e]*$/;
/** Either what a brace stands for, or a brace that nothing stands for. */
const BRACES = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** What stands around a template: it decides what has to be encoded. */
export type TemplatePlace = 'location' | 'field';

const VARIABLES: Readonly<Record<string, (view: RequestView, place: TemplatePlace) => string | undefined>> = {
  host: ({ host }) => hostText(host),
  // Two slashes at the beginning would make what follows a host (RFC 3986, 4.2).
  path: ({ path }, place) => encode(path.replace(/^[/\\]+/, '/'), place),
  query: ({ query }, place) => encode(query, place),
  method: ({ head }, place) => encode(head.method, place),
  scheme: ({ scheme }) => scheme,
  client: ({ context }, place) => encode(context.connection.client.address, place),
  reference: ({ context }, place) => encode(context.reference, place),
};

type Part = string | ((view: RequestView, place: TemplatePlace) => string | undefined);

/** A text with places for what belongs to the request. */
export class Template {
  readonly #parts: readonly Part[];
  readonly #place: TemplatePlace;

  private constructor(parts: readonly Part[], place: TemplatePlace) {
    this.#parts = parts;
    this.#place = place;
  }

  /** Undefined, with the mistake told of, for what is none. */
  static compile(
    checker: Checker,
    place: string,
    value: unknown,
    where: TemplatePlace,
  ): Template | undefined {
    const text = checker.text(place, value, MOST_TEMPLATE);
    if (text === undefined) return undefined;
    if (!TEXT.test(text))
      return checker.fault(
        place,
        `${shown(text)} has line ends, control characters or others than ASCII (percent-encode those)`,
      );
    if (text !== text.trim()) return checker.fault(place, `${shown(text)} begins or ends with a space`);
    const parts: Part[] = [];
    let from = 0;
    for (const found of text.matchAll(BRACES)) {
      if (found.index > from) parts.push(text.slice(from, found.index));
      from = found.index + found[0].length;
      const name = found[1];
      if (name !== undefined) {
        if (!Object.hasOwn(VARIABLES, name)) {
          const names = Object.keys(VARIABLES);
          const hint = nearMiss(name, names) || `: known are ${names.join(', ')}; {{ stands for a brace`;
          return checker.fault(place, `{${name.slice(0, 60)}} is unknown${hint}`);
        }
        parts.push(VARIABLES[name]!);
      } else if (found[0].length === 2) parts.push(found[0].slice(1));
      else return checker.fault(place, `a brace stands alone: write ${found[0]}${found[0]} for one`);
    }
    if (from < text.length) parts.push(text.slice(from));
    return new Template(parts, where);
  }

  /** Undefined where the request has not what is asked for (no host), or the text would be too long. */
  make(view: RequestView): string | undefined {
    let made = '';
    for (const part of this.#parts) {
      const text = typeof part === 'string' ? part : part(view, this.#place);
      if (text === undefined || made.length + text.length > MOST_MADE) return undefined;
      made += text;
    }
    return made;
  }
}

function hostText(host: string): string | undefined {
  if (host === '') return undefined;
  if (/^\[[0-9a-f:.]{2,45}\]$/.test(host)) return host;
  return isAll(host, HOST) ? host : undefined;
}

/** Left as they are in both places: unreserved characters, and what divides neither fields nor URIs. */
const PLAIN = /[^A-Za-z0-9\-._~!$&'()*+:@/?%=]/g;
/** In a URI these divide what is within a path or a query only, and must stay. */
const PLAIN_IN_LOCATION = /[^A-Za-z0-9\-._~!$&'()*+:@/?%=,;]/g;

function encode(text: string, place: TemplatePlace): string {
  return text.replace(
    place === 'location' ? PLAIN_IN_LOCATION : PLAIN,
    (character) => `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
