import { parsePrefix } from '../net/index.ts';
import { compileFilter, FilterError } from '../tap/capture/filter/index.ts';
import { socketOf } from './endpoint.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts';
import type { Form } from './setting.ts';

/** What is wrong with a text, and where in it (from 0); undefined when nothing is. */
export type Fault = { readonly message: string; readonly at: number } | undefined;

/** What the schema of a setting says that its form needs. */
export interface FormBounds {
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** IFNAMSIZ is 16, with the zero at the end. */
const INTERFACE = /^[^\s/:\p{Cc}]{1,15}$/u;
const USER = /^(?:[a-z_][a-z0-9_-]{0,31}|\d{1,9})$/;

/** Looks at a value of a form. `value` has the type that the form takes. */
export function faultOf(form: Form, value: string | number, bounds: FormBounds): Fault {
  switch (form) {
    case 'size':
      return quantityFault(parseSize(value), 'a size such as 2GiB or 500M', formatSize, bounds, 1);
    case 'duration':
      return quantityFault(
        parseDuration(value),
        'a time such as 500ms, 30s, 1h or 30d',
        formatDuration,
        bounds,
        1000,
      );
    case 'count':
      return value === 'auto' || (Number.isInteger(value) && isWithin(Number(value), bounds))
        ? undefined
        : fault(`takes a whole number from ${bounds.minimum} to ${bounds.maximum}, or auto`);
    case 'filter':
      return filterFault(String(value));
    case 'interface':
      return INTERFACE.test(String(value)) && value !== '.' && value !== '..'
        ? undefined
        : fault(
            `${quote(value)} is no name of an interface: at most 15 characters without space, '/' and ':'`,
          );
    case 'prefix':
      return parsePrefix(String(value)) === undefined
        ? fault(`${quote(value)} is no network such as 192.168.0.0/16 or fd00::/8`)
        : undefined;
    case 'path':
      return value === '' ||
        value === 'auto' ||
        (String(value).startsWith('/') && !String(value).includes('\0'))
        ? undefined
        : fault(`${quote(value)} is no absolute path: begin it with '/'`);
    case 'user':
      return USER.test(String(value)) ? undefined : fault(`${quote(value)} is no name of a user`);
    case 'endpoint':
      return value === '' || ENDPOINT.test(String(value))
        ? undefined
        : fault(`${quote(value)} is no address with a port such as 127.0.0.1:8080, [::]:443 or :8080`);
    case 'place':
      return socketOf(String(value)) !== undefined || ENDPOINT.test(String(value))
        ? undefined
        : fault(
            `${quote(value)} is no address with a port such as 127.0.0.1:8470, and no socket of at most 107 bytes such as unix:/run/weir-console/console.sock`,
          );
    case 'origin':
      return value === '' || isOrigin(String(value))
        ? undefined
        : fault(`${quote(value)} is no origin such as http://127.0.0.1:3000`);
    case 'host':
      return HOST.test(String(value))
        ? undefined
        : fault(`${quote(value)} is no name such as bank.example or *.bank.example`);
    case 'url':
      return value === '' || isUrl(String(value))
        ? undefined
        : fault(`${quote(value)} is no address such as https://hooks.example.org/weir`);
    case 'mail':
      return value === '' || MAIL.test(String(value))
        ? undefined
        : fault(`${quote(value)} is no mail address such as admin@example.org`);
    case 'word':
      return /^[^\p{Cc}]{0,256}$/u.test(String(value))
        ? undefined
        : fault(`${quote(value)} has control characters, or more than 256 others`);
    case 'text':
      return /^[^\p{Cc}]*$/u.test(String(value).replaceAll('\n', ''))
        ? undefined
        : fault('has control characters other than the end of a line');
    case 'route':
      return routeFault(String(value));
    default:
      return form satisfies never;
  }
}

const MAIL = /^[^\s@<>"\p{Cc}]{1,64}@[\w.-]{1,253}$/u;
const HOST = /^(?:\*\.)?[\w-]{1,63}(?:\.[\w-]{1,63}){0,32}$/;
/** An address may be left out: all of them. */
const ENDPOINT =
  /^(?:[\w.-]{0,253}|\[[0-9A-Fa-f:.]{2,45}\]):(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/;

function isUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (url?.protocol === 'http:' || url?.protocol === 'https:') && url.username === '' && url.hash === '';
}

function isOrigin(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    !value.endsWith('?') &&
    !value.endsWith('#')
  );
}

/** `shop.example.org/api=http://127.0.0.1:3000`; host or path may be left out. */
function routeFault(value: string): Fault {
  const at = value.indexOf('=');
  const [host = ''] = value.slice(0, Math.max(0, at)).split('/', 1);
  if (at < 1 || !/^(?:\*\.)?[\w.-]{0,253}$/.test(host)) {
    return fault(`${quote(value)} is no route such as shop.example.org/api=http://127.0.0.1:3000`);
  }
  return isOrigin(value.slice(at + 1))
    ? undefined
    : fault(`${quote(value.slice(at + 1))} is no origin such as http://127.0.0.1:3000`, at + 1);
}

/** A value as messages show it, cut where it is long. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  // Control characters must not reach the terminal.
  return `'${shown.replace(/[\p{Cc}\p{Cf}]/gu, '?')}'`;
}

function fault(message: string, at = 0): Fault {
  return { message, at };
}

function isWithin(value: number, { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: FormBounds): boolean {
  return value >= minimum && value <= maximum;
}

function quantityFault(
  value: number,
  what: string,
  format: (value: number) => string,
  { minimum, maximum }: FormBounds,
  factor: number,
): Fault {
  if (Number.isNaN(value)) return fault(`takes ${what}`);
  const low = (minimum ?? 0) * factor;
  const high = (maximum ?? Number.MAX_SAFE_INTEGER) * factor;
  if (value >= low && value <= high) return undefined;
  return fault(`is out of range: from ${format(low)} to ${format(high)}`);
}

function filterFault(expression: string): Fault {
  try {
    compileFilter(expression).bpf();
    return undefined;
  } catch (error) {
    if (error instanceof FilterError) return fault(error.reason, error.column - 1);
    throw error;
  }
}
