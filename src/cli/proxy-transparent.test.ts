import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { proxyTransparent } from './proxy-transparent.ts';
import { UsageError } from './usage.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

for (const [args, message] of [
  [['now'], /takes no operands/],
  [['--mode', 'magic'], /--mode/],
  [['--rules-only'], /needs the interface/],
  [['--rules-only', '--interface', 'lan0" accept'], /no name of an interface/],
  [['--rules-only', '--interface', 'lan0', '--listen', 'lan0'], /--listen takes an address with a port/],
  [['--rules-only', '--interface', 'lan0', '--listen', ':0'], /--listen takes an address with a port/],
] as const) {
  test(`weir proxy transparent ${args.join(' ')}: wrong usage`, async () => {
    await assert.rejects(
      proxyTransparent(args),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}

test('the rules lead to the port of --listen, TLS only where it is looked into', () => {
  const print = (...args: readonly string[]): string => {
    const words = [MAIN, 'proxy', 'transparent', '--rules-only', '--interface', 'lan0', ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  assert.match(print(), /iifname "lan0" tcp dport \{ 80 \} redirect to :3129\n/);
  assert.doesNotMatch(print(), /443|udp|bridge/);
  const both = print('--intercept', '--mode', 'tproxy', '--listen', '192.0.2.1:8081');
  assert.match(both, /tcp dport \{ 80, 443 \} tproxy ip to :8081/);
  assert.match(both, /udp dport \{ 80, 443 \} reject/);
  assert.match(both, /# {3}sysctl -w net\.bridge\.bridge-nf-call-iptables=0/);
});
