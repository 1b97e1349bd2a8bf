const ACTION = /\{\{-?[ \t\r\n]*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^}"`])*?)[ \t\r\n]*-?\}\}/g;
const WORD = /"(?:[^"\\]|\\.)*"|`[^`]*`|\||[^\s|"`]+/g;
/** No test sends more. */
const LONGEST = 1 << 26;

type Functions = Readonly<Record<string, (values: readonly (string | number)[]) => string | undefined>>;

/** The functions of go-ftw's templates that tests use; the value of the pipeline comes last. */
const FUNCTIONS: Functions = {
  repeat: ([count, text]) => {
    const times = Number(count);
    if (!Number.isInteger(times) || times < 0 || typeof text !== 'string') return undefined;
    return times * text.length > LONGEST ? undefined : text.repeat(times);
  },
  upper: ([text]) => (typeof text === 'string' ? text.toUpperCase() : undefined),
  lower: ([text]) => (typeof text === 'string' ? text.toLowerCase() : undefined),
  trim: ([text]) => (typeof text === 'string' ? text.trim() : undefined),
  b64enc: ([text]) => (typeof text === 'string' ? Buffer.from(text, 'latin1').toString('base64') : undefined),
  b64dec: ([text]) => (typeof text === 'string' ? Buffer.from(text, 'base64').toString('latin1') : undefined),
};

/**
 * Replaces the templates of a test's data, `{{ "a" | repeat 100 }}`. A text with anything else between double braces
 * stays as it is: it is an attack on templates, not one of them.
 */
export function fillTemplate(data: string): string {
  if (!data.includes('{{')) return data;
  let isTemplate = true;
  const filled = data.replaceAll(ACTION, (action: string, pipeline: string) => {
    const value = evaluate(pipeline);
    if (value === undefined) isTemplate = false;
    return value ?? action;
  });
  return isTemplate ? filled : data;
}

function evaluate(pipeline: string): string | undefined {
  const stages: (string | number)[][] = [[]];
  for (const [word] of pipeline.matchAll(WORD)) {
    if (word === '|') stages.push([]);
    else stages.at(-1)?.push(/^-?\d+$/.test(word) ? Number(word) : word);
  }
  let value: string | undefined;
  for (const [first, ...rest] of stages) {
    if (first === undefined) return undefined;
    const literal = literalOf(first);
    if (literal !== undefined) {
      if (value !== undefined || rest.length > 0) return undefined;
      value = literal;
      continue;
    }
    const call = typeof first === 'string' && Object.hasOwn(FUNCTIONS, first) ? FUNCTIONS[first] : undefined;
    const values = rest.map((word) => (typeof word === 'number' ? word : literalOf(word)));
    if (call === undefined || values.includes(undefined)) return undefined;
    const known = values.filter((each) => each !== undefined);
    value = call(value === undefined ? known : [...known, value]);
    if (value === undefined) return undefined;
  }
  return value;
}

function literalOf(word: string | number): string | undefined {
  if (typeof word === 'number') return undefined;
  if (word.startsWith('`')) return word.slice(1, -1);
  if (!word.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(word);
    return typeof value === 'string' ? value : undefined;
  } catch {
    // Go knows escapes that JSON does not: not a template that is known here.
    return undefined;
  }
}
