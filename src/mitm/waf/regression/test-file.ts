import { parseDocument } from 'yaml';

/** A test of go-ftw. All text that is sent is binary: the file's characters in UTF-8. */
export interface FtwTest {
  /** `942100-7`. */
  readonly id: string;
  /** Its description, or the id. */
  readonly title: string;
  readonly file: string;
  readonly enabled: boolean;
  readonly stages: readonly FtwStage[];
}

/** One request of a test, and what is expected of it. */
export interface FtwStage {
  readonly input: FtwInput;
  readonly output: FtwOutput;
}

/** What go-ftw sends. */
export interface FtwInput {
  readonly address: string;
  readonly port: number;
  readonly method: string;
  readonly uri: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** May hold templates; undefined without a body. */
  readonly data: string | undefined;
  /** The body as it is sent, in place of `data`. */
  readonly encodedData: string | undefined;
  /** The whole request, in place of all the rest. */
  readonly encodedRequest: string | undefined;
  readonly autocompleteHeaders: boolean;
  /** Fields that go-ftw acts upon and that mean nothing for a single request. */
  readonly unsupported: readonly string[];
}

/** What is expected. */
export interface FtwOutput {
  readonly status: readonly number[];
  readonly responseContains: string;
  readonly expectError: boolean;
  readonly isolated: boolean;
  readonly expectIds: readonly number[];
  readonly noExpectIds: readonly number[];
  /** Regular expressions over single lines of the log. */
  readonly matches: readonly string[];
  readonly noMatches: readonly string[];
}

/** A file that holds no tests of go-ftw. */
export class TestFileError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a file of tests, of schema version 1 or 2. Throws {@link TestFileError}. */
export function parseTestFile(text: string, file: string): FtwTest[] {
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) throw new TestFileError(`${file}: ${mistake.message}`);
  const root = fields(document.toJS({ maxAliasCount: 100 }));
  const meta = fields(root.meta);
  const tests = root.tests;
  if (!Array.isArray(tests)) throw new TestFileError(`${file}: there is no list of tests`);
  return tests.map((value: unknown, index) => {
    const test = fields(value);
    const rule = root.rule_id ?? test.rule_id ?? test.ruleid;
    const id = string(test.test_title) ?? `${scalar(rule) ?? '0'}-${scalar(test.test_id) ?? index + 1}`;
    const stages = test.stages;
    if (!Array.isArray(stages)) throw new TestFileError(`${file}: test ${id} has no stages`);
    return {
      id,
      title: (string(test.desc) ?? id).trim(),
      file,
      enabled: meta.enabled !== false && test.enabled !== false,
      stages: stages.map((stage: unknown) => {
        // Schema version 1 has one more level.
        const { input, output } = fields(fields(stage).stage ?? stage);
        return { input: parseInput(fields(input)), output: parseOutput(fields(output)) };
      }),
    };
  });
}

function parseInput(input: Fields): FtwInput {
  return {
    address: string(input.dest_addr) ?? 'localhost',
    port: number(input.port) ?? 80,
    method: binary(scalar(input.method) ?? 'GET'),
    uri: binary(scalar(input.uri) ?? '/'),
    version: binary(scalar(input.version) ?? 'HTTP/1.1'),
    headers: headersOf(input),
    data: dataOf(input.data),
    encodedData: string(input.encoded_data),
    encodedRequest: string(input.encoded_request) ?? string(input.raw_request),
    // `stop_magic` is the older name of the opposite.
    autocompleteHeaders: input.autocomplete_headers !== false && input.stop_magic !== true,
    unsupported: ['follow_redirect', 'save_cookie', 'response'].filter(
      (name) => input[name] !== undefined && input[name] !== false,
    ),
  };
}

/** `headers` in the order of their names, as go-ftw sends a map; `ordered_headers` as they stand. */
function headersOf(input: Fields): readonly (readonly [string, string])[] {
  const sorted = Object.entries(fields(input.headers))
    .map(([name, value]) => [binary(name), binary(scalar(value) ?? '')] as const)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const ordered = input.ordered_headers;
  if (!Array.isArray(ordered)) return sorted;
  const listed = ordered.map((entry: unknown) => {
    const { name, value } = fields(entry);
    return [binary(scalar(name) ?? ''), binary(scalar(value) ?? '')] as const;
  });
  return [...sorted, ...listed];
}

/** Older files give the body as a list of lines. */
function dataOf(data: unknown): string | undefined {
  if (Array.isArray(data)) return binary(data.map((line: unknown) => scalar(line) ?? '').join('\r\n'));
  const text = scalar(data);
  return text === undefined ? undefined : binary(text);
}

function parseOutput(output: Fields): FtwOutput {
  const log = fields(output.log);
  return {
    status: numbers(output.status),
    responseContains: binary(string(output.response_contains) ?? ''),
    expectError: output.expect_error === true,
    isolated: output.isolated === true,
    expectIds: [...numbers(log.expect_ids), ...numbers(log.expect_id)],
    noExpectIds: [...numbers(log.no_expect_ids), ...numbers(log.no_expect_id)],
    matches: patterns(output.log_contains, log.match_regex),
    noMatches: patterns(output.no_log_contains, log.no_match_regex),
  };
}

function patterns(...all: readonly unknown[]): string[] {
  return all.flatMap((pattern) => (typeof pattern === 'string' && pattern !== '' ? [binary(pattern)] : []));
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function numbers(value: unknown): number[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (entry): entry is number => typeof entry === 'number',
  );
}

/** A text as a Go program reads it from a scalar of any type. */
function scalar(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function binary(text: string): string {
  return Buffer.from(text.toWellFormed()).toString('latin1');
}
