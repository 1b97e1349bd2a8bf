import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPRESSIONS } from './filter-cases.ts';
import { compileFilter, FilterError, parseFilter } from './index.ts';

/** What is refused: the expression, the column and a piece of what is said. */
const MISTAKES: readonly (readonly [expression: string, column: number, reason: string])[] = [
  ['host example.org', 6, 'host names are not resolved'],
  ['host', 5, 'missing'],
  ['host 1.2.3.256', 6, 'not an IPv4 address'],
  ['host 1.2.3.4.5', 6, 'not an IPv4 address'],
  ['host 1::2::3', 6, 'not an IPv6 address'],
  ['host )', 6, 'missing'],
  ['net 300', 5, 'beginning of an IPv4 address'],
  ['net 10.1.2.3/16', 5, 'beyond its mask'],
  ['net 10.1.2.3 mask 255.255.0.0', 5, 'beyond its mask'],
  ['net 2001:db8::1/32', 5, 'beyond its mask'],
  ['net 1.2.0.0/33', 13, 'at most 32'],
  ['net ::/129', 8, 'at most 128'],
  ['net ::/x', 8, 'prefix length'],
  ['net :: mask 255.0.0.0', 13, 'IPv4 mask'],
  ['port 99999', 6, 'above 65535'],
  ['port nosuch', 6, 'not a known port'],
  ['port 80-90', 6, 'portrange'],
  ['portrange 80-nosuch', 14, 'not a known port'],
  ['port toString', 6, 'not a known port'],
  ['ip port 80', 1, 'has no ports'],
  ['icmp port 5', 1, 'has no ports'],
  ['tcp 80', 5, "'tcp port 80'"],
  ['80', 1, "'port'"],
  ['tcp host 1.2.3.4', 1, 'tcp and host'],
  ['ip host ::1', 9, 'IPv6'],
  ['ip6 net 10', 9, 'IPv4'],
  ['ether net 10', 11, 'not nets'],
  ['ether host 1.2.3.4', 12, 'not a hardware address'],
  ['host 00:11:22:33:44:55', 6, "'ether'"],
  ['ether', 6, "after 'ether'"],
  ['gateway snup', 1, 'ether host'],
  ['ip gateway 1.2.3.4', 4, 'ether host'],
  ['ip protochain 6', 4, 'ip proto'],
  ['inbound', 1, 'not recorded'],
  ['ip broadcast mask 255.0.0.0', 14, 'takes no mask'],
  ['ip6 broadcast', 5, 'has no broadcast'],
  ['arp multicast', 5, 'has no multicast'],
  ['arp proto 5', 1, 'holds no other protocol'],
  ['ip proto 300', 10, 'at most 255'],
  ['ether proto 70000', 13, 'at most 65535'],
  ['ip proto nosuch', 10, 'not a known protocol'],
  ['src proto 6', 1, 'no source'],
  ['vlan 5000', 6, 'up to 4095'],
  ['mpls 1048576', 6, 'up to 1048575'],
  ['mpls and arp', 10, 'only IPv4 and IPv6'],
  ['mpls and vlan', 10, 'no vlan tag'],
  ['pppoes and mpls', 12, 'no mpls label'],
  ['less many', 6, 'length'],
  ['tcp and', 8, 'too early'],
  ['and tcp', 1, 'joins nothing'],
  ['tcp or and udp', 8, 'joins nothing'],
  ['(tcp', 5, "')' is missing"],
  ['tcp)', 4, 'closes nothing'],
  ['tcp udp', 5, "'and' or 'or'"],
  ['tcp[', 5, 'missing at the end'],
  ['tcp[0', 6, "']' is missing"],
  ['tcp[0:3] = 1', 7, '1, 2 or 4'],
  ['tcp[0]', 7, 'comparison'],
  ['tcp[0] = ', 10, 'missing at the end'],
  ['tcp[nosuch] = 1', 5, 'not a value'],
  ['esp[0] = 1', 1, 'has no bytes'],
  ['len / 0 = 1', 5, 'division by zero'],
  ['len % 0 = 1', 5, 'division by zero'],
  ['len << 32 = 1', 5, '31 bits'],
  ['len > 4294967296', 7, '32 bits'],
  ['tcp # comment', 5, 'no meaning'],
  ['tcp; rm', 4, 'no meaning'],
];

test('mistakes are named with their column', () => {
  for (const [expression, column, reason] of MISTAKES) {
    assert.throws(
      () => compileFilter(expression),
      (error) => {
        assert.ok(error instanceof FilterError, `${expression}: ${String(error)}`);
        assert.ok(error.reason.includes(reason), `${expression}: ${error.reason}`);
        assert.equal(error.column, column, `${expression}: ${error.message}`);
        return true;
      },
      expression,
    );
  }
});

test('an error shows the place', () => {
  assert.throws(() => compileFilter('tcp and host nowhere'), {
    message:
      "filter: host names are not resolved: write the address instead of 'nowhere' (column 14)\n" +
      '  tcp and host nowhere\n' +
      '               ^',
  });
  const long = `${'tcp or '.repeat(100)}host x or udp`;
  assert.throws(
    () => compileFilter(long),
    (error) => {
      const [, line, caret] = (error as FilterError).message.split('\n');
      return line !== undefined && line.length < 140 && line[(caret as string).indexOf('^')] === 'x';
    },
  );
});

test('what tcpdump refuses or reads otherwise is taken in its evident meaning', () => {
  const same = (written: string, meant: string) =>
    assert.deepEqual(compileFilter(written).bpf(), compileFilter(meant).bpf(), written);
  same('10.0.0.1', 'host 10.0.0.1');
  same('tcp and 10.0.0.1', 'tcp and host 10.0.0.1');
  same('dst 10.0.0.0/8', 'dst net 10.0.0.0/8');
  same('net 10/8', 'net 10.0.0.0/8');
  same('net 10/8 or 11/8', 'net 10.0.0.0/8 or net 11.0.0.0/8');
  same('ip proto tcp', 'ip proto 6');
  same('ether proto arp', 'arp');
  same('len-20 > 5', 'len - 20 > 5');
});

test('qualifiers are taken over, the words bind as in libpcap', () => {
  const kinds = (expression: string) =>
    JSON.stringify(parseFilter(expression), (key, value) => (key === 'column' ? undefined : value));
  assert.equal(kinds('tcp port 80 or 443'), kinds('tcp port 80 or tcp port 443'));
  assert.equal(kinds('src host 1.1.1.1 or not 2.2.2.2'), kinds('src host 1.1.1.1 or not src host 2.2.2.2'));
  assert.equal(kinds('ip or tcp and udp'), kinds('(ip or tcp) and udp'));
  assert.equal(kinds('not ip and tcp'), kinds('(not ip) and tcp'));
  assert.equal(parseFilter('   '), undefined);
  const list = parseFilter(
    `host 10.0.0.0${Array.from({ length: 3000 }, (_, i) => ` or 10.0.${i >> 8}.${i & 255}`).join('')}`,
  );
  assert.equal(list?.kind === 'or' && list.parts.length, 3001);
});

test('nesting and length are bounded', () => {
  const deep = (levels: number) => `${'('.repeat(levels)}tcp${')'.repeat(levels)}`;
  assert.doesNotThrow(() => compileFilter(deep(150)).bpf());
  for (const expression of [
    deep(5000),
    `${'not '.repeat(5000)}tcp`,
    `${'tcp or udp and '.repeat(500)}tcp`,
    `${'ip['.repeat(5000)}0${']'.repeat(5000)} = 0`,
    `${'('.repeat(5000)}1`,
    `len = ${'1 + '.repeat(5000)}1`,
    `len = ${'-'.repeat(5000)}1`,
    'a'.repeat(70000),
    '( '.repeat(17000),
  ])
    assert.throws(() => compileFilter(expression), FilterError);
  const many = compileFilter(`host 10.0.0.0${' or 10.0.0.1'.repeat(1000)}`);
  assert.throws(() => many.bpf(), FilterError);
});

test('no text makes the compiler throw anything but its own error', () => {
  const words = [...new Set(EXPRESSIONS.join(' ').split(/\s+/))];
  let seed = 7;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  for (let round = 0; round < 3000; round++) {
    const picked = Array.from({ length: 1 + random(8) }, () => words[random(words.length)] as string);
    let expression = picked.join(' ');
    if (round % 3 === 0) expression = expression.slice(0, random(expression.length + 1));
    try {
      compileFilter(expression).bpf();
    } catch (error) {
      assert.ok(error instanceof FilterError, `${expression}: ${String(error)}`);
      assert.ok(error.column >= 1 && error.column <= expression.length + 1, expression);
    }
  }
});

test('a decoded packet of a link layer without a fixed header', () => {
  const bytes = Buffer.from('4500001c000000004011000001010101020202020035d9030008000000', 'hex');
  const packet = {
    bytes,
    frameStart: 0,
    frameEnd: bytes.length,
    original: bytes.length,
    linkType: 127,
    mac: -1,
    etherType: 0x800,
    ipVersion: 4,
    ipStart: 0,
  };
  assert.equal(compileFilter('udp port 53 and host 1.1.1.1').matches(packet), true);
  assert.equal(compileFilter('tcp or ip6 or arp').matches(packet), false);
  assert.equal(compileFilter('ether broadcast').matches(packet), false);
});
