import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matches, parseQuery, QUERY_FIELDS, QueryError, typesOf } from './index.ts';
import { fits, patternOf } from './pattern.ts';

const FLOW = {
  timestamp: '2026-11-21T02:24:33.000000+0000',
  event_type: 'flow',
  flow_id: 51374266,
  src_ip: '10.1.2.3',
  src_port: 55436,
  dest_ip: '2001:0db8:0000:0000:0000:0000:0000:0010',
  dest_port: 443,
  proto: 'TCP',
  app_proto: 'tls',
  vlan: [20],
  app: {
    protocol: 'TLS',
    application: 'YouTube',
    category: 'Media',
    name: 'WWW.Example.org',
    risks: ['Old TLS'],
  },
  flow: {
    bytes_toserver: 600_000,
    bytes_toclient: 400_001,
    pkts_toserver: 1,
    start: '2026-11-21T02:24:31.500000+0000',
    end: '2026-11-21T02:24:33.000000+0000',
    state: 'closed',
  },
};
const WAF = {
  event_type: 'waf',
  src_ip: '198.51.100.7',
  http: { hostname: 'shop.example.org', url: '/a(b)*c?q=1,2', http_user_agent: 'curl/8.0 "x"', status: 403 },
  waf: { rule_id: 942_100, severity: 'CRITICAL', message: 'SQL Injection', score: 5 },
};

function found(query: string): string {
  const condition = parseQuery(query);
  return [FLOW, WAF]
    .filter((record) => matches(condition, record))
    .map((one) => one.event_type)
    .join(' ');
}

const CASES: readonly (readonly [query: string, found: string])[] = [
  ['', 'flow waf'],
  ['  ', 'flow waf'],
  ['*', 'flow waf'],
  ['10.1.2.3 and port:443', 'flow'],
  ['10.1.2.3 and port:80', ''],
  ['address:10.0.0.0/8 app:YouTube bytes>1MB', 'flow'],
  ['bytes>1000001', ''],
  ['bytes>=1000001', 'flow'],
  ['bytes:1M-2MiB', 'flow'],
  ['bytes-up:600k', 'flow'],
  ['proto:tcp not name:*.example.com', 'flow'],
  ['proto:tcp not name:*.example.org', ''],
  ['not proto:tcp', 'waf'],
  ['proto!=tcp', 'waf'],
  ['!proto:tcp', 'waf'],
  ['! proto:tcp', 'waf'],
  ['ja4:t13d* or rule:942100', 'waf'],
  ['rule:942000-942999', 'waf'],
  ['type:waf severity<=2', 'waf'],
  ['severity <= critical', 'waf'],
  ['severity: "critical"', 'waf'],
  ['severity < 2', ''],
  ['2001:db8::10', 'flow'],
  ['2001:db8::/32', 'flow'],
  ['::/0', 'flow'],
  ['0.0.0.0/0', 'flow waf'],
  ['src:10.1.2.3', 'flow'],
  ['dst:10.1.2.3', ''],
  ['youtube', 'flow'],
  ['EXAMPLE.ORG', 'flow waf'],
  ['ex*le.o*g', 'flow waf'],
  ['"sql injection"', 'waf'],
  ['sql injection', 'waf'],
  ['sql not injection', ''],
  ['path:"/a(b)*c?q=1,2"', 'waf'],
  ['path:/a\\(b\\)\\*c?q=1\\,2', 'waf'],
  ['path:"/a(b)xc?q=1,2"', ''],
  ['path:/a*', 'waf'],
  ['agent:"curl/8.0 \\"x\\""', 'waf'],
  ['agent:curl/*" "*', 'waf'],
  ['port:80,443', 'flow'],
  ['status:*', 'waf'],
  ['not status:*', 'flow'],
  ['vlan:20', 'flow'],
  ['risk:*tls', 'flow'],
  ['duration:1.5s', 'flow'],
  ['duration>1500ms', ''],
  ['duration<1m', 'flow'],
  ['flow:51374266', 'flow'],
  ['port:443 or type:waf and status:404', 'flow'],
  ['(port:443 or type:waf) and status:403', 'waf'],
  ['not (port:443 or status:404)', 'waf'],
  ['port:443 || status:403', 'flow waf'],
  ['port:443 && status:403', ''],
  ['PROTOCOL:tls AND Port:443', 'flow'],
  ['name:""', ''],
];

const MISTAKES: readonly (readonly [query: string, column: number, words: RegExp])[] = [
  ['prt:443', 1, /no field 'prt'.*port:/],
  ['port:443 and', 13, /missing/],
  ['or port:443', 1, /both sides/],
  ['port:443 and and x', 14, /both sides/],
  ['port:abc', 6, /no number.*port:443/],
  ['port:80-20', 6, /port:20-80/],
  ['port:1k-x', 9, /'x' is no number/],
  ['port:', 6, /missing/],
  ['port: (80)', 7, /missing/],
  ['port:80,,443', 6, /comma/],
  ['severity:bad', 10, /none of emergency/],
  ['severity:constructor', 10, /no number/],
  ['source:nobody', 8, /no address/],
  ['name>3', 6, /no order/],
  ['bytes>1x', 7, /no number/],
  ['duration>5x', 10, /no time/],
  ['(port:443', 1, /no '\)'/],
  ['port:443)', 9, /no '\('/],
  ['()', 2, /missing/],
  ['name:"a', 6, /second one/],
  ['http://x/y', 1, /in quotes/],
  ['a\u0000b', 2, /control/],
  [`x${' x'.repeat(64)}`, 129, /more than 64/],
  ['port:1'.padEnd(2000, ',1'), 1025, /1024 characters/],
  [`port:1${',1'.repeat(64)}`, 134, /more than 64/],
  ['('.repeat(40), 34, /deeper than 32/],
  ['not '.repeat(40), 133, /deeper than 32/],
  ['name:a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a', 6, /stars/],
];

describe('a question', () => {
  for (const [query, expected] of CASES) {
    test(`${query} finds ${expected === '' ? 'nothing' : expected}`, () =>
      assert.equal(found(query), expected));
  }

  for (const [query, column, words] of MISTAKES) {
    test(`that is none says where and why: ${JSON.stringify(query.slice(0, 40))}`, () => {
      assert.throws(
        () => parseQuery(query),
        (error) => {
          assert.ok(error instanceof QueryError, String(error));
          assert.equal(error.column, column);
          assert.match(error.message, words);
          return true;
        },
      );
    });
  }

  test('of any characters is understood or refused with a column in it', () => {
    const pieces = fc.constantFrom(
      'port',
      'name',
      ':',
      '=',
      '!',
      '<',
      '>',
      '(',
      ')',
      '"',
      '\\',
      '*',
      ',',
      '-',
      ' ',
      'or',
      'not',
      '10.0.0.1/8',
      '2001::',
      '9',
      'k',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          try {
            const condition = parseQuery(text);
            assert.equal(typeof matches(condition, FLOW), 'boolean');
          } catch (error) {
            assert.ok(error instanceof QueryError, `${text}: ${error}`);
            assert.ok(error.column >= 1 && error.column <= text.length + 1, text);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('is held against records of any form', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('app', 'flow', 'dns', 'tls', 'http'), fc.jsonValue()),
        (record) => {
          assert.equal(
            typeof matches(parseQuery('name:a* or x or bytes>1 or duration>1 or ja4:*'), record),
            'boolean',
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('types that a question is about alone are known', () => {
  const types = (query: string): readonly string[] | undefined => {
    const found = typesOf(parseQuery(query));
    return found === undefined ? undefined : [...found].sort();
  };
  assert.deepEqual(types('type:DNS port:53'), ['dns']);
  assert.deepEqual(types('type:dns,tls and (x or y)'), ['dns', 'tls']);
  assert.deepEqual(types('type:dns,tls type:tls,http'), ['tls']);
  for (const query of [
    '',
    'port:53',
    'type:d*',
    'not type:dns',
    'type:dns or port:53',
    'type!=dns',
    'type:*',
  ]) {
    assert.equal(types(query), undefined, query);
  }
});

test('names of fields are one of a kind', () => {
  const names = QUERY_FIELDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
  for (const { examples } of QUERY_FIELDS) for (const example of examples) parseQuery(example);
});

test('a pattern fits as a regular expression would, and in linear time', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const value = fc.string({ unit: fc.constantFrom('a', 'b', 'B'), maxLength: 10 });
  fc.assert(
    fc.property(text, value, fc.boolean(), (pattern, over, anywhere) => {
      const characters = [...pattern].map((character) => ({ character, isLiteral: false }));
      const inner = pattern.replaceAll('*', '.*');
      const expected = new RegExp(anywhere ? inner : `^${inner}$`, 'is').test(over);
      assert.equal(fits(patternOf(characters, anywhere), over), expected, `${pattern} ${over}`);
    }),
    { numRuns: 3000 },
  );
  const hostile = patternOf(
    [...'*a*a*a*a*a*a*a*b'].map((character) => ({ character, isLiteral: false })),
    false,
  );
  // A search that went back would not end.
  assert.equal(fits(hostile, 'a'.repeat(1 << 20)), false);
});
