import type { Transaction } from '../../src/event/index.ts';
import { formatAddress } from '../../src/net/index.ts';
import type {
  Direction,
  FileSink,
  FileStart,
  Parser,
  ParserContext,
  ParserLimits,
  Protocol,
} from '../../src/tap/protocol/parser.ts';

/** A file that a parser handed out in a test. */
export interface RecordedFile {
  readonly start: FileStart;
  content: Buffer;
  gaps: number;
  skipped: number;
  complete: boolean | undefined;
}

/** A context that keeps all that a parser says, and feeds the parser as the engine does. */
export class RecordingContext implements ParserContext {
  readonly transport: 'tcp' | 'udp' | 'sctp';
  clientPort = 40000;
  serverPort = 80;
  clientAddress = '192.0.2.1';
  serverAddress = '198.51.100.2';
  timeUs = 1_700_000_000_000_000;
  midstream = false;
  hint: unknown = undefined;
  limits: ParserLimits = { bodyBytes: 1 << 20, headerBytes: 65536, pendingTransactions: 64 };

  readonly transactions: Transaction[] = [];
  readonly anomalies: string[] = [];
  readonly names: string[] = [];
  readonly resolutions: [name: string, address: string][] = [];
  readonly risks: string[] = [];
  /** Services in the order of their confirmation, and how often a limit was reported. */
  readonly services: string[] = [];
  limitsReached = 0;
  readonly files: RecordedFile[] = [];
  readonly expectations: { name: string; address: string | undefined; port: number; hint: unknown }[] = [];
  finished = false;
  failed = false;
  successor: string | undefined | null = null;

  private readonly pending = [Buffer.alloc(0), Buffer.alloc(0)] as [Buffer, Buffer];
  private readonly toSkip = [0, 0] as [number, number];

  constructor(transport: 'tcp' | 'udp' | 'sctp' = 'tcp') {
    this.transport = transport;
  }

  emit(transaction: Transaction, _direction?: Direction): void {
    this.transactions.push(transaction);
  }
  anomaly(event: string, _direction: Direction): void {
    this.anomalies.push(event);
  }
  skip(length: number, direction: Direction): void {
    this.toSkip[direction] += length;
  }
  done(): void {
    this.finished = true;
  }
  fail(): void {
    this.failed = true;
  }
  become(name: string | undefined): void {
    this.successor = name;
  }
  expect(name: string, address: string | undefined, port: number, hint: unknown): void {
    this.expectations.push({ name, address, port, hint });
  }
  serverName(name: string, _source: string): void {
    this.names.push(name);
  }
  resolved(name: string, address: readonly number[], _ttl: number): void {
    const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = address;
    this.resolutions.push([name, formatAddress(address.length === 1 ? 4 : 6, w0, w1, w2, w3)]);
  }
  risk(name: string): void {
    this.risks.push(name);
  }
  confirm(service: string): void {
    if (!this.services.includes(service)) this.services.push(service);
  }
  limited(): void {
    this.limitsReached++;
  }
  openFile(start: FileStart): FileSink {
    const file: RecordedFile = { start, content: Buffer.alloc(0), gaps: 0, skipped: 0, complete: undefined };
    this.files.push(file);
    return {
      id: `F${this.files.length}`,
      mime: undefined,
      filename: start.filename,
      get size() {
        return file.content.length;
      },
      data(bytes, from, to) {
        file.content = Buffer.concat([file.content, bytes.subarray(from, to)]);
      },
      gap(length) {
        file.gaps += length;
      },
      skipped(length) {
        file.skipped += length;
      },
      close(complete) {
        file.complete = complete;
      },
    };
  }

  /** Shows bytes to the parser as the engine does: what it leaves is kept and shown again in front of the next. */
  feed(parser: Parser, direction: Direction, data: Uint8Array): void {
    if (this.finished || this.failed || this.successor !== null) return;
    let rest = data;
    const skipped = Math.min(this.toSkip[direction], rest.length);
    this.toSkip[direction] -= skipped;
    rest = rest.subarray(skipped);
    if (rest.length === 0) return;
    if (this.transport === 'udp') {
      parser.data(rest, 0, rest.length, direction);
      return;
    }
    let bytes = Buffer.concat([this.pending[direction], rest]);
    for (;;) {
      const consumed = parser.data(bytes, 0, bytes.length, direction);
      if (consumed < 0 || consumed > bytes.length)
        throw new Error(`parser consumed ${consumed} of ${bytes.length}`);
      bytes = bytes.subarray(consumed);
      const skip = Math.min(this.toSkip[direction], bytes.length);
      this.toSkip[direction] -= skip;
      bytes = bytes.subarray(skip);
      if (skip === 0 || bytes.length === 0 || this.finished || this.failed || this.successor !== null) break;
    }
    this.pending[direction] = Buffer.from(bytes);
  }

  /** Bytes that the parser has left unconsumed. */
  left(direction: Direction): number {
    return this.pending[direction].length;
  }

  /** Makes a parser, feeds it the given pieces and ends it. */
  static run(
    protocol: Protocol,
    transport: 'tcp' | 'udp',
    pieces: readonly (readonly [Direction, Uint8Array | string])[],
    prepare?: (context: RecordingContext) => void,
  ): RecordingContext {
    const context = new RecordingContext(transport);
    prepare?.(context);
    const parser = protocol.create(context);
    for (const [direction, data] of pieces) {
      context.feed(parser, direction, typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    }
    parser.end?.();
    return context;
  }
}
