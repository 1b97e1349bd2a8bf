import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';
import { defaultInterface } from './default-route.ts';

test('waits double up to the bound, spread by a fifth, and begin anew', () => {
  const waits = (random: number): number[] => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1000 }, () => random);
    return Array.from({ length: 6 }, () => backoff.next());
  };
  assert.deepEqual(waits(0.5), [100, 200, 400, 800, 1000, 1000]);
  assert.deepEqual(waits(0), [80, 160, 320, 640, 800, 800]);
  assert.deepEqual(waits(1), [120, 240, 480, 960, 1000, 1000]);
  const backoff = new Backoff({ firstMs: 100, longestMs: 1000 }, () => 0.5);
  for (let i = 0; i < 2000; i++) backoff.next();
  assert.equal(backoff.next(), 1000);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

test('the interface of the default route: lowest metric, IPv6 where IPv4 has none', () => {
  const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
  const route = (name: string, to: string, metric: number, mask = '00000000', flags = '0003'): string =>
    `${name}\t${to}\t010200C0\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0\n`;
  const none = '00000000000000000000000000000000';
  const six = `${none} 00 ${none} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth6\n${none} 00 ${none} 00 ${none} ffffffff 00000001 00000000 00200200 lo\n`;
  assert.equal(
    defaultInterface(head + route('wlan0', '00000000', 600) + route('eth0', '00000000', 100), six),
    'eth0',
  );
  assert.equal(defaultInterface(head + route('eth0', '000200C0', 0, '00FFFFFF'), six), 'eth6');
  assert.equal(defaultInterface(head, ''), undefined);
  assert.equal(defaultInterface(head + route('eth0', '00000000', 0, '00000000', '0200'), ''), undefined);
});
