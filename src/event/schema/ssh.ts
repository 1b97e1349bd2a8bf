import Type from 'typebox';
import { envelope } from './envelope.ts';
import { object, text } from './field.ts';
import { fingerprint } from './fingerprint.ts';
import { record } from './record.ts';

const sideFields = {
  proto_version: text('Version of the protocol in the identification (`2.0`).'),
  software_version: Type.Optional(text('Software in the identification; when it names any.')),
  hassh: Type.Optional(fingerprint('HASSH fingerprint of the key exchange; when it was seen.')),
};

/** Both sides of an SSH connection. */
export const ssh = record('ssh', 'Who speaks SSH with whom: identification and fingerprint of both sides.', {
  ...envelope('ssh'),
  ssh: object(
    {
      client: Type.Optional(object(sideFields, 'The client; when its identification was seen.')),
      server: Type.Optional(object(sideFields, 'The server; when its identification was seen.')),
    },
    'Both sides.',
  ),
});
