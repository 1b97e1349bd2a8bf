import type { SemanticsRequest } from '../../../src/mitm/waf/engine/semantics-case.ts';
import type { Random } from '../../fuzz/random.ts';

/** Variables whose members libmodsecurity and we see in the same way: cases beside the engine tell of others. */
const TARGETS = [
  'ARGS',
  'ARGS:a',
  'ARGS:B',
  'ARGS:/^[ab]/',
  'ARGS_NAMES',
  'ARGS_GET',
  'ARGS_POST',
  'ARGS_POST_NAMES',
  'ARGS_GET_NAMES',
  'REQUEST_HEADERS',
  'REQUEST_HEADERS:Cookie',
  'REQUEST_HEADERS:/^x-/',
  'REQUEST_HEADERS_NAMES',
  'REQUEST_COOKIES',
  'REQUEST_COOKIES_NAMES',
  'REQUEST_COOKIES:c',
  'REQUEST_URI',
  'REQUEST_URI_RAW',
  'REQUEST_FILENAME',
  'REQUEST_BASENAME',
  'QUERY_STRING',
  'REQUEST_LINE',
  'REQUEST_METHOD',
  'REQUEST_PROTOCOL',
  'PATH_INFO',
  'SERVER_NAME',
  'REMOTE_ADDR',
  'FILES',
  'FILES_NAMES',
  'MULTIPART_FILENAME',
  'MULTIPART_NAME',
  'XML:/*',
  'XML://@*',
  'AUTH_TYPE',
  'REMOTE_USER',
  'TX:t',
  'TX',
  'RESPONSE_BODY',
  'RESPONSE_STATUS',
  '&ARGS',
  '&REQUEST_HEADERS',
  '&ARGS:a',
  '&REQUEST_COOKIES',
  '&TX:t',
  '&FILES',
] as const;
const EXCLUSIONS = ['!ARGS:a', '!REQUEST_HEADERS:User-Agent', '!REQUEST_COOKIES:c', '!ARGS_NAMES'] as const;
const OPERATORS = [
  '@rx a',
  '@rx ^[ab1]+$',
  '@rx (?i)SEL(e)ct',
  '@rx ^$',
  String.raw`@rx \.\.`,
  '@contains a',
  '@contains ..',
  '@streq 1',
  '@streq a',
  '@beginsWith /',
  '@beginsWith a',
  '@endsWith b',
  '@endsWith 1',
  '@eq 0',
  '@eq 1',
  '@gt 1',
  '@ge 2',
  '@lt 2',
  '@le 0',
  '@within a b 1 GET POST HTTP/1.1',
  '@pm select union a1',
  '@unconditionalMatch',
  '@validateByteRange 32-126',
  '@validateUrlEncoding',
  '@validateUtf8Encoding',
  '@containsWord select',
  '@strmatch sel',
  '@detectSQLi',
  '@detectXSS',
  '@ipMatch 192.0.2.0/24',
] as const;
/** Their other differences are those of transformations.test.ts. */
const TRANSFORMATIONS = [
  'none',
  'lowercase',
  'urlDecode',
  'urlDecodeUni',
  'htmlEntityDecode',
  'trim',
  'removeWhitespace',
  'compressWhitespace',
  'length',
  'base64Decode',
  'hexEncode',
  'normalizePath',
  'replaceComments',
  'removeNulls',
  'jsDecode',
  'cmdLine',
  'md5',
  'utf8toUnicode',
  'uppercase',
] as const;
const VALUES = [
  '1',
  'a',
  'b',
  'a1',
  'aB',
  '',
  '%41',
  '%2541',
  '+a+',
  'sel%20ect',
  'SELECT+1+UNION',
  '1%27%20or%20%271%27=%271',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '../../etc/passwd',
  '%00',
  '%ff%fe',
  '%zz',
  '/*x*/a',
  '&amp;',
  'YQ==',
  String.raw`\u0061`,
  'a%0ab',
  '%c3%a9',
] as const;
const NAMES = ['a', 'b', 'B', 'ab', 'A', 'c', '', 'x[1]', 'a.b'] as const;
const PATHS = ['', 'a', 'a/b', 'a%2fb', 'a//b/../c', 'index.php'] as const;

/** Rules of phases 1 and 2 with identifiers from `firstId` on, each on its own, each logging. */
export function randomRules(random: Random, count: number, firstId: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const targets = Array.from({ length: 1 + random.small(3) }, () => random.pick<string>(TARGETS));
    if (random.once(4)) targets.push(random.pick(EXCLUSIONS));
    const operator = `${random.once(5) ? '!' : ''}${random.pick(OPERATORS)}`;
    const chain = Array.from({ length: random.small(3) }, () => `,t:${random.pick(TRANSFORMATIONS)}`).join(
      '',
    );
    const actions = `id:${firstId + i},phase:${1 + random.below(2)},pass,log,msg:'x',t:none${chain}`;
    return `SecRule ${targets.join('|')} "${operator}" "${actions}"`;
  });
}

/** A request: without a body, or with a form, parts or plain text. */
export function randomRequest(random: Random): SemanticsRequest {
  const headers: [string, string][] = [['User-Agent', 'Mozilla']];
  if (random.once(2))
    headers.push(['Cookie', `c=${random.pick(VALUES)}; d=1${random.once(3) ? '; c=a' : ''}`]);
  if (random.once(3)) headers.push(['X-A', random.pick(['a', '1', 'SELECT'])]);
  if (random.once(6)) headers.push(['Authorization', 'Basic YTpi']);
  const query = form(random);
  const uri = `/${random.pick(PATHS)}${query === '' ? '' : `?${query}`}`;
  switch (random.below(6)) {
    case 1:
    case 2:
      headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
      return { uri, method: 'POST', headers, body: form(random) };
    case 3:
      headers.push(['Content-Type', 'multipart/form-data; boundary=xx']);
      return { uri, method: 'POST', headers, body: parts(random) };
    case 4:
      headers.push(['Content-Type', 'text/plain']);
      return { uri, method: 'POST', headers, body: 'a=1' };
    default:
      return { uri, headers };
  }
}

function form(random: Random): string {
  const pair = (): string => `${random.pick(NAMES)}${random.once(8) ? '' : '='}${random.pick(VALUES)}`;
  return Array.from({ length: random.small(5) }, pair).join(random.once(10) ? ';' : '&');
}

function parts(random: Random): string {
  const disposition = 'Content-Disposition: form-data; name=';
  const field = `--xx\r\n${disposition}"${random.pick(['a', 'b'])}"\r\n\r\n${random.pick(VALUES)}\r\n`;
  const file = `--xx\r\n${disposition}"f"; filename="${random.pick(['a', 'b1'])}"\r\nContent-Type: text/plain\r\n\r\nabc\r\n`;
  return `${field}${file}--xx--\r\n`;
}
