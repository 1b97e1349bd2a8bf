import { join } from 'node:path';
import type {
  Anomaly,
  FlowRecord,
  LoosePacket,
  Occasion,
  RecordSink,
  Transaction,
  ZeekLog,
  ZeekRow,
  ZeekValue,
} from '../../event/index.ts';
import { makeFolder } from '../folder.ts';
import { type LineOutput, LineWriter } from '../line-writer.ts';
import { connRow, hasPayload, isConnection } from './conn.ts';
import { CONNECTION_COLUMNS, formatValue, jsonValue } from './format.ts';
import { isOverlooked } from './partial.ts';
import { weirdRow } from './weird.ts';

/** Writes Zeek's logs into a folder, as tab-separated text or as JSON lines. */
export class ZeekWriter implements RecordSink {
  private readonly output: (name: string) => LineOutput;
  private readonly json: boolean;
  private readonly logs = new Map<string, LineOutput>();
  private readonly columns = new Map<ZeekLog, ZeekLog['columns']>();

  /** `output` is a folder, which is made, or opens the log of a name (`conn.log`). */
  constructor(output: string | ((name: string) => LineOutput), options: { readonly json?: boolean } = {}) {
    this.json = options.json ?? false;
    if (typeof output !== 'string') {
      this.output = output;
      return;
    }
    this.output = (name) => new LineWriter(join(output, name));
    makeFolder(output);
  }

  transaction(flow: FlowRecord, transaction: Transaction, at: Occasion): void {
    if (transaction.zeek === undefined || isOverlooked(flow)) return;
    for (const row of transaction.zeek()) this.write(row, at.timeUs, flow);
  }

  flow(flow: FlowRecord): void {
    if (isConnection(flow.protocol)) this.write(connRow(flow), flow.startUs, flow);
  }

  anomaly(
    anomaly: Anomaly,
    at: Occasion,
    flow: FlowRecord | undefined,
    _packet: LoosePacket | undefined,
  ): void {
    this.write(weirdRow(anomaly), at.timeUs, flow);
  }

  /** Writes out what was gathered: a live reader calls it about once a second. */
  flush(): void {
    for (const writer of this.logs.values()) writer.flush?.();
  }

  close(): void {
    for (const writer of this.logs.values()) {
      if (!this.json) writer.write(`#close\t${stamp()}\n`);
      writer.close();
    }
  }

  private write(row: ZeekRow, timeUs: number, flow: FlowRecord | undefined): void {
    const columns = this.columnsOf(row.log);
    const time = row.timeUs ?? timeUs;
    const head = row.log.connection
      ? flow === undefined
        ? [time, undefined, undefined, undefined, undefined, undefined]
        : connectionHead(time, flow)
      : [];
    const values = [...head, ...row.values];
    const writer = this.logs.get(row.log.path) ?? this.open(row.log, columns);
    if (this.json) {
      const members = columns.map(([name, type], i) => [name, jsonValue(values[i], type)] as const);
      writer.write(
        `${JSON.stringify(Object.fromEntries(members.filter(([, value]) => value !== undefined)))}\n`,
      );
    } else {
      let line = '';
      for (let i = 0; i < columns.length; i++) {
        line += (i === 0 ? '' : '\t') + formatValue(values[i], columns[i]![1]);
      }
      writer.write(`${line}\n`);
    }
  }

  private columnsOf(log: ZeekLog): ZeekLog['columns'] {
    let columns = this.columns.get(log);
    if (columns === undefined) {
      columns = log.connection ? [...CONNECTION_COLUMNS, ...log.columns] : log.columns;
      this.columns.set(log, columns);
    }
    return columns;
  }

  private open(log: ZeekLog, columns: ZeekLog['columns']): LineOutput {
    const writer = this.output(`${log.path}.log`);
    this.logs.set(log.path, writer);
    if (!this.json) {
      const names = columns.map(([name]) => name).join('\t');
      const types = columns.map(([, type]) => type).join('\t');
      writer.write(
        `#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t${log.path}\n#open\t${stamp()}\n#fields\t${names}\n#types\t${types}\n`,
      );
    }
    return writer;
  }
}

/** What begins the logs of connections. */
function connectionHead(timeUs: number, flow: FlowRecord): ZeekValue[] {
  const ports = hasPayload(flow.protocol);
  return [
    timeUs,
    flow.uid,
    flow.clientAddress,
    ports ? flow.clientPort : 0,
    flow.serverAddress,
    ports ? flow.serverPort : 0,
  ];
}

/** The wall clock, as Zeek stamps the opening and closing of a log. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
}
