import type { Protocol } from '../parser.ts';
import { NtpParser } from './parser.ts';
import { probe } from './probe.ts';

export { NTP_LOG } from './transaction.ts';

/** The Network Time Protocol: time (modes 1 to 5), control (6) and private (7) messages. */
export const ntp: Protocol = {
  name: 'ntp',
  ndpi: 'NTP',
  service: 'ntp',
  nameless: true,
  transports: ['udp'],
  ports: [123],
  probe,
  create: (context) => new NtpParser(context),
};
