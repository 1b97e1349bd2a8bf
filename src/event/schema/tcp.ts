import Type from 'typebox';
import { mark, text } from './field.ts';

const FLAGS = '^[0-9a-f]{2}$';

/** TCP flags as two hexadecimal digits. */
export function flagDigits(description: string) {
  return text(description, { pattern: FLAGS });
}

/** A mark for each TCP flag that was seen. */
export const flagFields = {
  fin: Type.Optional(mark('A packet with FIN was seen.')),
  syn: Type.Optional(mark('A packet with SYN was seen.')),
  rst: Type.Optional(mark('A packet with RST was seen.')),
  psh: Type.Optional(mark('A packet with PSH was seen.')),
  ack: Type.Optional(mark('A packet with ACK was seen.')),
  urg: Type.Optional(mark('A packet with URG was seen.')),
  ecn: Type.Optional(mark('A packet with ECE was seen.')),
  cwr: Type.Optional(mark('A packet with CWR was seen.')),
};
