import type { Message } from './notification.ts';
import { oneLine } from './template.ts';

/** From whom to whom. */
export interface MailAddresses {
  readonly from: string;
  readonly to: readonly string[];
}

/** A line with an encoded word has 76 characters at most (RFC 2047, section 2): name, frame, and 48 for these in base64. */
const WORD_BYTES = 36;
const BASE64_LINE = 76;

/**
 * A message as it goes over the wire (RFC 5322), with CRLF at each line's end. The text is base64, so no line is too long
 * and none begins with a dot.
 */
export function mailText(message: Message, { from, to }: MailAddresses, nowMs: number): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const text = Buffer.from(message.body.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n')).toString('base64');
  return [
    `Date: ${mailDate(nowMs)}`,
    `From: <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(',\r\n ')}`,
    `Subject: ${encodedWords(oneLine(message.subject).slice(0, 300).toWellFormed())}`,
    `Message-ID: <${message.id}@${domain}>`,
    // Nobody's holiday is to answer (RFC 3834, section 5).
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(text.match(new RegExp(`.{1,${BASE64_LINE}}`, 'g')) ?? []),
    '',
  ].join('\r\n');
}

/** Short ASCII as it is; anything else as encoded words (RFC 2047), one a line. */
function encodedWords(text: string): string {
  if (/^[\x20-\x7e]{0,60}$/.test(text) && !text.includes('=?')) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((one) => `=?UTF-8?B?${Buffer.from(one).toString('base64')}?=`).join('\r\n ');
}

/** `Sat, 21 Nov 2026 13:00:00 +0000` (RFC 5322, section 3.3). */
function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace(/GMT$/, '+0000');
}
