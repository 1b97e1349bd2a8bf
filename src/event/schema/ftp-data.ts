import Type from 'typebox';
import { envelope } from './envelope.ts';
import { object, text } from './field.ts';
import { record } from './record.ts';

/** The `ftp_data` object, also beside `fileinfo`. */
export const ftpDataObject = object(
  {
    filename: Type.Optional(text('Name of the file as the client gave it; absent for listings.')),
    command: Type.Optional(
      text('Command that asked for the transfer; when the control connection was seen.'),
    ),
  },
  'What the control connection said of the transfer.',
);

/** One transfer over a data channel of FTP. */
export const ftpData = record('ftp_data', 'One transfer over a data channel of FTP.', {
  ...envelope('ftp_data'),
  ftp_data: ftpDataObject,
});
