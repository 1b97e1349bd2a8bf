import type { Transaction, ZeekLog, ZeekRow } from '../../../event/index.ts';
import { MODE_BROADCAST, type NtpMessage } from './message.ts';

/** Zeek's ntp.log. Times and intervals are in microseconds. */
export const NTP_LOG: ZeekLog = {
  path: 'ntp',
  connection: true,
  columns: [
    ['version', 'count'],
    ['mode', 'count'],
    ['stratum', 'count'],
    ['poll', 'interval'],
    ['precision', 'interval'],
    ['root_delay', 'interval'],
    ['root_disp', 'interval'],
    ['ref_id', 'string'],
    ['ref_time', 'time'],
    ['org_time', 'time'],
    ['rec_time', 'time'],
    ['xmt_time', 'time'],
    ['num_exts', 'count'],
  ],
};

/** One NTP message. Suricata 8 writes no record for NTP: EVE leaves it out unless asked. */
export class NtpTransaction implements Transaction {
  readonly type = 'ntp';
  readonly zeekOnly = true;
  private readonly message: NtpMessage;

  constructor(message: NtpMessage) {
    this.message = message;
  }

  eve(): Record<string, unknown> {
    const { version, mode, clock, control, private: own } = this.message;
    const record: Record<string, unknown> = { version, mode };
    if (clock !== undefined) {
      record.stratum = clock.stratum;
      record.reference_id = clock.referenceId;
    }
    if (control !== undefined) record.control = control;
    if (own !== undefined) record.private = own;
    return { ntp: record };
  }

  zeek(): readonly ZeekRow[] {
    const { version, mode, clock } = this.message;
    if (mode > MODE_BROADCAST) return [];
    const values = [
      version,
      mode,
      clock?.stratum,
      clock?.pollUs,
      clock?.precisionUs,
      clock?.rootDelayUs,
      clock?.rootDispersionUs,
      clock?.referenceId,
      clock?.referenceUs,
      clock?.originUs,
      clock?.receiveUs,
      clock?.transmitUs,
      clock?.extensions ?? 0,
    ];
    return [{ log: NTP_LOG, values }];
  }
}
