import Type from 'typebox';
import { envelope } from './envelope.ts';
import { flag, list, object, port, text, word } from './field.ts';
import { record } from './record.ts';

const ftpObject = object(
  {
    command: Type.Optional(
      text('The command in upper case; absent for the greeting and for what is no command.'),
    ),
    command_data: Type.Optional(text('Its argument; `<hidden>` for passwords.')),
    command_truncated: Type.Optional(
      flag('Whether the argument is longer than what is shown; with a command.'),
    ),
    completion_code: Type.Optional(list(text('A code.'), "Codes of the replies' lines, three digits each.")),
    reply: Type.Optional(list(text('A line.'), "Texts of the replies' lines; at most 64.")),
    dynamic_port: Type.Optional(port('Port of the data channel that the command or its reply announced.')),
    mode: Type.Optional(word(['active', 'passive'], 'Who opens the data channel: server or client.')),
    reply_received: word(['yes', 'no'], 'Whether a reply was seen.'),
    reply_truncated: flag('Whether a reply is longer than what is shown.'),
  },
  'The command and its replies.',
);

/** One FTP command. */
export const ftp = record('ftp', 'One command of FTP with its replies, or the greeting.', {
  ...envelope('ftp'),
  ftp: ftpObject,
});
