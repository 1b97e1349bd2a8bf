import type { Anomaly, ZeekLog, ZeekRow } from '../../event/index.ts';

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

/** An anomaly as a row; its name is the one that EVE carries, so that both outputs speak of the same thing. */
export function weirdRow(anomaly: Anomaly): ZeekRow {
  return { log: weirdLog, values: [anomaly.event, undefined, false, 'weir', anomaly.appProto] };
}
