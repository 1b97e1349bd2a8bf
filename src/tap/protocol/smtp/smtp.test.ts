import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { smtp } from './index.ts';

type Piece = readonly [Direction, string];
const C = (text: string): Piece => [0, text];
const S = (text: string): Piece => [1, text];

const GREETING: readonly Piece[] = [
  S('220 mail.example.com ESMTP\r\n'),
  C('EHLO client.example.com\r\n'),
  S('250-mail.example.com\r\n250 PIPELINING\r\n'),
];

const MESSAGE = [
  'From: Alice <alice@example.com>',
  'To: bob@example.com, "Smith, Jane" <jane@example.com>',
  'Subject: folded',
  '\tsubject',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  'no one reads this http://preamble.example/',
  '--outer',
  'Content-Type: text/plain',
  '',
  'see https://example.com/a and http://example.com/b.',
  '..a line with a dot',
  '--outer',
  'Content-Type: application/octet-stream; name="a.bin"',
  'Content-Transfer-Encoding: base64',
  'Content-Disposition: attachment; filename*0="report";',
  ' filename*1=".bin"',
  '',
  'AAECAwQF',
  'BgcI',
  '--outer',
  'Content-Type: text/html; name=page.html',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'caf=E9 =',
  'au lait',
  '--outer--',
  'epilogue',
  '.',
  '',
].join('\r\n');

const MAIL: readonly Piece[] = [
  ...GREETING,
  C(
    'MAIL FROM:<alice@example.com> SIZE=100\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<jane@example.com>\r\nDATA\r\n',
  ),
  S('250 ok\r\n250 ok\r\n250 ok\r\n354 go ahead\r\n'),
  C(MESSAGE),
  S('250 queued\r\n'),
  C('QUIT\r\n'),
  S('221 bye\r\n'),
];

interface Record {
  readonly tx_id: number;
  readonly smtp: {
    readonly helo?: string;
    readonly mail_from?: string;
    readonly rcpt_to?: readonly string[];
  };
  readonly email?: { readonly [key: string]: unknown };
}

function records(context: RecordingContext): Record[] {
  return context.transactions.map((transaction) => transaction.eve() as unknown as Record);
}

describe('smtp', () => {
  it('reports envelope, header, attachments and URLs of a mail', () => {
    const context = RecordingContext.run(smtp, 'tcp', MAIL);
    const [record, ...more] = records(context);
    assert.equal(more.length, 0);
    assert.deepEqual(record?.smtp, {
      helo: 'client.example.com',
      mail_from: '<alice@example.com>',
      rcpt_to: ['<bob@example.com>', '<jane@example.com>'],
    });
    assert.equal(record?.email?.status, 'PARSE_DONE');
    assert.equal(record?.email?.subject, 'foldedsubject');
    assert.deepEqual(record?.email?.to, ['bob@example.com', '"Smith, Jane" <jane@example.com>']);
    assert.deepEqual(record?.email?.attachment, ['report.bin', 'page.html']);
    assert.deepEqual(record?.email?.url, ['https://example.com/a', 'http://example.com/b.']);
    assert.deepEqual(context.anomalies, []);
  });

  it('decodes each part into a file', () => {
    const context = RecordingContext.run(smtp, 'tcp', MAIL);
    assert.deepEqual(
      context.files.map((file) => [file.start.filename, file.start.depth, file.content.toString('latin1')]),
      [
        [undefined, 2, 'see https://example.com/a and http://example.com/b.\r\n.a line with a dot'],
        ['report.bin', 3, '\x00\x01\x02\x03\x04\x05\x06\x07\x08'],
        ['page.html', 4, 'caf\xe9 au lait'],
      ],
    );
    assert.ok(context.files.every((file) => file.complete === true && file.start.source === 'SMTP'));
  });

  it('looks into a message within the message', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('MAIL FROM:<a@x>\r\nDATA\r\n'),
      S('250 ok\r\n354 go\r\n'),
      C(
        'Subject: outer\r\nContent-Type: message/rfc822; name=in.eml\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      ),
      C('Subject: inner\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\nMZ\r\n.\r\n'),
    ]);
    assert.equal(records(context)[0]?.email?.subject, 'outer');
    assert.deepEqual(records(context)[0]?.email?.attachment, ['in.eml', 'a.exe']);
    assert.equal(context.files[0]?.start.filename, 'a.exe');
    assert.equal(context.files[0]?.content.toString(), 'MZ');
  });

  it('ends a transaction at RSET, at an accepted greeting and at the next mail', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('MAIL FROM:<a@x>\r\n'),
      S('250 ok\r\n'),
      C('RSET\r\nMAIL FROM:<b@x>\r\n'),
      S('250 ok\r\n250 ok\r\n'),
      C('EHLO again\r\n'),
      S('250 ok\r\n'),
      C('MAIL FROM:<c@x>\r\n'),
      S('250 ok\r\n'),
    ]);
    assert.deepEqual(
      records(context).map((record) => [record.tx_id, record.smtp.mail_from]),
      [
        [0, '<a@x>'],
        [1, '<b@x>'],
        [2, '<c@x>'],
      ],
    );
    assert.deepEqual(context.anomalies, ['DUPLICATE_FIELDS']);
  });

  it('goes back to commands when DATA is refused', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('MAIL FROM:<a@x>\r\nDATA\r\n'),
      S('250 ok\r\n503 no recipients\r\n'),
      C('RCPT TO:<b@x>\r\n'),
      S('250 ok\r\n'),
    ]);
    assert.deepEqual(records(context)[0]?.smtp.rcpt_to, ['<b@x>']);
    assert.deepEqual(context.anomalies, ['DATA_COMMAND_REJECTED']);
  });

  it('joins the lines of chunks', () => {
    const first = 'Subject: in chu';
    const second = 'nks\r\n\r\nbody\r\n';
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C(`MAIL FROM:<a@x>\r\nBDAT ${first.length}\r\n${first}BDAT ${second.length} LAST\r\n${second}NOOP\r\n`),
      S('250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n'),
    ]);
    assert.equal(records(context)[0]?.email?.subject, 'in chunks');
    assert.equal(context.files[0]?.content.toString(), 'body\r\n');
  });

  it('hands over to TLS behind STARTTLS', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('STARTTLS\r\n'),
      S('220 go ahead\r\n'),
    ]);
    assert.equal(context.successor, 'tls');
    assert.equal(context.transactions.length, 1);
  });

  it('sees TLS although the answer to STARTTLS is missing', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('STARTTLS\r\n'),
      C('\x16\x03\x01\x00'),
    ]);
    assert.equal(context.successor, 'tls');
    assert.equal(context.left(0), 4);
  });

  it('keeps no credentials', () => {
    const context = RecordingContext.run(smtp, 'tcp', [
      ...GREETING,
      C('AUTH LOGIN\r\n'),
      S('334 VXNlcm5hbWU6\r\n'),
      C('c2VjcmV0\r\n'),
      S('334 UGFzc3dvcmQ6\r\n'),
      C('DATA\r\n'),
      S('235 ok\r\n'),
      C('MAIL FROM:<a@x>\r\n'),
      S('250 ok\r\n'),
    ]);
    assert.equal(records(context)[0]?.smtp.mail_from, '<a@x>');
    assert.doesNotMatch(JSON.stringify(context.transactions), /c2VjcmV0/);
    assert.deepEqual(context.risks, ['Clear-Text Credentials']);
  });

  it('goes on behind missing bytes of a message', () => {
    const context = new RecordingContext();
    const parser = smtp.create(context);
    const feed = (direction: Direction, text: string): void =>
      context.feed(parser, direction, Buffer.from(text));
    for (const [direction, text] of GREETING) feed(direction, text);
    feed(0, 'MAIL FROM:<a@x>\r\nDATA\r\n');
    feed(1, '250 ok\r\n354 go\r\n');
    feed(0, 'Subject: x\r\n\r\nbefore\r\n');
    assert.equal(parser.gap?.(1000, 0), true);
    feed(0, 'after\r\n.\r\n');
    feed(1, '250 ok\r\n');
    assert.equal(context.files[0]?.gaps, 1000);
    assert.equal(records(context)[0]?.email?.status, 'PARSE_ERROR');
  });

  it('says the same for any segmentation', () => {
    const summary = (context: RecordingContext): string =>
      JSON.stringify([
        records(context),
        context.transactions.map((transaction) => transaction.zeek?.()[0]?.values),
        context.anomalies,
        context.files.map((file) => file.content.toString('latin1')),
      ]);
    const whole = summary(RecordingContext.run(smtp, 'tcp', MAIL));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        let turn = 0;
        const pieces = MAIL.flatMap(([direction, text]) => {
          const cut: Piece[] = [];
          for (let at = 0; at < text.length; ) {
            const size = sizes[turn++ % sizes.length] as number;
            cut.push([direction, text.slice(at, at + size)]);
            at += size;
          }
          return cut;
        });
        assert.equal(summary(RecordingContext.run(smtp, 'tcp', pieces)), whole);
      }),
      { numRuns: 60 },
    );
  });

  it('survives any bytes', () => {
    const word = fc.constantFrom(
      'EHLO x\r\n',
      'MAIL FROM:<a>\r\n',
      'RCPT TO:<b>\r\n',
      'DATA\r\n',
      'BDAT 5\r\n',
      'BDAT 99999999 LAST\r\n',
      'RSET\r\n',
      'STARTTLS\r\n',
      'AUTH PLAIN\r\n',
      '.\r\n',
      '\r\n',
      '--b\r\n',
      '--b--\r\n',
      'Content-Type: multipart/mixed; boundary=b\r\n',
      'Content-Type: text/plain; name="a',
      "Content-Disposition: x; filename*=utf-8''%zz\r\n",
      'Content-Transfer-Encoding: base64\r\n',
      'Content-Transfer-Encoding: quoted-printable\r\n',
      '=4',
      'QUJD=\r\n',
      '250 ok\r\n',
      '354 go\r\n',
      '220-\r\n',
      '500 no\r\n',
      'x'.repeat(9000),
    );
    const piece = fc.tuple(
      fc.constantFrom<Direction>(0, 1),
      fc.oneof(
        word,
        fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 0, max: 40 }), (pieces, gapAt) => {
        const context = new RecordingContext();
        const parser = smtp.create(context);
        for (const [i, [direction, text]] of pieces.entries()) {
          if (i === gapAt) parser.gap?.(100, direction);
          context.feed(parser, direction, Buffer.from(text, 'latin1'));
        }
        parser.end?.();
        for (const transaction of context.transactions) {
          JSON.stringify(transaction.eve());
          transaction.zeek?.();
        }
        assert.ok(context.files.every((file) => file.complete !== undefined));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('probe', () => {
  const probe = (text: string, direction: Direction): string =>
    smtp.probe(Buffer.from(text), 0, text.length, direction, { client: 1, server: 25 });

  it('knows commands and banners', () => {
    assert.equal(probe('EHLO x\r\n', 0), 'yes');
    assert.equal(probe('EH', 0), 'maybe');
    assert.equal(probe('QUIT\r\n', 0), 'maybe');
    assert.equal(probe('GET / HTTP/1.1\r\n', 0), 'no');
    assert.equal(probe('220 mail ESMTP\r\n', 1), 'yes');
    assert.equal(probe('220 FTP server\r\n', 1), 'no');
    assert.equal(probe('220 hello\r\n', 1), 'maybe');
    assert.equal(probe('200 hello\r\n', 1), 'no');
  });
});
