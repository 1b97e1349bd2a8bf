import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { curl } from '../../../test/support/mitmproxy/curl.ts';
import {
  runMitmdump,
  startBackend,
  startMitmdump,
  temporaryFolder,
  withoutMitmdump,
} from '../../../test/support/mitmproxy/mitmdump.ts';
import { answer, startPlace } from '../../../test/support/mitmproxy/place.ts';
import { TestJudge } from '../../../test/support/mitmproxy/test-judge.ts';
import { until } from '../../../test/support/mitmproxy/until.ts';
import { Running } from '../../../test/support/running.ts';
import { MitmproxyBridge } from './bridge.ts';

const skip = withoutMitmdump();

for (const fail of ['open', 'closed'] as const) {
  test(`weir gone, slow and back again: fails ${fail}`, { skip }, async (t) => {
    const { judge, socket, bridge, mitmdump, url } = await startPlace(
      t,
      `weir_fail=${fail}`,
      'weir_timeout=0.3',
    );
    const unjudged = fail === 'open' ? 200 : 503;
    judge.decisions = {
      request: ({ target }) =>
        target === '/hangs'
          ? new Promise(() => {})
          : target === '/deny'
            ? { action: 'deny', status: 403 }
            : {},
    };
    assert.equal((await curl(`${url}/deny`)).status, 403);
    assert.equal((await curl(`${url}/hangs`)).status, unjudged);
    await until('abandon', () => bridge.statistics().abandoned === 1);
    const [inTheMiddle] = await Promise.all([
      curl(`${url}/slow`),
      until('request', () => judge.told[2]).then(() => bridge.close()),
    ]);
    assert.equal(inTheMiddle?.status, unjudged);
    assert.equal(judge.of('/slow').abandoned, true);
    assert.equal((await curl(`${url}/deny`)).status, unjudged);
    assert.match(mitmdump.running.stdout, /connection lost: weir is ending/);
    assert.match(
      mitmdump.running.stdout,
      fail === 'open' ? /not judged .*so pass:/ : /not judged .*so deny:/,
    );
    assert.equal(mitmdump.running.stdout.split('nobody judges').length, 2, 'one line for all attempts');
    const again = await MitmproxyBridge.listen({ judge, socket });
    t.after(() => again.close());
    await until('connection', () => again.statistics().connections === 1);
    await until('greeting', () => mitmdump.running.stdout.split('connected to').length === 3);
    assert.equal((await curl(`${url}/deny`)).status, 403);
  });
}

/** A weir of its own, to be killed. */
const PROGRAM = `
import { MitmproxyBridge } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
import { TestJudge } from ${JSON.stringify(join(import.meta.dirname, '../../../test/support/mitmproxy/test-judge.ts'))};
await MitmproxyBridge.listen({ judge: new TestJudge(), socket: process.env.SOCKET });
console.log('listening');
`;

for (const fail of ['open', 'closed'] as const) {
  test(`weir killed between request and answer: fails ${fail}`, { skip }, async (t) => {
    const socket = join(temporaryFolder(t), 'weir.sock');
    const weir = new Running(
      spawn(process.execPath, ['--input-type=module', '-e', PROGRAM], {
        env: { ...process.env, SOCKET: socket },
      }),
    );
    t.after(() => weir.end('SIGKILL'));
    await weir.says('listening');
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const port = await startBackend(t, (request, response) => {
      answer(request, response);
      resolve();
    });
    const mode = ['--mode', `reverse:http://127.0.0.1:${port}`];
    const mitmdump = await startMitmdump(t, socket, mode, [`weir_fail=${fail}`]);
    await mitmdump.running.says('connected to');
    const [{ status }] = await Promise.all([
      curl(`http://127.0.0.1:${mitmdump.port}/slow`),
      asked.then(() => weir.end('SIGKILL')),
    ]);
    assert.equal(status, fail === 'open' ? 200 : 503);
    await mitmdump.running.says('connection lost: closed');
    // The socket of the killed one is still there.
    const judge = new TestJudge();
    const bridge = await MitmproxyBridge.listen({ judge, socket });
    t.after(() => bridge.close());
    await until('greeting', () => mitmdump.running.stdout.split('connected to').length === 3);
    assert.equal((await curl(`http://127.0.0.1:${mitmdump.port}/after`)).status, 200);
    assert.equal(judge.of('/after').response?.status, 200);
  });
}

test('mitmdump that starts before weir waits for it, and says what options are wrong', {
  skip,
}, async (t) => {
  const socket = join(temporaryFolder(t), 'weir.sock');
  const port = await startBackend(t, answer);
  const mitmdump = await startMitmdump(t, socket, ['--mode', `reverse:http://127.0.0.1:${port}`]);
  await mitmdump.running.says('nobody judges');
  assert.equal((await curl(`http://127.0.0.1:${mitmdump.port}/`)).status, 200);
  for (const wrong of ['weir_timeout=soon', 'weir_timeout=-1', 'weir_fail=maybe', 'weir_body_limit=-1']) {
    const { code, stdout, stderr } = await runMitmdump(t, socket, temporaryFolder(t), [], [wrong]).ended;
    assert.equal(code, 1, wrong);
    assert.match(stdout + stderr, new RegExp(`${wrong.split('=')[0]}: `));
  }
});
