/** How much of a text is looked at for its type. */
const LOOK = 2048;

/** Interpreters in the first line of a script and the types they mean. */
const INTERPRETERS: readonly (readonly [name: RegExp, mime: string])[] = [
  [/^(?:ba|tc|c|z|fa|ae|k|da)?sh/, 'text/x-shellscript'],
  [/^perl/, 'text/x-perl'],
  [/^ruby/, 'text/x-ruby'],
  [/^python/, 'text/x-python'],
  [/^[gn]?awk/, 'text/x-awk'],
  [/^(?:wish|tcl)/, 'text/x-tcl'],
  [/^lua/, 'text/x-lua'],
  [/^node/, 'application/javascript'],
  [/^php/, 'text/x-php'],
];

/** First element of a document and the type it means, compared in lower case. */
const ELEMENTS: readonly (readonly [element: RegExp, mime: string])[] = [
  [/^<(?:!doctype +html|html|meta +http-equiv|head|title|body)/, 'text/html'],
  [/^<!doctype +cross-domain-policy/, 'text/x-cross-domain-policy'],
  [/^<cross-domain-policy/, 'text/x-cross-domain-policy'],
  [/^<rss[^>]{0,1000}xmlns:atom/, 'text/atom'],
  [/^<feed[^>]{0,1000}xmlns=["']?http:\/\/www\.w3\.org\/2005\/atom/, 'text/atom'],
  [/^<rss/, 'text/rss'],
  [/^<soap(?:-env)?:envelope/, 'application/soap+xml'],
  [/^<methodresponse>/, 'application/xml-rpc'],
  [/^<manifest[\r\n\t ]+xmlns="http:\/\/ns\.adobe\.com\/f4m\//, 'application/f4m'],
  [/^<jnlp /, 'application/x-java-jnlp-file'],
  [/^<script[\t ]+(?:type|language)=['"]?(?:text\/)?javascript/, 'application/javascript'],
  [/^<script>[\r\n\t ]*(?:var|function) /, 'application/javascript'],
];

const STARTS: readonly (readonly [start: RegExp, mime: string])[] = [
  [/^MIME-Version:.{0,1000}protocol="application\/pkcs7-signature"/s, 'application/pkcs7-signature'],
  [
    /^(?:\(function\(\)[\t\n ]*\{|[\r\n\t ]*for \(;;\);|[\r\n\t ]*document\.write(?:ln)?[\t ]?\()/,
    'application/javascript',
  ],
  [/^(?:Return-Path|Delivered-To|Received|Relay-Version):/i, 'message/rfc822'],
  [/^BEGIN:VCALENDAR/i, 'text/calendar'],
  [/^BEGIN:VCARD/i, 'text/x-vcard'],
  [/^@ *echo +off/i, 'text/x-msdos-batch'],
  [/^#VRML V/, 'model/vrml'],
  [/^solid /, 'application/sla'],
  [/^dnl /, 'text/x-m4'],
];

/** Ten bytes that may begin a plain text: printable ASCII and white space. */
const PLAIN = /^[\t\n\v\f\r\x20-\x7e]{10}/;

/**
 * Type of content that is told by its text, in Zeek's names; undefined when the bytes are not text. Takes the
 * beginning of the file as Latin-1.
 */
export function textType(content: string): string | undefined {
  let head = content.length > LOOK ? content.slice(0, LOOK) : content;
  let marked = false;
  if (head.startsWith('\xef\xbb\xbf')) head = head.slice(3);
  else if (/^(?:\0\0)?\xfe\xff|^\xff\xfe/.test(head)) {
    head = head.replace(/^(?:\0\0\xfe\xff|\xfe\xff|\xff\xfe\0\0|\xff\xfe)/, '');
    marked = true;
  }
  if (!marked) {
    const special = scriptType(head) ?? markupType(head) ?? startType(head) ?? jsonType(head);
    if (special !== undefined) return special;
  }
  return PLAIN.test(head) ? 'text/plain' : undefined;
}

function scriptType(head: string): string | undefined {
  if (!head.startsWith('#!')) return undefined;
  const path = /^#![^\n]{1,15}bin\/(?:env\s{1,20})?/.exec(head);
  if (!path) return undefined;
  const name = head.slice(path[0].length, path[0].length + 16);
  for (const [pattern, mime] of INTERPRETERS) if (pattern.test(name)) return mime;
  return undefined;
}

/** Index behind white space and comments; linear, as a regular expression for it would not be. */
function skipComments(head: string, from: number): number {
  let i = from;
  for (;;) {
    while (i < head.length && (head[i] === ' ' || head[i] === '\t' || head[i] === '\r' || head[i] === '\n'))
      i++;
    if (!head.startsWith('<!--', i)) return i;
    const end = head.indexOf('-->', i + 4);
    if (end < 0) return head.length;
    i = end + 3;
  }
}

function markupType(head: string): string | undefined {
  const start = skipComments(head, 0);
  if (head[start] !== '<')
    return head.includes('<?php') && !head.slice(0, head.indexOf('<?php')).includes('\n')
      ? 'text/x-php'
      : undefined;
  let i = start;
  let xml = false;
  if (head.startsWith('<?xml', i)) {
    xml = true;
    const end = head.indexOf('?>', i);
    i = end < 0 ? head.length : skipComments(head, end + 2);
  }
  const element = head.slice(i, i + 1100).toLowerCase();
  for (const [pattern, mime] of ELEMENTS) if (pattern.test(element)) return mime;
  if (xml) {
    if (/<svg[\s>]/.test(head)) return 'image/svg+xml';
    if (head.includes('<urlset')) return 'application/xml-sitemap';
    return 'application/xml';
  }
  return element.startsWith('<svg')
    ? 'image/svg+xml'
    : head.startsWith('<?php', start)
      ? 'text/x-php'
      : undefined;
}

function startType(head: string): string | undefined {
  for (const [pattern, mime] of STARTS) if (pattern.test(head)) return mime;
  return undefined;
}

const JSON_OBJECT =
  /^[\r\n\t ]*\{[\r\n\t ]*(?:"[^"]+"|[a-zA-Z][a-zA-Z0-9\\_]*)[\r\n\t ]*:[\r\n\t ]*(?:["[{0-9]|true|false)/;
const JSON_ARRAY = /^[\r\n\t ]*\[[\r\n\t ]*(?:(?:"[^"]+"|[0-9]+(?:\.[0-9]+)?|true|false)[\r\n\t ]*,|\{|\[)/;
const JSON_EMPTY = /^[\r\n\t ]*(?:\[\]|\{\})[\r\n\t ]*$/;

function jsonType(head: string): string | undefined {
  return JSON_OBJECT.test(head) || JSON_ARRAY.test(head) || JSON_EMPTY.test(head) ? 'text/json' : undefined;
}
