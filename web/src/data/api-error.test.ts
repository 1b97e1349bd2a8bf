import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, problemOf } from './api-error.ts';

test('a problem of the server is told as it is', () => {
  const problem = problemOf(409, {
    type: 'about:blank',
    title: 'Switched off',
    status: 409,
    detail: 'set web.enabled',
  });
  assert.deepEqual(problem, {
    type: 'about:blank',
    title: 'Switched off',
    status: 409,
    detail: 'set web.enabled',
  });
  const error = new ApiError(problem);
  assert.equal(error.message, 'set web.enabled');
  assert.equal(error.status, 409);
});

test('anything else becomes a problem with the status', () => {
  for (const body of [undefined, null, '<html>', 7, [], { title: 7 }, { detail: 'x' }]) {
    const problem = problemOf(502, body);
    assert.equal(problem.status, 502);
    assert.match(problem.title, /502/);
  }
});

test('a refused session says how to log in', () => {
  const loginWays = { token: true, oidc: { name: 'Keycloak' } };
  assert.deepEqual(problemOf(401, { title: 'Not logged in', loginWays }).loginWays, loginWays);
  assert.equal(problemOf(401, { title: 'Not logged in', loginWays: 'token' }).loginWays, undefined);
});
