import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { RawRenderer } from '../../event/index.ts';
import { PACKED_KIND } from '../../event/packed-flow.ts';
import type { ByteOutput } from '../byte-output.ts';
import { MOST_BYTES_PER_UNIT, writeUtf8 } from '../utf8.ts';
import * as E from './entries.ts';
import { FLOW_BYTES, putFlow } from './flow.ts';
import { forgetCommunities, HEAD_BYTES, putCommunity, putEndpoints, putFlowId, putVlans } from './head.ts';
import { piece, put, putInteger, putTime } from './json-bytes.ts';

const TIMESTAMP = piece('{"timestamp":"');
const PACKET = piece('","pcap_cnt":');
const FROM_PACKET = piece(',"pkt_src":"wire/pcap","event_type":"');
const FROM_STREAM = piece('","pkt_src":"stream (flow timeout)","event_type":"');
const NEXT = piece('",');
const ANOMALY = piece('anomaly"');
const TRANSACTION = piece(',"tx_id":');
const APP_PROTO = piece(',"app_proto":"');
const QUOTE = piece('"');
const COMMA = 44;
const NEWLINE = 10;
const NOTHING = piece('');

const load = createRequire(import.meta.url);

/** One chunk of entries, seen as words, as doubles and as bytes. */
export class Chunk {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly bytes: Buffer;

  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.bytes = Buffer.from(buffer);
  }
}

/** Turns entries into lines of EVE JSON. Chunks must come in the order in which they were filled. */
export class EveRenderer {
  private readonly out: ByteOutput;
  private readonly names: Uint8Array[] = [NOTHING];
  /** Of the modules among the names, by the number of their name. */
  private readonly renderers: (RawRenderer | undefined)[] = [];

  constructor(out: ByteOutput) {
    this.out = out;
    forgetCommunities();
  }

  /** Renders the entries in the words `[from, to)` of a chunk. */
  render(chunk: Chunk, from: number, to: number): void {
    const { words } = chunk;
    for (let e = from; e < to; e += words[e + 1]!) {
      switch (words[e]) {
        case E.FLOW:
          this.flow(chunk, e);
          break;
        case E.RECORD:
          this.record(chunk, e);
          break;
        case E.LOOSE:
          this.loose(chunk, e);
          break;
        case E.BYTES:
          this.copy(chunk.bytes, (e + E.BYTES_START) * 4, words[e + E.BYTES_LENGTH]!);
          break;
        case E.WORD:
          this.name(chunk, e);
          break;
        default:
          this.names.length = 1;
          this.renderers.length = 0;
      }
    }
  }

  private flow(chunk: Chunk, e: number): void {
    const { out, names } = this;
    const { words } = chunk;
    let bytes = FLOW_BYTES + words[e + E.FLOW_NAME_BYTES]!;
    for (let i = E.FLOW_APP_PROTO; i <= E.FLOW_TUNNEL; i++) bytes += names[words[e + i]!]!.length;
    out.reserve(bytes);
    putFlow(out, words, chunk.doubles, chunk.bytes, e, names);
  }

  private record(chunk: Chunk, e: number): void {
    const { out, names } = this;
    const { words, doubles } = chunk;
    const type = names[words[e + E.RECORD_TYPE]!]!;
    const appProto = names[words[e + E.RECORD_APP_PROTO]!]!;
    out.reserve(HEAD_BYTES + type.length + appProto.length);
    const w = e + E.RECORD_PACKED;
    put(out, TIMESTAMP);
    putTime(out, doubles[(e + E.RECORD_TIME_US) >> 1]!);
    const packet = doubles[(e + E.RECORD_PACKET) >> 1]!;
    if (packet > 0) {
      put(out, PACKET);
      putInteger(out, packet);
      put(out, FROM_PACKET);
    } else put(out, FROM_STREAM);
    put(out, type);
    put(out, NEXT);
    putFlowId(out, doubles, w >> 1);
    putVlans(out, words, w);
    putEndpoints(out, words, w, words[e + E.RECORD_DIRECTION]!);
    putCommunity(out, words, doubles, w, true);
    const transaction = words[e + E.RECORD_TRANSACTION]!;
    if (transaction >= 0) {
      put(out, TRANSACTION);
      putInteger(out, transaction);
    }
    if (appProto.length > 0) {
      put(out, APP_PROTO);
      put(out, appProto);
      put(out, QUOTE);
    }
    out.bytes[out.used++] = COMMA;
    const start = (e + E.RECORD_START) * 4;
    const length = words[e + E.RECORD_BYTES]!;
    const module = words[e + E.RECORD_MODULE]!;
    if (module === 0) {
      this.copy(chunk.bytes, start, length);
      return;
    }
    const rest = this.rendererOf(module)(chunk.bytes, start, start + length, words[e + E.RECORD_NOTE]!);
    out.reserve(rest.length * MOST_BYTES_PER_UNIT + 1);
    // Its members follow the envelope's: without the opening brace.
    out.used += writeUtf8(out.bytes, rest.slice(1), out.used);
    out.bytes[out.used++] = NEWLINE;
  }

  private loose(chunk: Chunk, e: number): void {
    const { out } = this;
    const { words, doubles } = chunk;
    out.reserve(HEAD_BYTES);
    const w = e + E.RECORD_PACKED;
    put(out, TIMESTAMP);
    putTime(out, doubles[(e + E.RECORD_TIME_US) >> 1]!);
    put(out, PACKET);
    putInteger(out, doubles[(e + E.RECORD_PACKET) >> 1]!);
    put(out, FROM_PACKET);
    put(out, ANOMALY);
    if (words[w + PACKED_KIND]! >>> 8 !== 0) putEndpoints(out, words, w, 0);
    out.bytes[out.used++] = COMMA;
    this.copy(chunk.bytes, (e + E.RECORD_START) * 4, words[e + E.RECORD_BYTES]!);
  }

  /** The function that a module exports for raw messages; modules are loaded when they are first needed. */
  private rendererOf(module: number): RawRenderer {
    let render = this.renderers[module];
    if (render === undefined) {
      const url = Buffer.from(this.names[module]!).toString();
      render = (load(fileURLToPath(url)) as { renderRaw: RawRenderer }).renderRaw;
      this.renderers[module] = render;
    }
    return render;
  }

  private copy(from: Buffer, start: number, length: number): void {
    const { out } = this;
    out.reserve(length);
    from.copy(out.bytes, out.used, start, start + length);
    out.used += length;
  }

  private name(chunk: Chunk, e: number): void {
    const { words } = chunk;
    const start = (e + E.WORD_START) * 4;
    const bytes = new Uint8Array(words[e + E.WORD_LENGTH]!);
    bytes.set(chunk.bytes.subarray(start, start + bytes.length));
    this.names[words[e + E.WORD_NUMBER]!] = bytes;
  }
}
