import type { Anomaly, ZeekLog, ZeekRow } from '../../event/index.ts';
import { weirdName } from './weird-names.ts';

/** Zeek's weird.log (scripts/base/frameworks/notice/weird.zeek). */
const weirdLog: ZeekLog = {
  path: 'weird',
  connection: true,
  columns: [
    ['name', 'string'],
    ['addl', 'string'],
    ['notice', 'bool'],
    ['peer', 'string'],
    ['source', 'string'],
  ],
};

/** An anomaly as a row, under Zeek's name where it has one; the name that EVE carries stands beside it then. */
export function weirdRow(anomaly: Anomaly): ZeekRow {
  const name = weirdName(anomaly.event);
  return {
    log: weirdLog,
    values: [
      name ?? anomaly.event,
      name === undefined ? undefined : anomaly.event,
      false,
      'weir',
      anomaly.appProto,
    ],
  };
}
