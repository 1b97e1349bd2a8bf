import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { ftpData } from '../ftp-data/index.ts';
import type { Direction } from '../parser.ts';
import { extendedPassive, extendedPort, sixNumbers } from './endpoint.ts';
import { ftp } from './index.ts';

type Piece = readonly [Direction, string];
const C = (text: string): Piece => [0, text];
const S = (text: string): Piece => [1, text];

const SESSION: readonly Piece[] = [
  S('220-Welcome\r\n 220 not the end\r\n220 ready\r\n'),
  C('USER anonymous\r\n'),
  S('331 password?\r\n'),
  C('PASS me@example.com\r\n'),
  S('230 in\r\n'),
  C('PASV\r\n'),
  S('227 Entering Passive Mode (198,51,100,2,4,1)\r\n'),
  C('retr a.txt\r\n'),
  S('150 here\r\n226 done\r\n'),
  C('PORT 192,0,2,1,8,0\r\n'),
  S('200 ok\r\n'),
  C('LIST\r\n'),
  S('150 here\r\n226 done\r\n'),
  C('QUIT\r\n'),
];

function records(context: RecordingContext): Record<string, unknown>[] {
  return context.transactions.map((transaction) => transaction.eve().ftp as Record<string, unknown>);
}

describe('ftp', () => {
  it('reports each command with its replies', () => {
    const found = records(RecordingContext.run(ftp, 'tcp', SESSION));
    assert.deepEqual(
      found.map((record) => record.command),
      [undefined, 'USER', 'PASS', 'PASV', 'RETR', 'PORT', 'LIST', 'QUIT'],
    );
    assert.deepEqual(found[0]?.reply, ['Welcome', ' 220 not the end', 'ready']);
    assert.equal(found[2]?.command_data, 'me@example.com');
    assert.deepEqual(found[3]?.dynamic_port, 1025);
    assert.equal(found[3]?.mode, 'passive');
    assert.deepEqual(found[4]?.completion_code, ['150', '226']);
    assert.equal(found[5]?.mode, 'active');
    assert.equal(found[7]?.reply_received, 'no');
  });

  it('announces data channels and says what goes over them', () => {
    const context = RecordingContext.run(ftp, 'tcp', SESSION);
    assert.deepEqual(
      context.expectations.map(({ name, address, port, hint }) => {
        const { command, filename, active } = hint as Record<string, unknown>;
        return [name, address, port, command, filename, active];
      }),
      [
        ['ftp-data', '198.51.100.2', 1025, 'RETR', 'a.txt', false],
        ['ftp-data', '192.0.2.1', 2048, 'LIST', undefined, true],
      ],
    );
  });

  it('reports a transfer without a channel', () => {
    const context = RecordingContext.run(ftp, 'tcp', [S('220 ready\r\n'), C('RETR a\r\n'), S('425 no\r\n')]);
    assert.deepEqual(context.anomalies, ['file_before_port']);
  });

  it('expects the channel at the address of the packets too', () => {
    const context = RecordingContext.run(ftp, 'tcp', [S('220 ready\r\n'), C('PORT 10,0,0,9,8,0\r\n')]);
    assert.deepEqual(
      context.expectations.map(({ address }) => address),
      ['192.0.2.1', '10.0.0.9'],
    );
  });

  it('hides passwords', () => {
    const context = RecordingContext.run(ftp, 'tcp', [
      S('220 ready\r\n'),
      C('USER bob\r\nPASS secret\r\n'),
      S('331 ok\r\n230 ok\r\n'),
      C('DELE x\r\n'),
      S('250 ok\r\n'),
    ]);
    assert.doesNotMatch(JSON.stringify([records(context), context.transactions]), /secret/);
    assert.deepEqual(context.risks, ['Clear-Text Credentials']);
    assert.deepEqual(context.transactions.at(-1)?.zeek?.()[0]?.values.slice(0, 4), [
      'bob',
      '<hidden>',
      'DELE',
      'ftp://198.51.100.2/./x',
    ]);
  });

  it('hands over to TLS behind AUTH TLS', () => {
    const context = RecordingContext.run(ftp, 'tcp', [
      S('220 ready\r\n'),
      C('AUTH TLS\r\n'),
      S('234 ok\r\n'),
    ]);
    assert.equal(context.successor, 'tls');
  });

  it('gives up when a reply has no code', () => {
    const context = RecordingContext.run(ftp, 'tcp', [S('220 ready\r\n'), C('PASV\r\n'), S('99 what\r\n')]);
    assert.equal(context.failed, true);
  });

  it('says the same for any segmentation', () => {
    const whole = JSON.stringify(records(RecordingContext.run(ftp, 'tcp', SESSION)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), (size) => {
        const pieces = SESSION.flatMap(([direction, text]) =>
          (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((part): Piece => [direction, part]),
        );
        assert.equal(JSON.stringify(records(RecordingContext.run(ftp, 'tcp', pieces))), whole);
      }),
    );
  });

  it('survives any bytes', () => {
    const piece = fc.tuple(
      fc.constantFrom<Direction>(0, 1),
      fc.oneof(
        fc.constantFrom(
          'USER a\r\n',
          'PORT 1,2\r\n',
          'EPRT |1|::|9|\r\n',
          'EPSV\r\n',
          'AUTH TLS\r\n',
          'CWD ..\r\n',
        ),
        fc.constantFrom(
          '220 \r\n',
          '229 (|||77|)\r\n',
          '250-\r\n',
          '250 x\r\n',
          '150 \r\n',
          'y'.repeat(5000),
        ),
        fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const context = RecordingContext.run(ftp, 'tcp', pieces);
        for (const transaction of context.transactions) {
          JSON.stringify(transaction.eve());
          transaction.zeek?.();
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('endpoints', () => {
  it('reads all notations', () => {
    assert.deepEqual(sixNumbers('(192,0,2,1,4,1).'), { address: '192.0.2.1', port: 1025 });
    assert.equal(sixNumbers('192,0,2,256,4,1'), undefined);
    assert.equal(sixNumbers('192,0,2,1,0,0'), undefined);
    assert.deepEqual(extendedPort('|2|2001:db8::1|6446|'), { address: '2001:db8::1', port: 6446 });
    assert.equal(extendedPort('|3|x|6446|'), undefined);
    assert.equal(extendedPort(''), undefined);
    assert.deepEqual(extendedPassive('Entering (|||6446|)'), { address: undefined, port: 6446 });
    assert.equal(extendedPassive('(|||99999|)'), undefined);
  });
});

describe('ftp-data', () => {
  const channel = (): Record<string, unknown> => ({ command: 'RETR', filename: 'a.txt', active: false });

  it('makes the whole stream a file', () => {
    const hint = channel();
    const context = RecordingContext.run(ftpData, 'tcp', [S('hello '), S('world')], (c) => {
      c.hint = hint;
    });
    assert.equal(context.files[0]?.content.toString(), 'hello world');
    assert.equal(context.files[0]?.start.filename, 'a.txt');
    assert.deepEqual(context.transactions[0]?.eve().ftp_data, { filename: 'a.txt', command: 'RETR' });
    assert.equal(hint.size, 11);
  });

  it('is silent where nothing was announced', () => {
    const context = RecordingContext.run(ftpData, 'tcp', [C('x')]);
    assert.equal(context.transactions.length, 0);
    assert.equal(context.files.length, 1);
  });

  it('is whole when its direction ends in order', () => {
    const context = new RecordingContext();
    context.hint = channel();
    const parser = ftpData.create(context);
    context.feed(parser, 1, Buffer.from('abc'));
    assert.equal(parser.gap?.(5, 1), true);
    parser.close?.(1);
    parser.end?.();
    assert.deepEqual([context.files[0]?.complete, context.files[0]?.gaps], [true, 5]);
  });
});
