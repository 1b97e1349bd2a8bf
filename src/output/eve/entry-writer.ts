import type { FlowRecord, LoosePacket, Occasion, RawMessage } from '../../event/index.ts';
import { PACKED_KIND } from '../../event/packed-flow.ts';
import { ByteOutput, type OpenFile } from '../byte-output.ts';
import type { LineOutput } from '../line-writer.ts';
import { protocolName } from '../protocol-names.ts';
import { MOST_BYTES_PER_UNIT, writeUtf8 } from '../utf8.ts';
import { Channel } from './channel.ts';
import * as E from './entries.ts';
import { Chunk, EveRenderer } from './renderer.ts';

/** Bytes of one string that are put into a chunk at once; longer ones go in parts. */
const LONGEST = E.CHUNK_BYTES >> 2;
/** Entries that one record needs besides its own: a name each. */
const MOST_NAMES = 16;

/** Puts records into entries for the renderer (see entries.ts). */
export class EntryWriter {
  private readonly channel: Channel | undefined;
  private readonly lines: Lines | undefined;
  private chunk: Chunk;
  /** Words of the chunk that are used. */
  private used = 0;
  private readonly numbers = new Map<string, number>();
  private nextNumber = 1;
  /** Numbers of `ether` objects by the addresses that they are made of. */
  private readonly ethers = new Map<FlowRecord['macs'], number>();

  constructor(output: OpenFile | LineOutput) {
    this.channel = 'fd' in output ? new Channel(output) : undefined;
    this.lines = 'fd' in output ? undefined : new Lines(output);
    this.chunk = this.channel?.chunk ?? new Chunk(new ArrayBuffer(E.CHUNK_BYTES));
  }

  /** A flow record. */
  flow(flow: FlowRecord): void {
    this.limitNames();
    const appProto = this.name(flow.appProto);
    const toServer = this.name(flow.appProtoToServer);
    const toClient = this.name(flow.appProtoToClient);
    const original = this.name(flow.appProtoOriginal);
    const { app, macs, tunnels } = flow;
    const protocol = this.name(app.protocol);
    const application = this.name(app.application);
    const category = this.name(app.category);
    const confidence = this.name(app.confidence);
    const risks = app.risks.length === 0 ? 0 : this.json(JSON.stringify(app.risks));
    const ether = macs === undefined ? 0 : this.ether(macs);
    const tunnel = tunnels.length === 0 ? 0 : this.json(tunnelObject(flow));
    const name = app.name === '' ? '' : JSON.stringify(app.name);
    const e = this.begin(E.FLOW, E.FLOW_START * 4 + name.length * MOST_BYTES_PER_UNIT);
    const { words, bytes } = this.chunk;
    words[e + E.FLOW_APP_PROTO] = appProto;
    words[e + E.FLOW_APP_PROTO_TS] = toServer;
    words[e + E.FLOW_APP_PROTO_TC] = toClient;
    words[e + E.FLOW_APP_PROTO_ORIG] = original;
    words[e + E.FLOW_PROTOCOL] = protocol;
    words[e + E.FLOW_APPLICATION] = application;
    words[e + E.FLOW_CATEGORY] = category;
    words[e + E.FLOW_CONFIDENCE] = confidence;
    words[e + E.FLOW_RISKS] = risks;
    words[e + E.FLOW_ETHER] = ether;
    words[e + E.FLOW_TUNNEL] = tunnel;
    flow.pack(this.chunk, e + E.FLOW_PACKED);
    const length = name === '' ? 0 : writeUtf8(bytes, name, (e + E.FLOW_START) * 4);
    words[e + E.FLOW_NAME_BYTES] = length;
    this.end(e, E.FLOW_START * 4 + length);
  }

  /** A record of one of the flow's packets; `rest` is what follows the envelope's members, to the line's end. */
  record(
    type: string,
    flow: FlowRecord,
    at: Occasion,
    transaction: number,
    appProto: string | undefined,
    rest: string,
  ): void {
    this.limitNames();
    const typeNumber = this.name(type);
    const appProtoNumber = this.name(appProto);
    const long = rest.length * MOST_BYTES_PER_UNIT > LONGEST;
    const e = this.begin(E.RECORD, E.RECORD_START * 4 + (long ? 0 : rest.length * MOST_BYTES_PER_UNIT));
    this.envelope(e, typeNumber, flow, at, transaction, appProtoNumber);
    const { words, bytes } = this.chunk;
    words[e + E.RECORD_MODULE] = 0;
    const length = long ? 0 : writeUtf8(bytes, rest, (e + E.RECORD_START) * 4);
    words[e + E.RECORD_BYTES] = length;
    if (long) {
      this.used = e + E.RECORD_START;
      words[e + 1] = E.RECORD_START;
      this.parts(rest);
    } else this.end(e, E.RECORD_START * 4 + length);
  }

  /** The same, of a message that the renderer makes into the rest of the line. */
  raw(
    type: string,
    flow: FlowRecord,
    at: Occasion,
    transaction: number,
    appProto: string | undefined,
    message: RawMessage,
  ): void {
    this.limitNames();
    const typeNumber = this.name(type);
    const appProtoNumber = this.name(appProto);
    const module = this.json(message.module);
    const { bytes, start, end } = message;
    const e = this.begin(E.RECORD, E.RECORD_START * 4 + end - start);
    this.envelope(e, typeNumber, flow, at, transaction, appProtoNumber);
    const { words } = this.chunk;
    words[e + E.RECORD_MODULE] = module;
    words[e + E.RECORD_NOTE] = message.note;
    words[e + E.RECORD_BYTES] = end - start;
    this.chunk.bytes.set(bytes.subarray(start, end), (e + E.RECORD_START) * 4);
    this.end(e, E.RECORD_START * 4 + end - start);
  }

  /** A record of a packet that belongs to no flow. */
  loose(packet: LoosePacket | undefined, at: Occasion, rest: string): void {
    const e = this.begin(E.LOOSE, E.RECORD_START * 4 + rest.length * MOST_BYTES_PER_UNIT);
    const { words, doubles, bytes } = this.chunk;
    doubles[(e + E.RECORD_TIME_US) >> 1] = at.timeUs;
    doubles[(e + E.RECORD_PACKET) >> 1] = at.packet;
    words[e + E.RECORD_PACKED + PACKED_KIND] = 0;
    packet?.packHead(this.chunk, e + E.RECORD_PACKED);
    const length = writeUtf8(bytes, rest, (e + E.RECORD_START) * 4);
    words[e + E.RECORD_BYTES] = length;
    this.end(e, E.RECORD_START * 4 + length);
  }

  private envelope(
    e: number,
    type: number,
    flow: FlowRecord,
    at: Occasion,
    transaction: number,
    appProto: number,
  ): void {
    const { words, doubles } = this.chunk;
    words[e + E.RECORD_DIRECTION] = at.direction;
    words[e + E.RECORD_TYPE] = type;
    words[e + E.RECORD_APP_PROTO] = appProto;
    words[e + E.RECORD_TRANSACTION] = transaction;
    doubles[(e + E.RECORD_TIME_US) >> 1] = at.timeUs;
    doubles[(e + E.RECORD_PACKET) >> 1] = at.packet;
    flow.packHead(this.chunk, e + E.RECORD_PACKED);
  }

  /** A whole line. */
  line(text: string): void {
    this.parts(text);
  }

  /** Writes out what there is, for whoever follows the records as they come. */
  flush(): void {
    const { channel } = this;
    if (channel === undefined || this.used === 0) return;
    if (channel.flush(this.used)) this.forgetNames();
    this.chunk = channel.chunk;
    this.used = 0;
  }

  /** Writes out everything. */
  close(): void {
    this.channel?.close(this.used);
    this.lines?.close();
  }

  private parts(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += LONGEST) {
      const part = bytes.subarray(at, at + LONGEST);
      const e = this.begin(E.BYTES, E.BYTES_START * 4 + part.length);
      this.chunk.words[e + E.BYTES_LENGTH] = part.length;
      this.chunk.bytes.set(part, (e + E.BYTES_START) * 4);
      this.end(e, E.BYTES_START * 4 + part.length, at + LONGEST >= bytes.length);
    }
  }

  /** Number of a name, which is sent when it is new. */
  private name(text: string | undefined): number {
    if (text === undefined || text === '') return 0;
    return this.numbers.get(text) ?? this.define(text, JSON.stringify(text).slice(1, -1));
  }

  /** Number of a piece of JSON, or of a URL; no name looks like one. */
  private json(text: string): number {
    return this.numbers.get(text) ?? this.define(text, text);
  }

  private define(key: string, text: string): number {
    const number = this.nextNumber++;
    this.numbers.set(key, number);
    const e = this.begin(E.WORD, E.WORD_START * 4 + text.length * MOST_BYTES_PER_UNIT);
    const length = writeUtf8(this.chunk.bytes, text, (e + E.WORD_START) * 4);
    this.chunk.words[e + E.WORD_NUMBER] = number;
    this.chunk.words[e + E.WORD_LENGTH] = length;
    this.end(e, E.WORD_START * 4 + length, false);
    return number;
  }

  /** Names that traffic has made are bounded: when there are too many, all begin anew. */
  private limitNames(): void {
    if (this.numbers.size + MOST_NAMES <= E.MOST_WORDS) return;
    this.forgetNames();
    const e = this.begin(E.FORGET, E.FORGET_WORDS * 4);
    this.end(e, E.FORGET_WORDS * 4, false);
  }

  private forgetNames(): void {
    this.numbers.clear();
    this.nextNumber = 1;
    this.ethers.clear();
  }

  /** Number of the `ether` object; flows of the same two ends give the same addresses. */
  private ether(macs: NonNullable<FlowRecord['macs']>): number {
    const known = this.ethers.get(macs);
    if (known !== undefined) return known;
    const destinations = [macs.destination, ...(macs.further?.destination ?? [])];
    const sources = [macs.source, ...(macs.further?.source ?? [])];
    const number = this.json(JSON.stringify({ dest_macs: destinations, src_macs: sources }));
    // Where there are further addresses each flow has an object of its own.
    if (macs.further === undefined && this.ethers.size < E.MOST_WORDS) this.ethers.set(macs, number);
    return number;
  }

  /** Makes room for an entry of so many bytes; returns its first word. */
  private begin(kind: number, bytes: number): number {
    if (this.used + E.wordsFor(bytes) > E.CHUNK_WORDS) this.next();
    this.chunk.words[this.used] = kind;
    return this.used;
  }

  /** The entry at `e` is complete. `whole`: so is the record. */
  private end(e: number, bytes: number, whole = true): void {
    const words = E.wordsFor(bytes);
    this.chunk.words[e + 1] = words;
    this.used = e + words;
    if (whole && this.lines !== undefined) {
      this.lines.take(this.chunk, this.used);
      this.used = 0;
    }
  }

  private next(): void {
    if (this.channel !== undefined) {
      this.channel.send(this.used);
      this.chunk = this.channel.chunk;
    } else this.lines?.render(this.chunk, this.used);
    this.used = 0;
  }
}

/** Renders at once, and gives the lines to somebody else. */
class Lines {
  private readonly target: LineOutput;
  private readonly out = new ByteOutput();
  private readonly renderer = new EveRenderer(this.out);

  constructor(target: LineOutput) {
    this.target = target;
  }

  render(chunk: Chunk, used: number): void {
    this.renderer.render(chunk, 0, used);
  }

  /** The entries end a line. */
  take(chunk: Chunk, used: number): void {
    this.render(chunk, used);
    const { out } = this;
    this.target.write(out.bytes.toString('utf8', 0, out.used));
    out.used = 0;
  }

  close(): void {
    this.target.close();
  }
}

function tunnelObject(flow: FlowRecord): string {
  const chain = flow.tunnels.map((tunnel) => ({
    kind: tunnel.kind,
    id: tunnel.id,
    src_ip: tunnel.source,
    src_port: tunnel.sourcePort,
    dest_ip: tunnel.destination,
    dest_port: tunnel.destinationPort,
    proto: protocolName(tunnel.protocol),
  }));
  return JSON.stringify({ ...chain.at(-1), depth: chain.length, chain });
}
