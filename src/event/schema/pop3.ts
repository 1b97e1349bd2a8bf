import Type from 'typebox';
import { envelope } from './envelope.ts';
import { flag, list, object, text, word } from './field.ts';
import { record } from './record.ts';

const pop3Object = object(
  {
    request: Type.Optional(
      object(
        {
          command: text('The command in upper case; `<SASL DATA>` for a step of authentication.'),
          args: Type.Optional(list(text('An argument.'), 'Its arguments; secrets are replaced.')),
        },
        'The command; absent for the greeting.',
      ),
    ),
    response: Type.Optional(
      object(
        {
          success: flag('Whether it is +OK.'),
          status: word(['OK', 'ERR'], 'The status itself.'),
          header: text('Rest of its first line.'),
          data: Type.Optional(list(text('A line.'), 'Further lines; at most 64.')),
        },
        'The response; when one was seen.',
      ),
    ),
  },
  'The command and its response.',
);

/** One POP3 command. */
export const pop3 = record('pop3', 'One command of POP3 with its response, or the greeting.', {
  ...envelope('pop3'),
  pop3: pop3Object,
});
