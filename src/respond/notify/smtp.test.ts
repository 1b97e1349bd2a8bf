import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Running } from '../../../test/support/running.ts';
import { freePort, ownFolder, until, writeCertificate } from '../../../test/support/web-parts.ts';
import type { Message } from './notification.ts';
import { SendError } from './notify-error.ts';
import { SmtpChannel, type SmtpOptions } from './smtp.ts';

const PYTHON = '/usr/bin/python3';
const skip =
  spawnSync(PYTHON, ['-c', 'import aiosmtpd.controller']).status === 0
    ? false
    : 'python3-aiosmtpd is not installed';

/** A mail server that prints each message that it took as a line of JSON. */
const SERVER = `
import base64, email, email.policy, json, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP
port, mode, certificate, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody@'): return '550 no such mailbox'
        if address.startswith('later@'): return '451 come again'
        envelope.rcpt_tos.append(address)
        return '250 ok'
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        raw = envelope.content.decode('latin1')
        longest = max(len(line) for line in raw.split('\\r\\n'))
        print(json.dumps({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'subject': mail['subject'],
          'text': mail.get_content(), 'tls': session.ssl is not None or mode == 'tls', 'user': bool(session.authenticated),
          'longest': longest, 'id': mail['message-id'], 'date': mail['date'], 'auto': mail['auto-submitted']}), flush=True)
        return '250 taken'
def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b'weir' and data.password == 'p\\u00e4ss word'.encode()
    return AuthResult(success=good, handled=False, message=None if good else '535 5.7.8 wrong')
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
options = {'authenticator': authenticate, 'auth_required': mode != 'none'}
if mode == 'starttls': options.update(tls_context=context, require_starttls=True)
if mode == 'tls': options.update(auth_require_tls=False)
controller = Controller(Handler(), hostname='127.0.0.1', port=port, ssl_context=context if mode == 'tls' else None, **options)
controller.start()
print('ready', flush=True)
time.sleep(60)
`;

const MESSAGE: Message = {
  id: 'abcdefghij0123456789',
  timeMs: 0,
  firstMs: 0,
  address: '203.0.113.9',
  event: 'waf_block',
  reason: 'r',
  score: 91,
  severity: 'critical',
  decision: 'ban for 4h',
  scenario: '',
  target: '',
  count: 1,
  host: 'gateway',
  subject: `[weir] Einbruch über ${'ä€'.repeat(40)} 🚨 =?UTF-8?B?eA==?=`,
  body: `.\r\n..\nzwei Zeilen: ünï\n${'long '.repeat(40)}\n.\nQUIT`,
};

interface MailServer {
  readonly options: SmtpOptions;
  /** Messages that it took. */
  mails(): Record<string, unknown>[];
}

async function mailServer(t: TestContext, mode: SmtpOptions['security']): Promise<MailServer> {
  const folder = ownFolder(t);
  writeCertificate(folder);
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const port = await freePort();
  const args = ['-W', 'ignore', '-c', SERVER, String(port), mode, certificate, key];
  const running = new Running(spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  t.after(() => running.end('SIGKILL'));
  await running.says('ready');
  const account = mode === 'none' ? {} : { user: 'weir', password: 'päss word' };
  return {
    options: {
      host: '127.0.0.1',
      port,
      security: mode,
      ...account,
      from: 'weir@gateway.example',
      to: ['admin@example.org', 'second@example.org'],
      authorities: readFileSync(certificate, 'utf8'),
    },
    mails: () =>
      running.stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

const within = () => AbortSignal.timeout(10_000);

for (const mode of ['starttls', 'tls', 'none'] as const) {
  test(`mail by security '${mode}' arrives as it was meant`, { skip }, async (t) => {
    const server = await mailServer(t, mode);
    await new SmtpChannel(server.options).send(MESSAGE, within());
    const [mail, ...more] = await until('mail', () => server.mails().length > 0 && server.mails());
    assert.deepEqual(more, []);
    assert.equal(mail?.subject, MESSAGE.subject);
    assert.equal(mail?.text, MESSAGE.body.replace(/\r?\n/g, '\r\n'));
    assert.equal(mail?.from, 'weir@gateway.example');
    assert.deepEqual(mail?.to, ['admin@example.org', 'second@example.org']);
    assert.equal(mail?.tls, mode !== 'none');
    assert.equal(mail?.user, mode !== 'none');
    assert.equal(mail?.id, '<abcdefghij0123456789@gateway.example>');
    assert.equal(mail?.auto, 'auto-generated');
    assert.ok((mail?.longest as number) <= 78, `a line of ${mail?.longest}`);
  });
}

test('what a mail server refuses is said, and whether to come again', { skip }, async (t) => {
  const { options, mails } = await mailServer(t, 'starttls');
  const failing = async (changes: Partial<SmtpOptions>, message: RegExp, again: boolean) => {
    await assert.rejects(new SmtpChannel({ ...options, ...changes }).send(MESSAGE, within()), (error) => {
      assert.ok(error instanceof SendError, String(error));
      assert.match(error.message, message);
      assert.equal(error.again, again, error.message);
      assert.doesNotMatch(error.message, /p.ss word|cMOkc3M/);
      return true;
    });
  };
  await failing({ password: 'wrong' }, /refuses user and password: 535/, false);
  await failing({ to: ['nobody@example.org'] }, /recipient nobody@example.org: 550/, false);
  await failing({ to: ['later@example.org'] }, /recipient later@example.org: 451/, true);
  await failing({ authorities: undefined }, /self-signed|certificate/, true);
  await failing({ host: 'localhost', port: await freePort() }, /ECONNREFUSED|closed/, true);
  assert.deepEqual(mails(), []);
  // One recipient who is gone does not keep the message from the other.
  await new SmtpChannel({ ...options, to: ['nobody@example.org', 'admin@example.org'] }).send(
    MESSAGE,
    within(),
  );
  const [mail] = await until('mail', () => mails().length > 0 && mails());
  assert.deepEqual(mail?.to, ['admin@example.org']);
});

/** A server that says what it is told to, whatever it hears. */
async function speaking(t: TestContext, talk: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('a hostile mail server gets neither password nor patience', async (t) => {
  const cases: readonly (readonly [string, (socket: Socket) => void, RegExp])[] = [
    [
      'answers before TLS that would count after it',
      (socket) => {
        socket.write('220 hi\r\n');
        socket.once('data', () => {
          socket.write('250-x\r\n250 STARTTLS\r\n');
          socket.once('data', () => socket.write('220 go\r\n250 AUTH PLAIN\r\n235 in\r\n'));
        });
      },
      /sent more before TLS began/,
    ],
    [
      'no STARTTLS',
      (socket) => {
        socket.write('220 hi\r\n');
        socket.once('data', () => socket.write('250-x\r\n250 AUTH PLAIN\r\n'));
      },
      /has no STARTTLS/,
    ],
    ['a line without end', (socket) => socket.write(`220 ${'x'.repeat(100_000)}`), /without end/],
    ['lines without end', (socket) => socket.write('220-x\r\n'.repeat(20_000)), /without end/],
    ['another protocol', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'), /does not speak SMTP/],
    ['nothing', (socket) => socket.end(), /closed the connection/],
  ];
  for (const [what, talk, message] of cases) {
    const port = await speaking(t, talk);
    const channel = new SmtpChannel({
      host: '127.0.0.1',
      port,
      security: 'starttls',
      user: 'weir',
      password: 'secret',
      from: 'weir@example.org',
      to: ['admin@example.org'],
    });
    await assert.rejects(channel.send(MESSAGE, within()), message, what);
  }
  const silent = await speaking(t, () => undefined);
  const channel = new SmtpChannel({
    host: '127.0.0.1',
    port: silent,
    security: 'none',
    from: 'weir@example.org',
    to: ['admin@example.org'],
  });
  await assert.rejects(channel.send(MESSAGE, AbortSignal.timeout(100)), /closed the connection/);
});

test('settings of mail that cannot work are errors at the start', () => {
  const good: SmtpOptions = { host: 'mail', security: 'starttls', from: 'a@b.example', to: ['c@d.example'] };
  const bad: readonly (readonly [Partial<SmtpOptions>, RegExp])[] = [
    [{ to: ['x@y.example>\r\nDATA'] }, /is no address/],
    [{ from: 'weir' }, /'weir' is no address/],
    [{ to: [] }, /0 recipients/],
    [{ user: 'x' }, /go together/],
    [{ user: 'x', password: 'y', security: 'none' }, /only sent over TLS/],
    [{ port: 70_000 }, /no port/],
    [{ host: '' }, /host is empty/],
  ];
  for (const [changes, message] of bad) {
    assert.throws(() => new SmtpChannel({ ...good, ...changes }), message);
  }
  assert.equal(new SmtpChannel(good).name, 'mail mail:587');
});
