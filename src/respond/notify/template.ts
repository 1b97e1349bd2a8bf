import type { PlainMessage } from './notification.ts';
import { NotifyError } from './notify-error.ts';

/** What stands for each name between braces. */
const FIELDS = {
  ip: ({ address }: PlainMessage) => address || '-',
  event: ({ event }: PlainMessage) => event,
  reason: ({ reason }: PlainMessage) => reason,
  score: ({ score }: PlainMessage) => String(Math.round(score)),
  severity: ({ severity }: PlainMessage) => severity,
  decision: ({ decision }: PlainMessage) => decision || 'none',
  scenario: ({ scenario }: PlainMessage) => scenario || '-',
  target: ({ target }: PlainMessage) => target || '-',
  count: ({ count }: PlainMessage) => String(count),
  time: ({ timeMs }: PlainMessage) => new Date(timeMs).toISOString(),
  first: ({ firstMs }: PlainMessage) => new Date(firstMs).toISOString(),
  host: ({ host }: PlainMessage) => host,
  id: ({ id }: PlainMessage) => id,
} as const satisfies Readonly<Record<string, (message: PlainMessage) => string>>;

/** Names that a template may have. */
export const TEMPLATE_NAMES: readonly string[] = Object.keys(FIELDS);

const LONGEST_TEMPLATE = 8192;
const LONGEST_VALUE = 2000;

/** A text with places to fill in. */
export type Template = (message: PlainMessage) => string;

/**
 * Reads a template: `{ip}`, `{score}` and the other names of {@link TEMPLATE_NAMES}; `{{` and `}}` stand for braces.
 * Throws {@link NotifyError} with the place of what is wrong; `setting` is what the error calls it.
 */
export function parseTemplate(text: string, setting: string): Template {
  if (text.length > LONGEST_TEMPLATE) {
    throw new NotifyError(`${setting}: longer than ${LONGEST_TEMPLATE} characters`);
  }
  const parts: (string | ((message: PlainMessage) => string))[] = [];
  for (const { 0: part, index } of text.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (part === '{{' || part === '}}') parts.push(part[0] as string);
    else if (part === '{' || part === '}') {
      throw new NotifyError(
        `${setting}: character ${index + 1}: '${part}' stands alone; write '${part}${part}'`,
      );
    } else if (part.startsWith('{')) {
      const name = part.slice(1, -1);
      const field = Object.hasOwn(FIELDS, name) ? FIELDS[name as keyof typeof FIELDS] : undefined;
      if (field === undefined) {
        throw new NotifyError(
          `${setting}: character ${index + 1}: '${part}' is unknown; there are ${TEMPLATE_NAMES.join(', ')}`,
        );
      }
      parts.push((message) => clean(field(message)));
    } else parts.push(part);
  }
  return (message) => parts.map((part) => (typeof part === 'string' ? part : part(message))).join('');
}

/** Text as one line, without what moves a terminal's cursor. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').toWellFormed();
}

/** What comes from the traffic must not make lines of its own. */
function clean(value: string): string {
  return oneLine(value.slice(0, LONGEST_VALUE));
}
