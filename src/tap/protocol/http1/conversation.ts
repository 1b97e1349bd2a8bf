import type { Direction, FileSink, FileStart, ParserContext } from '../parser.ts';
import type { Exchange } from './exchange.ts';
import type { RequestLine } from './start-line.ts';

/** What the two directions of a flow ask of the parser that joins them. */
export interface Conversation {
  readonly context: ParserContext;
  readonly headerBytes: number;
  readonly bodyBytes: number;
  readonly keepHeaders: boolean;
  /** True once the flow speaks something else or nothing more is wanted. */
  readonly left: boolean;
  /** True while the bytes that come next are passed over. */
  readonly skipping: boolean;
  anomaly(event: string, direction: Direction, exchange: Exchange | undefined): void;
  skip(length: number, direction: Direction): void;
  headBytes(direction: Direction, exchange: Exchange | undefined, length: number): void;
  /** A request begins. */
  asked(line: RequestLine): Exchange;
  /** An answer begins: the exchange that it belongs to. */
  answered(): Exchange;
  requestDone(exchange: Exchange): void;
  responseDone(exchange: Exchange): void;
  /** The head of an answer is known. */
  answerHead(exchange: Exchange): void;
  openFile(exchange: Exchange, start: Omit<FileStart, 'source' | 'transactionId' | 'envelope'>): FileSink;
  /** The name that the client calls the server by. */
  serverName(name: string): void;
  become(name: string | undefined): void;
}
