/** Names of fields whose values nobody may read again. */
const SECRET = /token|secret|passw|code|key|cookie|auth(?!or\b)|credential/i;
const MOST_FIELDS = 16;
const MOST_CHARACTERS = 120;

/** What was sent, for the record of changes: short, and without what is secret. */
export function sentSummary(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || Buffer.isBuffer(value))
    return { '': shown(value) };
  const fields = Object.entries(value).flatMap(withInner);
  const summary = fields
    .slice(0, MOST_FIELDS)
    .map(([name, field]) => [name.slice(0, 64), SECRET.test(name) ? '(secret)' : shown(field)] as const);
  return {
    ...Object.fromEntries(summary),
    ...(fields.length > MOST_FIELDS ? { '...': `${fields.length - MOST_FIELDS} more` } : {}),
  };
}

/** A field, or those of the object in it: `wish.value`. */
function withInner([name, field]: [string, unknown]): [string, unknown][] {
  if (typeof field !== 'object' || field === null || Array.isArray(field) || SECRET.test(name)) {
    return [[name, field]];
  }
  const inner = Object.entries(field).map(([key, value]): [string, unknown] => [`${name}.${key}`, value]);
  return inner.length === 0 ? [[name, field]] : inner;
}

function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      // A whole text, such as a configuration, may have secrets anywhere.
      return value.length > MOST_CHARACTERS || value.includes('\n') ? `(${value.length} characters)` : value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      if (Array.isArray(value)) return `(list of ${value.length})`;
      return value === null ? 'null' : '(object)';
  }
}
