import type { ZeekLog, ZeekRow, ZeekValue } from '../../../event/index.ts';
import { zeekAnswer, zeekUpdate } from './answers.ts';
import * as message from './message.ts';
import { OPCODE_UPDATE, zeekClass, zeekOpcode, zeekRcode, zeekType } from './types.ts';

/** Zeek's dns.log. Intervals are in microseconds. */
export const DNS_LOG: ZeekLog = {
  path: 'dns',
  connection: true,
  columns: [
    ['proto', 'enum'],
    ['trans_id', 'count'],
    ['rtt', 'interval'],
    ['query', 'string'],
    ['qclass', 'count'],
    ['qclass_name', 'string'],
    ['qtype', 'count'],
    ['qtype_name', 'string'],
    ['rcode', 'count'],
    ['rcode_name', 'string'],
    ['AA', 'bool'],
    ['TC', 'bool'],
    ['RD', 'bool'],
    ['RA', 'bool'],
    ['Z', 'count'],
    ['answers', 'vector[string]'],
    ['TTLs', 'vector[interval]'],
    ['rejected', 'bool'],
    ['opcode', 'count'],
    ['opcode_name', 'string'],
    ['original_query', 'string'],
  ],
};

const SECOND_US = 1_000_000;

/** What one row tells of: a query, its answer, or both; at least one of them. */
export interface Exchange {
  readonly proto: string;
  readonly query: message.DnsMessage | undefined;
  readonly answer: message.DnsMessage | undefined;
  /** Times of the two in microseconds; 0 where there is none. */
  readonly queryUs: number;
  readonly answerUs: number;
}

/** The row of an exchange. */
export function dnsRow(exchange: Exchange): ZeekRow {
  const { query, answer, queryUs, answerUs } = exchange;
  const first = (query ?? answer) as message.DnsMessage;
  const opcode = message.opcodeOf(first.flags);
  const update = opcode === OPCODE_UPDATE;
  // As in Zeek's script, the last of several questions is the one that the row shows.
  const question = update ? undefined : query?.questions.at(-1);
  const answers: string[] = [];
  const ttls: number[] = [];
  let name = question?.name.text.toLowerCase();
  let counted = false;
  // The answer to an update repeats its records (RFC 2136 section 3.8), so one of the two messages tells all.
  const source = update ? (query ?? answer) : answer;
  for (const record of source?.answers ?? []) {
    const text = update ? zeekUpdate(record, true) : zeekAnswer(record);
    if (text === undefined) continue;
    counted = true;
    name ??= record.name.text.toLowerCase();
    if (text === '') continue;
    answers.push(text);
    ttls.push(record.ttl * SECOND_US);
  }
  if (update) {
    for (const record of source?.authorities ?? []) {
      counted = true;
      name ??= record.name.text.toLowerCase();
      answers.push(zeekUpdate(record, false));
      ttls.push(record.ttl * SECOND_US);
    }
  }
  const answerFlags = counted && answer !== undefined ? answer.flags : 0;
  const paired = query !== undefined && answer !== undefined && counted;
  const flags = question === undefined ? 0 : (query as message.DnsMessage).flags;
  const values: ZeekValue[] = [
    exchange.proto,
    first.id,
    paired && answerUs !== queryUs ? Math.abs(answerUs - queryUs) : undefined,
    name,
    question?.class,
    question === undefined ? undefined : zeekClass(question.class),
    question?.type,
    question === undefined ? undefined : zeekType(question.type),
    answer === undefined ? undefined : answer.flags & 15,
    answer === undefined ? undefined : zeekRcode(answer.flags),
    (answerFlags & message.AUTHORITATIVE) !== 0,
    (flags & message.TRUNCATED) !== 0,
    (flags & message.RECURSION_DESIRED) !== 0,
    (answerFlags & message.RECURSION_AVAILABLE) !== 0,
    (flags >> 4) & 7,
    answers.length === 0 ? undefined : answers,
    ttls.length === 0 ? undefined : ttls,
    rejected(answer),
    opcode,
    zeekOpcode(opcode),
    question?.name.text,
  ];
  return { log: DNS_LOG, values, timeUs: query === undefined ? answerUs : queryUs };
}

/** An answer without any record, or an error without even the question. */
function rejected(answer: message.DnsMessage | undefined): boolean {
  if (answer === undefined) return false;
  if (answer.questions.length > 0) {
    return answer.announcedRecords === 0 && message.opcodeOf(answer.flags) !== OPCODE_UPDATE;
  }
  return (answer.flags & 15) !== 0;
}
