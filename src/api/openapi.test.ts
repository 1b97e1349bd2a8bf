import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { freePort } from '../../test/support/web-parts.ts';
import { CAPTURES, folderFor, up, writeConfiguration } from '../supervisor/testing.ts';

/** Requests for each operation. */
const RUNS = 5;
const LONGEST_WAIT_MS = 20_000;

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}
interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly 'x-role'?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Schema;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description?: string;
        readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
      }
    >
  >;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Anything, as hostile senders have it. */
const anything = fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e309',
    'NaN',
    '../../etc/passwd',
    '%00',
    "'; DROP TABLE flows; --",
    '\u0000',
    '💧'.repeat(600),
  ),
  fc.constantFrom('__proto__', 'constructor', '203.0.113.9', '::1', '0.0.0.0/0', '[]', '{}', 'true', '$(id)'),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, [], {}, [[]], { __proto__: null, constructor: { prototype: {} } }),
);

/** Mostly what a schema wants, else anything. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ arbitrary: rightOf(schema), weight: 4 }, { arbitrary: anything, weight: 1 });
}

function rightOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valuesOf));
  switch (schema.type) {
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? 0, -1e9),
        max: Math.min(schema.maximum ?? 1000, 1e9),
      });
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}), { maxLength: 3 });
    case 'object':
      return fc.record(
        Object.fromEntries(
          Object.entries(schema.properties ?? {}).map(([name, one]) => [name, valuesOf(one)]),
        ),
        { requiredKeys: [...(schema.required ?? [])] },
      );
    case 'string':
      return fc.oneof(
        fc.string({ maxLength: Math.min(schema.maxLength ?? 64, 64) }),
        fc.constantFrom(
          '203.0.113.9',
          '2001:db8::1',
          '198.51.100.0/24',
          '15m',
          '2026-03-01T12:00:00Z',
          'tls',
          'a',
        ),
      );
    default:
      return anything;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

function ask(
  where: { readonly port: number } | { readonly socketPath: string },
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ ...where, method, path, agent: false, headers: { ...type, ...headers } });
    const signal = setTimeout(
      () => asked.destroy(new Error(`${method} ${path}: no answer`)),
      LONGEST_WAIT_MS,
    );
    asked.once('error', reject);
    asked.once('response', (response) => {
      let text = '';
      const settle = (): void => {
        clearTimeout(signal);
        asked.off('error', reject).on('error', () => undefined);
        asked.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      };
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (response.headers['content-type']?.startsWith('text/event-stream')) settle();
      });
      response.once('error', reject);
      response.once('end', settle);
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test('the API as its document describes it', { timeout: 120_000 }, async (context) => {
  const port = await freePort();
  const folder = folderFor(context);
  // What is sent may be right: nothing of it is to change the machine.
  const settings = `api: {listen: '127.0.0.1:${port}', rate: 1000000, configure: false}`;
  writeConfiguration(
    folder,
    `store: {enabled: true, folder: ${folder}/store}
${settings}`,
  );
  const running = up(context, folder, ['--capture', CAPTURES]);
  await running.running();
  const made = await ask(
    { socketPath: join(folder, 'run/api.sock') },
    'POST',
    '/api/v1/tokens',
    {},
    { name: 'test', role: 'admin' },
  );
  const authorization = `Bearer ${(JSON.parse(made.text) as { token: string }).token}`;
  const document = JSON.parse((await ask({ port }, 'GET', '/api/v1/openapi.json')).text) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, some]) =>
    Object.entries(some).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );

  await context.test('the document is one of OpenAPI 3.1, and says of each operation what it must', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.ok(operations.length > 20);
    const ajv = new Ajv2020({ strict: false, formats: {}, logger: false });
    const faults: string[] = [];
    for (const { name, path, operation } of operations) {
      const { summary = '', tags = [], parameters = [], responses, security } = operation;
      if (summary === '' || tags.length !== 1) faults.push(`${name}: summary or tag`);
      if (!['public', 'viewer', 'operator', 'admin'].includes(operation['x-role'] ?? ''))
        faults.push(`${name}: role`);
      if ((operation['x-role'] === 'public') !== (security?.length === 0)) faults.push(`${name}: security`);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one);
      const described = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      if (named.toSorted().join() !== described.toSorted().join())
        faults.push(`${name}: parameters ${described}`);
      const successes = Object.keys(responses).filter((status) => /^[23]\d\d$/.test(status));
      if (successes.length === 0) faults.push(`${name}: no schema of its answer`);
      for (const [status, { description = '', content = {} }] of Object.entries(responses)) {
        if (description === '') faults.push(`${name} ${status}: no description`);
        const types = Object.keys(content);
        if (/^[45]|default/.test(status) && types.join() !== 'application/problem+json')
          faults.push(`${name} ${status}: ${types}`);
      }
      const schemas = [
        ...parameters.map((one) => one.schema),
        ...Object.values(operation.requestBody?.content ?? {}).map((one) => one.schema),
        ...Object.values(responses).flatMap(({ content = {} }) =>
          Object.values(content).map((one) => one.schema ?? {}),
        ),
      ];
      for (const schema of schemas) {
        try {
          ajv.compile(schema);
        } catch (error) {
          faults.push(`${name}: ${error instanceof Error ? error.message.slice(0, 100) : ''}`);
        }
      }
    }
    assert.deepEqual(faults, []);
  });

  await context.test('nothing that is sent makes it fail', async () => {
    const faults: string[] = [];
    for (const { name, method, path, operation } of operations) {
      const { parameters = [], requestBody } = operation;
      const inputs = fc.record({
        values: fc.tuple(...parameters.map(({ schema }) => valuesOf(schema))),
        given: fc.tuple(...parameters.map(() => fc.boolean())),
        body: valuesOf(requestBody?.content['application/json']?.schema ?? {}),
        extra: fc.option(fc.tuple(fc.constantFrom('__proto__', 'limit', 'x', 'cursor'), anything), {
          freq: 6,
        }),
      });
      for (const { values, given, body, extra } of fc.sample(inputs, { numRuns: RUNS, seed: 7 })) {
        const query = new URLSearchParams();
        let filled = path;
        for (const [at, { name: parameter, in: where }] of parameters.entries()) {
          const value = textOf(values[at]);
          if (where === 'path')
            filled = filled.replace(`{${parameter}}`, encodeURIComponent(value.toWellFormed()) || '%20');
          else if (given[at]) query.append(parameter, value);
        }
        if (extra !== null && extra !== undefined) query.append(extra[0], textOf(extra[1]));
        const target = query.size === 0 ? filled : `${filled}?${query}`;
        const answer = await ask(
          { port },
          method,
          target,
          { authorization },
          requestBody === undefined ? undefined : body,
        );
        const { status, headers, text } = answer;
        const shown = `${name}: ${status} for ${target.slice(0, 150)} ${textOf(body).slice(0, 150)}`;
        if (status === 500) faults.push(shown);
        if (status >= 400 && !headers['content-type']?.startsWith('application/problem+json'))
          faults.push(`${shown}: ${text.slice(0, 80)}`);
      }
    }
    assert.deepEqual(faults, []);
    assert.equal(running.child.exitCode, null);
    assert.doesNotMatch(running.said, /api ended/);
    const said = running.said.split('\n').filter((line) => line.startsWith('weir api:'));
    assert.deepEqual(said, []);
  });
});
