import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EVENT, QUEUE, ScenarioEvent } from '../event.ts';
import { FUNCTIONS } from '../functions/index.ts';
import { PatternError } from '../pattern/index.ts';
import { ANY, compileExpression, EvaluationError, ExpressionError, Frame } from './index.ts';

function eventAt(timeUs: number, meta: Record<string, string> = {}): ScenarioEvent {
  return new ScenarioEvent({
    timeUs,
    kind: 'http_request',
    address: '192.0.2.1',
    target: '198.51.100.2',
    meta: { http_path: '/a/../etc/passwd', http_status: '404', service: 'http', ...meta },
    parsed: { bytes: 1500, verb: 'GET', file_name: 'x.php', ok: true },
    record: { timestamp: '', event_type: 'http', http: { status: 404, hosts: ['a', 'b'] } },
  });
}

const EVENT_US = Date.UTC(2026, 0, 3, 22, 30) * 1000;

function run(text: string): unknown {
  const environment = {
    names: {
      evt: { type: EVENT, read: (frame: Frame) => frame.evt },
      queue: { type: QUEUE, read: (frame: Frame) => frame.queue },
    },
    functions: FUNCTIONS,
    dataFile: (name: string) => (name === 'words.txt' ? undefined : `the data file ${name} is missing`),
  };
  const program = compileExpression(text, environment, ANY);
  const stash = new Map<string, string>();
  const frame = new Frame({
    decisions: ({ value, sinceUs, active }) => (active ? 1 : sinceUs === undefined ? value.length : 2),
    stash: {
      set: (name, key, value) => stash.set(name + key, value),
      get: (name, key) => stash.get(name + key) ?? '',
    },
    hostname: 'sensor',
  });
  frame.evt = eventAt(EVENT_US);
  frame.timeUs = EVENT_US;
  const queue = [0, 60, 600].map((s) => eventAt(EVENT_US + s * 1e6, { n: String(s) }));
  frame.queue = { key: '', count: 3, firstUs: 0, lastUs: 0, queue };
  frame.data = { lines: () => ['etc', 'PASSWD'], matches: (subject) => subject.includes('etc') };
  frame.begin();
  return program.run(frame);
}

const RESULTS: readonly (readonly [string, unknown])[] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3 - -1', 10],
  ['2 ** 3 ** 2', 512],
  ['7 / 2', 3.5],
  ['7 % 4', 3],
  ['0x1F + 0b11 + 1_000 + .5 + 1e2', 1134.5],
  ['not true || false or 1 == 1', true],
  ['true && !false and 2 >= 2', true],
  ['"a" + \'b\' + `\\c`', 'ab\\c'],
  ['"\\u0041\\x42\\103\\n" == "ABC\n"', true],
  ['"abc" contains "b" && "abc" startsWith "a" && "abc" endsWith "c"', true],
  ['"abc" not contains "z"', true],
  ['2 in [1, 2] && "x" not in ["y"]', true],
  ['"k" in {k: 1, "l": 2}', true],
  ['1..4', [1, 2, 3, 4]],
  ['[1, 2, 3][-1] + [1, 2, 3][0]', 4],
  ['[1, 2, 3, 4][1:3]', [2, 3]],
  ['"hello"[:2] + "hello"[-2:]', 'helo'],
  ['{a: {b: 2}}.a.b', 2],
  ['{a: 1}.zzz ?? 5', 5],
  ['nil?.a.b ?? "none"', 'none'],
  ['1 > 2 ? "x" : 2 > 1 ? "y" : "z"', 'y'],
  ['if 1 > 2 { "x" } else if true { "y" } else { "z" }', 'y'],
  ['let x = 2; let y = x * 3; x + y', 8],
  ['[1, 2, 3] | filter(# > 1) | map({# * 2}) | sum()', 10],
  ['all(1..3, {# > 0}) && none(1..3, {# > 3}) && one(1..3, {# == 2})', true],
  ['count(1..9, {# % 2 == 0}) + count([true, false])', 5],
  ['find(1..9, {# > 4}) + findIndex(1..9, {# > 4}) + findLast(1..9, # < 3) + findLastIndex(1..3, # > 0)', 13],
  ['reduce(1..4, {#acc + #}, 10)', 20],
  ['sortBy([{n: 2}, {n: 1}], .n)[0].n', 1],
  ['groupBy(1..4, {# % 2 == 0 ? "even" : "odd"}).even', [2, 4]],
  ['countBy(["a", "b", "a"], #).a', 2],
  ['map(["a", "b"], {#index})', [0, 1]],
  ['sort([3, 1, 2], "desc") == [3, 2, 1]', true],
  ['len("héé") + len([1]) + len({a: 1})', 5],
  ['first([7, 8]) + last([7, 8])', 15],
  ['min(3, 1, 2) + max([4, 9])', 10],
  ['int("12") + float("1.5") + abs(-2)', 15.5],
  ['string(1.5) + string(3) + string(true)', '1.53true'],
  ['trim("  a ") + upper("b") + join(split("a,b", ","), "-")', 'aBa-b'],
  ['keys({b: 1, a: 2}) == ["b", "a"] && values({b: 1}) == [1]', true],
  ['concat([1], [2]) == flatten([[1], [[2]]])', true],
  ['duration("1h30m").Minutes()', 90],
  ['date("2026-01-03") < now() && now() - duration("1h") < now()', true],
  ['evt.Meta.log_type + evt.Meta.source_ip + evt.Meta.target_ip', 'http_request192.0.2.1198.51.100.2'],
  ['evt.Meta.nothing == "" && evt.Meta.constructor == "" && evt.Parsed.toString == ""', true],
  ['evt.Meta["http_status"] in ["404", "403"]', true],
  ['evt.Parsed.bytes > 1000 && evt.Parsed.bytes == 1500 && evt.Parsed.bytes == "1500"', true],
  ['Upper(evt.Parsed.verb) + evt.Parsed.bytes', 'GET1500'],
  ['evt.Unmarshaled.record.http.status == 404 && evt.Unmarshaled.bytes == 1500', true],
  ['evt.Unmarshaled.record["http"].hosts[1]', 'b'],
  ['evt.GetType() == "log" && evt.Type == "log" && evt.GetMeta("service") == "http"', true],
  ['evt.Overflow.Alert.Source.IP == "" && !evt.Overflow.Alert.Remediation', true],
  ['evt.Time.Hour() == 22 && evt.Time.Weekday().String() == "Saturday"', true],
  ['evt.Line.Labels.type', 'http'],
  ['KeyExists("http_path", evt.Meta) && !KeyExists("z", evt.Meta)', true],
  ['any(File("words.txt"), {evt.Meta.http_path contains #})', true],
  ['any(File("words.txt"), {Upper(evt.Meta.http_path) contains Upper(#)})', true],
  ['RegexpInFile(evt.Meta.http_path, "words.txt")', true],
  ["evt.Meta.http_path matches '^/[a-z]/\\\\.\\\\./etc'", true],
  ['"A1" matches "(?i)^a" + "\\\\d"', true],
  ['IpInRange(evt.Meta.source_ip, "192.0.2.0/24") && !IpInRange("::1", "192.0.2.0/24")', true],
  ['IpToRange("2001:db8::1", "/32") + IpToRange("192.0.2.77", "24")', '2001:db8::/32192.0.2.0/24'],
  ['IsIPV6("::1") && IsIPV4("192.0.2.1") && IsIP("::") && !IsIP("x")', true],
  ['Sprintf("%s-%d-%05.1f-%v-%%|%3s|%-3s|", "a", 7, 1.25, true, "b", "c")', 'a-7-001.3-true-%|  b|c  |'],
  ['PathUnescape("%2e%2E/a+b") + QueryUnescape("a+b%21") + PathUnescape("%zz")', '../a+ba b!%zz'],
  ['QueryEscape("a b&c") + PathEscape("a b&c")', 'a+b%26ca%20b&c'],
  ['ParseUri("/x?a=1&a=2&b")["a"] == ["1", "2"]', true],
  ['JsonExtract(\'{"a": {"b": [1, {"c": "x"}]}}\', "a.b[1].c")', 'x'],
  ['B64Decode("aGk=") + toBase64("hi")', 'hiaGk='],
  ['Atof("1.5") + Atof("nonsense") + ToInt("3.9")', 4.5],
  ['Distance("48.85", "2.35", "51.5", "-0.12") > 300', true],
  ['Match("*.ph?", evt.Parsed.file_name) && !Match("a*b", "acd")', true],
  ['SplitN("a.b.c", ".", 2) == ["a", "b.c"] && Fields(" a  b ") == ["a", "b"]', true],
  ['Replace("aaa", "a", "b", 2) + ReplaceAll("aa", "a", "c") + TrimPrefix("xy", "x")', 'bbaccy'],
  ['TimeNow()', '2026-01-03T22:30:00Z'],
  ['SetInStash("c", "k", "v", duration("1m")) == nil && GetFromStash("c", "k") == "v"', true],
  ['GetDecisionsCount("ab") + GetDecisionsSinceCount("ab", "24h") + GetActiveDecisionsCount("x")', 5],
  ['Hostname() + ToString("a") + ToString(1)', 'sensora'],
  ['len(queue.Queue) >= 2 and queue.Queue[-1].Meta.n == "600"', true],
  ['any(queue.Queue, {.Meta.n == "60"}) && !any(queue.Queue, { .Meta.n == "61" })', true],
  ['MedianInterval(map(queue.Queue[-3:], {#.Time})) == duration("5m")', true],
  ['let late = filter(queue.Queue, {.Meta.n != "0"}); len(late) == 2 && late[0].Meta.n == "60"', true],
  ['(queue.Queue[1].Time - queue.Queue[0].Time).Seconds()', 60],
  ['first(queue.Queue).Meta.n + last(queue.Queue).Meta.n', '0600'],
  ['any([1, 2], {let t = #; any([2, 3], {# == t})})', true],
  ['Distinct(map(queue.Queue, {.Meta.service}))', ['http']],
];

test('expressions give what the expr language and CrowdSec give', () => {
  for (const [text, expected] of RESULTS) assert.deepEqual(run(text), expected, text);
});

const MISTAKES: readonly (readonly [string, RegExp, number, number])[] = [
  ['', /empty/, 1, 1],
  ['1 +', /the end is not expected/, 1, 4],
  ['(1', /\) is expected here, and not the end/, 1, 3],
  ['evt.Meta.x ==\n  Uper("a")', /there is no function Uper; did you mean Upper\?/, 2, 3],
  ['evnt.Meta.x', /there is no evnt; did you mean evt\?/, 1, 1],
  ['evt.Meat.x', /evt has no Meat; did you mean Meta\?/, 1, 4],
  ['evt.GetTyp()', /evt has no method GetTyp; did you mean GetType\?/, 1, 4],
  ['evt.GetType', /GetType is called: GetType\(\)/, 1, 4],
  ['evt.Time > 5', /> cannot stand between time and number/, 1, 10],
  ['evt.Meta.x == 5', /== cannot stand between text and number/, 1, 12],
  ['evt.Meta.x && true', /and cannot stand between text and boolean/, 1, 12],
  ['not evt.Meta.x', /boolean is wanted here, and not text/, 1, 13],
  ['Upper(1)', /text is wanted here, and not number/, 1, 7],
  ['Upper("a", "b")', /Upper takes 1 values, and not 2/, 1, 1],
  ['any([1], {"x"})', /any asks for a condition/, 1, 1],
  ['any([1])', /any takes a list and a condition in braces/, 1, 8],
  ['# > 1', /# stands outside/, 1, 1],
  ['"a" matches "(a"', /a group that is not closed/, 1, 13],
  ['"a" matches "(?=a)"', /look-around/, 1, 13],
  ['"\\.a"', /there is no escape \\\./, 1, 2],
  ['"open', /not closed/, 1, 1],
  ['a ~ b', /the character "~" here/, 1, 3],
  ['File("other.txt")', /the data file other\.txt is missing/, 1, 1],
  ['LookupHost("x")', /LookupHost is not available: it asks the network/, 1, 1],
  ['XMLGetNodeValue("a", "b")', /XML is not read/, 1, 1],
  ['IpInRange("1.2.3.4", "1.2.3.4/99")', /is no network/, 1, 1],
  ['duration("x")', /is no duration/, 1, 1],
  ['let evt = 1; 2', /evt is there already/, 1, 1],
  ['1 2', /2 is not expected here/, 1, 3],
];

test('mistakes are told with line and column', () => {
  for (const [text, message, line, column] of MISTAKES) {
    assert.throws(
      () => run(text),
      (error) => {
        assert.ok(error instanceof ExpressionError, `${text}: ${String(error)}`);
        assert.match(error.message, message, text);
        assert.deepEqual([error.line, error.column], [line, column], text);
        return true;
      },
    );
  }
});

test('what values do not allow fails the evaluation', () => {
  const wrong = [
    'evt.Unmarshaled.record.nothing.more == 1',
    'evt.Unmarshaled.record.http.hosts[7] == ""',
    'evt.Parsed.verb > 5',
    'Upper(evt.Unmarshaled.record.http.status)',
    '[1][3]',
    '1 % 0',
    'fromJSON(evt.Meta.service)',
    'count(1..100000, {any(1..100000, {# < 0})})',
    '1..1000000',
    'reduce(1..60, {#acc + #acc}, "0123456789")',
  ];
  for (const text of wrong) assert.throws(() => run(text), EvaluationError, text);
});

test('expressions are bounded in depth and length', () => {
  assert.throws(() => run(`${'('.repeat(200)}1${')'.repeat(200)}`), /nested deeper than 100/);
  assert.throws(() => run(`1${' + 1'.repeat(3000)}`), /more than 1500 operators/);
  assert.throws(() => run('1 + '.repeat(10_000)), /longer than/);
  assert.equal(run(`1${' + 1'.repeat(1000)}`), 1001);
});

test('no text makes the compiler fail in another way', () => {
  const piece = fc.constantFrom(
    ...[
      'evt',
      '.Meta',
      '.x',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '#',
      'any',
      ',',
      '"a"',
      "'b'",
      '1',
      '..',
      '|',
      '?',
      ':',
    ],
    ...[
      ' in ',
      ' matches ',
      ' not ',
      '??',
      '?.',
      '==',
      '&&',
      'let ',
      '=',
      ';',
      'Upper',
      'filter',
      '-',
      ' + ',
      '.',
    ],
  );
  const text = fc.oneof(
    fc.array(piece, { maxLength: 24 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(text, (source) => {
      try {
        run(source);
      } catch (error) {
        const isTold = [ExpressionError, EvaluationError, PatternError].some((kind) => error instanceof kind);
        assert.ok(isTold, `${source}: ${String(error)}`);
      }
    }),
    { numRuns: 3000 },
  );
});
