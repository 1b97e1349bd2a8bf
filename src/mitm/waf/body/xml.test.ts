import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml } from './xml.ts';

const LIMITS = { arguments: 100, depth: 64 };

/** As libmodsecurity 3.0.9 gives `XML:/*` and `XML://@*`. */
const READ: readonly [document: string, text: string, ...attributes: string[]][] = [
  ['<a>x<b>y</b>z</a>', 'xyz'],
  ['<a b="1" c=\'2\'>t<d e = "3" /></a>', 't', '1', '2', '3'],
  ['<a/>', ''],
  ['<?xml version="1.0"?><a> x </a>', ' x '],
  ['\xef\xbb\xbf<?xml version=\'1.0\' encoding="UTF-8" standalone="yes" ?>\n<a>t</a>', 't'],
  ['<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</a>', '<&>"\'A\xf0\x9f\x98\x80'],
  ['<a><![CDATA[<x>&amp;]]></a>', '<x>&amp;'],
  ['<a b="x&lt;y&#10;z"/>', '', 'x<y\nz'],
  ['<a b="x\ny\tz"/>', '', 'x y z'],
  ['<a b="&quot;&apos;>"/>', '', '"\'>'],
  ['<a xmlns="urn:x" xmlns:y="urn:y">t</a>', 't'],
  ['<x:a xmlns:x="urn:x" x:b="v">t</x:a>', 't', 'v'],
  ['<x:a>t</x:a>', 't'],
  ['<a><!-- c -->t<?pi x?><?p?></a>', 't'],
  [' <a/> <!-- c --> <?pi?> ', ''],
  ['<?xml version="1.0" encoding="ISO-8859-1"?><a b="\xe4">\xe4</a>', '\xc3\xa4', '\xc3\xa4'],
  ['<a>\xc3\xa4</a>', '\xc3\xa4'],
  ['<a>x\r\ny\rz</a>', 'x\ny\nz'],
  ['<a>a\n<b>c</b>\n</a>', 'a\nc\n'],
  ['<a >t</a >', 't'],
];

for (const [document, text, ...attributes] of READ) {
  test(`reads ${JSON.stringify(document)}`, () => {
    assert.deepEqual(parseXml(document, LIMITS), { text: [text], attributes });
  });
}

/** Refused by libmodsecurity 3.0.9 too, but for document types and encodings; `text` is what was read before. */
const REFUSED: readonly [document: string, error: RegExp, ...text: string[]][] = [
  ['', /no element \(line 1\)/],
  ['x', /outside of the root/],
  ['<a>', /<a> is never closed/, ''],
  ['<a>t\n<b>', /<b> is never closed \(line 2\)/, 't\n'],
  ['<a>x</a>y', /outside of the root/, 'x'],
  ['<a>x</a><b/>', /second root/, 'x'],
  ['<a>x<b></a></b>', /<\/a> closes <b>/, 'x'],
  ['</a>', /closes nothing/],
  ['<!DOCTYPE a><a>q</a>', /document types are refused/],
  ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /document types are refused/],
  ['<a><!ELEMENT a></a>', /document types are refused/, ''],
  ['<a>&u;</a>', /entity u is not defined/, ''],
  ['<a>&amp</a>', /begins no reference/, ''],
  ['<a>&</a>', /begins no reference/, ''],
  ['<a>&#0;</a>', /no place for/, ''],
  ['<a>&#xD800;</a>', /no place for/, ''],
  ['<a>&#x110000;</a>', /no place for/, ''],
  ['<a b=\'1\' b="2"/>', /b is there twice/, ''],
  ['<a b=1/>', /no quotes/, ''],
  ['<a b/>', /no value/, ''],
  ['<a b="1"c="2"/>', /<a> is broken/, ''],
  ['<a b="<"/>', /< stands in/, ''],
  ['<a b="x/>', /never closed/, ''],
  ['<a / >', /after its \//, ''],
  ['<-a/>', /name is missing/],
  ['< a/>', /name is missing/],
  ['<a>]]></a>', /\]\]> stands/, ''],
  ['<![CDATA[x]]><a/>', /outside of the root/],
  ['<a><![CDATA[x</a>', /never closed/, ''],
  ['<a><!-- -- --></a>', /-- stands/, ''],
  ['<a><!-- </a>', /never closed/, ''],
  ['<a>\x01</a>', /no place for/],
  ['<a>\xe4</a>', /no UTF-8/],
  ['<a>\xef\xbf\xbf</a>', /no place for/],
  ['\xff\xfe<\0a\0/\0>\0', /no UTF-8/],
  ['<?xml version="1.0" encoding="UTF-16"?><a/>', /utf-16 is not read/],
  [' <?xml version="1.0"?><a/>', /not at the start/],
  ['<?xml version="2.0"?><a/>', /not at the start, or is broken/],
];

for (const [document, error, ...text] of REFUSED) {
  test(`refuses ${JSON.stringify(document)}`, () => {
    const body = parseXml(document, LIMITS);
    assert.match(body.error ?? '', error);
    assert.deepEqual(body.text, text);
  });
}

test('what is too deep or too much is refused', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  assert.equal(parseXml(nested(64), LIMITS).error, undefined);
  assert.match(parseXml(nested(65), LIMITS).error ?? '', /deeper than 64/);
  const many = Array.from({ length: 101 }, (_, i) => `a${i}="1"`).join(' ');
  const body = parseXml(`<a ${many}/>`, LIMITS);
  assert.match(body.error ?? '', /more than 100 attributes/);
  assert.equal(body.attributes.length, 100);
});

test('large documents take no long time', () => {
  const pieces = [
    '<b/>',
    'x<b/>',
    '<b>x</b>',
    '&amp;',
    '<!---->',
    'x\n',
    ']]',
    '<![CDATA[x]]>',
    '<?p?>',
    '\r',
  ];
  const from = performance.now();
  for (const piece of pieces) {
    const body = parseXml(`<a>${piece.repeat((1 << 20) / piece.length)}</a>`, LIMITS);
    assert.equal(body.error, undefined, piece);
  }
  // Each piece takes some 100 ms; anything quadratic takes minutes.
  assert.ok(performance.now() - from < 10_000);
});

test('any bytes: an answer, never an exception', () => {
  const pieces = [
    '<',
    '>',
    '/',
    '<a',
    '<a>',
    '</a>',
    '<b/>',
    '=',
    '"',
    "'",
    ' ',
    '&',
    '&lt;',
    '&#',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<?xml',
    '<!',
    'a',
    '\n',
    '\xe4',
    '\0',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      const { text, attributes, error } = parseXml(parts.join(''), LIMITS);
      assert.ok(text.length <= 1 && attributes.length <= 15);
      assert.notEqual(error, '');
    }),
    { numRuns: 3000 },
  );
});

test('texts and values come out as they went in', () => {
  const escaped = (text: string): string =>
    text.replace(/[<>&"'\t\n]/g, (character) => `&#${character.charCodeAt(0)};`);
  const plain = fc.string({
    unit: fc.constantFrom(...'ab <>&"\'\t\n;]=/\xc3'.split('').map((c) => (c === '\xc3' ? '\xc3\xa4' : c))),
  });
  fc.assert(
    fc.property(plain, plain, plain, (text, value, inner) => {
      const document = `<a v="${escaped(value)}">${escaped(text)}<b>${escaped(inner)}</b></a>`;
      assert.deepEqual(parseXml(document, LIMITS), { text: [text + inner], attributes: [value] });
    }),
  );
});
