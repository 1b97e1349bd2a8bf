import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, flag, md5, OWN, object, text, word } from './field.ts';
import { ftpDataObject } from './ftp-data.ts';
import { httpObject } from './http.ts';
import { record } from './record.ts';
import { emailObject, smtpObject } from './smtp.ts';

const fileObject = object(
  {
    filename: Type.Optional(text('Name of the file, else path of what was asked for; when either is known.')),
    gaps: flag('Whether bytes within it are missing from the capture.'),
    state: word(
      ['CLOSED', 'TRUNCATED', 'ERROR', 'UNKNOWN'],
      'Whether it was seen to its end without a gap (`CLOSED`) or not.',
    ),
    md5: Type.Optional(md5('MD5 of what was seen; unless `--hashes` leaves it out.')),
    sha1: Type.Optional(text('SHA-1, likewise.', { pattern: '^[0-9a-f]{40}$' })),
    sha256: Type.Optional(text('SHA-256, likewise.', { pattern: '^[0-9a-f]{64}$' })),
    stored: flag('Whether it was stored; weir stores none: always false.'),
    size: count('Bytes, with those that are missing and those that were not looked at.'),
    start: Type.Optional(count('First byte, where it is part of a larger file (HTTP ranges).')),
    end: Type.Optional(count('Last byte, where it is part of a larger file.')),
    tx_id: Type.Optional(count('Index of the transaction that it belongs to.')),
    mimetype: Type.Optional(text('Content type by the first bytes; when it is known.', OWN)),
  },
  'The file.',
);

/** One file that went over the wire. */
export const fileinfo = record(
  'fileinfo',
  'One file that went over the wire, with what the protocol around it says: `http`, `smtp` and `email`, or `ftp_data`.',
  {
    ...envelope('fileinfo'),
    http: Type.Optional(httpObject),
    smtp: Type.Optional(smtpObject),
    email: Type.Optional(emailObject),
    ftp_data: Type.Optional(ftpDataObject),
    fileinfo: fileObject,
  },
);
