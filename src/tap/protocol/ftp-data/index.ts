import type { Protocol } from '../parser.ts';
import { FtpDataParser } from './parser.ts';

/** Data channels of FTP. They are never found by content: the control connection announces them. */
export const ftpData: Protocol = {
  name: 'ftp-data',
  ndpi: 'FTP_DATA',
  service: 'ftp-data',
  transports: ['tcp'],
  probe: () => 'no',
  create: (context) => new FtpDataParser(context),
};
