import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { test } from 'node:test';
import { ANSWER_CASES } from './answer-cases.ts';
import { answerByNode, readByNode } from './node-http.ts';
import { readRequests } from './read-requests.ts';
import { SMUGGLING_CASES } from './smuggling-cases.ts';

/** Methods are case-sensitive tokens without a list to HTTP, and a list to llhttp. */
const known = new Set(METHODS);

test('whatever is read of the cases, llhttp reads as the same requests', async () => {
  for (const { name, bytes } of SMUGGLING_CASES) {
    const all = Buffer.from(bytes, 'latin1');
    const { requests: ours, error, waits, behind } = readRequests([all]);
    // At an error, which an end within a request is, node:http gives up what it has read before, too.
    if (error !== undefined || waits || ours.length === 0 || ours.some(({ head }) => !known.has(head.method)))
      continue;
    const { requests } = await readByNode(all.subarray(0, all.length - behind));
    assert.deepEqual(
      requests.slice(0, ours.length).map(({ method, target, body }) => [method, target, body]),
      ours.map(({ head, body }) => [head.method, head.target, body]),
      name,
    );
  }
});

test('whatever is read of the answers, llhttp reads as the same answer', async () => {
  for (const { name, bytes, method, read } of ANSWER_CASES) {
    const status = read?.statuses.at(-1);
    if (read === undefined || status === undefined || status === 101 || method === 'CONNECT') continue;
    const theirs = await answerByNode(Buffer.from(bytes, 'latin1'), method);
    assert.deepEqual(theirs, { status, body: read.body }, name);
  }
});
