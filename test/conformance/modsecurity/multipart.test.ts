import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { multipartParts, parseMultipart } from '../../../src/mitm/waf/body/multipart.ts';
import { MULTIPART_CASES } from '../../../src/mitm/waf/body/multipart-cases.ts';
import { buildOracle, type OracleMatch } from './oracle.ts';

const MUTANTS = 4000;
const SEED = 20;
const LIMITS = { arguments: 10_000 };

const FLAGS = [
  'MULTIPART_BOUNDARY_QUOTED',
  'MULTIPART_BOUNDARY_WHITESPACE',
  'MULTIPART_CRLF_LF_LINES',
  'MULTIPART_DATA_AFTER',
  'MULTIPART_DATA_BEFORE',
  'MULTIPART_HEADER_FOLDING',
  'MULTIPART_INVALID_HEADER_FOLDING',
  'MULTIPART_INVALID_PART',
  'MULTIPART_INVALID_QUOTING',
  'MULTIPART_LF_LINE',
  'MULTIPART_MISSING_SEMICOLON',
  'MULTIPART_STRICT_ERROR',
  'MULTIPART_UNMATCHED_BOUNDARY',
];
const LISTS = [
  'ARGS_POST_NAMES',
  'ARGS_POST',
  'FILES_NAMES',
  'FILES',
  'FILES_SIZES',
  'MULTIPART_PART_HEADERS',
  'MULTIPART_NAME',
  'MULTIPART_FILENAME',
  'REQBODY_ERROR_MSG',
];
const FIRST_FLAG = 100;
const FIRST_LIST = 200;

/** A rule logs once however many members match; its setvar runs for each. */
const RULES = [
  'SecRuleEngine DetectionOnly',
  'SecRequestBodyAccess On',
  ...FLAGS.map(
    (name, index) =>
      `SecRule ${name} "@unconditionalMatch" "id:${FIRST_FLAG + index},phase:2,pass,log,t:none,msg:'%{MATCHED_VAR}'"`,
  ),
  ...LISTS.flatMap((name, index) => [
    `SecRule ${name} "@unconditionalMatch" "id:${300 + index},phase:2,pass,nolog,t:none,t:hexEncode,setvar:'tx.l${index}=%{tx.l${index}}<%{MATCHED_VAR}>'"`,
    `SecRule TX:l${index} "@unconditionalMatch" "id:${FIRST_LIST + index},phase:2,pass,log,t:none,msg:'%{MATCHED_VAR}'"`,
  ]),
].join('\n');

const built = buildOracle();
const skip = typeof built === 'string' ? built : false;
after(() => {
  if (typeof built !== 'string') built.close();
});

test('multipart bodies are read as libmodsecurity does', { skip }, () => {
  if (typeof built === 'string') throw new Error(built);
  const cases = [...MULTIPART_CASES.map(({ body, type }) => ({ body, type })), ...mutants()];
  const verdicts = built.run(
    { text: RULES },
    cases.map(({ body, type }) => ({
      method: 'POST',
      uri: '/',
      headers: [
        ['Host', 'localhost'],
        ['Content-Type', type],
      ],
      body,
    })),
  );
  let complete = 0;
  for (const [index, { matches }] of verdicts.entries()) {
    const { body, type } = cases[index] ?? { body: '', type: '' };
    const read = parseMultipart(body, type, LIMITS);
    if (read.isComplete) complete++;
    assert.deepEqual(ours(read), theirs(matches, read.isComplete), JSON.stringify({ type, body }));
  }
  assert.ok(complete > MUTANTS / 20, `${complete} bodies were whole`);
});

/** What is compared. Theirs has no line breaks within values, and says nothing of headers that come twice. */
function ours(read: ReturnType<typeof parseMultipart>): Record<string, unknown> {
  const { flags } = multipartParts(read);
  const error = read.errors.filter((text) => !text.includes('Duplicate part header')).at(-1);
  const { isComplete } = read;
  return {
    ...Object.fromEntries(FLAGS.map((name) => [name, String(flags.get(name))])),
    ARGS_POST_NAMES: isComplete ? read.arguments.map(([name]) => name).sort() : [],
    ARGS_POST: isComplete ? read.arguments.map(([, value]) => value.replaceAll(/\r?\n/g, '')).sort() : [],
    FILES_NAMES: isComplete ? read.files.map(({ field }) => field).sort() : [],
    FILES: isComplete ? read.files.map(({ name }) => name).sort() : [],
    FILES_SIZES: isComplete ? read.files.map(({ content }) => String(content.length)).sort() : [],
    MULTIPART_PART_HEADERS: isComplete ? read.partHeaders.map(([, line]) => line).sort() : [],
    MULTIPART_NAME: [...read.partNames].sort(),
    MULTIPART_FILENAME: [...read.partFileNames].sort(),
    REQBODY_ERROR_MSG: error === undefined ? [] : [`Multipart parsing error: ${error}`],
  };
}

function theirs(matches: readonly OracleMatch[], isComplete: boolean): Record<string, unknown> {
  const message = (id: number): string | undefined => matches.find((match) => match.id === id)?.msg;
  const list = (index: number): string[] =>
    [...(message(FIRST_LIST + index) ?? '').matchAll(/<([\da-f]*)>/g)]
      .map(([, digits = '']) => Buffer.from(digits, 'hex').toString('latin1'))
      .sort();
  const lists = Object.fromEntries(LISTS.map((name, index) => [name, list(index)]));
  return {
    ...Object.fromEntries(FLAGS.map((name, index) => [name, message(FIRST_FLAG + index)])),
    ...lists,
    REQBODY_ERROR_MSG: lists.REQBODY_ERROR_MSG?.filter((text) => text !== ''),
    // Theirs have line ends, and are not compared where the last boundary is missing.
    MULTIPART_PART_HEADERS: isComplete
      ? (lists.MULTIPART_PART_HEADERS ?? []).map((line) => line.replace(/\r?\n$/, '')).sort()
      : [],
  };
}

const PIECES = [
  '--b',
  '--b--',
  '--b\r\n',
  '--b\n',
  '--b--\r\n',
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\v',
  '"',
  "'",
  ';',
  '=',
  '-',
  '--',
  '\\',
  '\0',
  ':',
  'name=',
  'filename=',
  "filename*=utf-8''x%41",
  'Content-Disposition: form-data; name="n"\r\n',
  'content-disposition:form-data;name=m\n',
  'X: y\r\n',
  ' folded\r\n',
  '\xe9',
  'x'.repeat(4095),
  'boundary=',
  '%',
  '*',
];

/** The crafted bodies with pieces put in, taken out and doubled; the same in every run. */
function mutants(): { body: string; type: string }[] {
  let state = SEED;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const mutate = (text: string): string => {
    const at = below(text.length + 1);
    switch (below(4)) {
      case 0:
        return text.slice(0, at) + text.slice(at + 1 + below(3));
      case 1:
        return text.slice(0, at) + text.slice(Math.max(0, at - below(20)));
      default:
        return text.slice(0, at) + (PIECES[below(PIECES.length)] ?? '') + text.slice(at);
    }
  };
  return Array.from({ length: MUTANTS }, () => {
    let { body, type } = MULTIPART_CASES[below(MULTIPART_CASES.length)] ?? { body: '', type: '' };
    for (let count = below(4); count > 0; count--) {
      const other = mutate(body);
      if (!hasUnclosedQuote(other)) body = other;
    }
    if (below(10) === 0) {
      // A NUL ends a header's value for libmodsecurity's C functions, and no server lets one pass.
      const other = type.slice(0, 19) + mutate(type.slice(19)).replaceAll('\0', '');
      // It passes over a body whose boundary is empty.
      if (!/=(?:"")?$/.test(other)) type = other;
    }
    return { body, type };
  });
}

/** libmodsecurity reads beyond the end of a header with a quote that is never closed: what it finds is chance. */
function hasUnclosedQuote(body: string): boolean {
  return body
    .split('\n')
    .some(
      (line) =>
        /\\["']/.test(line) ||
        (line.split('"').length - 1) % 2 === 1 ||
        (line.split("'").length - 1) % 2 === 1,
    );
}
