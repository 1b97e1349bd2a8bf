import type { Field } from '../../http/message.ts';
import { withoutFields } from './fields.ts';
import type { RequestView } from './view.ts';

const ADDED: readonly Field[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'SAMEORIGIN'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
];
/** Only over TLS: otherwise browsers are to ignore it (RFC 6797, 7.2). A year. */
const TRANSPORT: Field = ['Strict-Transport-Security', 'max-age=31536000'];

const RESTRICTING: ReadonlySet<string> = new Set([
  'content-security-policy',
  'content-security-policy-report-only',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
  'referrer-policy',
  'strict-transport-security',
  'x-content-type-options',
  'x-frame-options',
  'x-xss-protection',
]);

/** With the usual security fields that the answer lacks; those that it has stay as they are. */
export function withSecurityFields(fields: readonly Field[], view: RequestView): readonly Field[] {
  const there = new Set(fields.map(([name]) => name.toLowerCase()));
  const wanted = view.scheme === 'https' ? [...ADDED, TRANSPORT] : ADDED;
  const missing = wanted.filter(([name]) => !there.has(name.toLowerCase()));
  return missing.length === 0 ? fields : [...fields, ...missing];
}

/** Without what restricts what a page may do, and what browsers would remember of it. */
export function withoutSecurityFields(fields: readonly Field[]): readonly Field[] {
  return withoutFields(fields, RESTRICTING);
}
