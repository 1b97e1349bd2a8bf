import { isDeepStrictEqual } from 'node:util';
import { MOST_QUESTION, parseQuestion, QuestionError, questionLine } from '../../src/control/index.ts';
import { runSpopInput } from '../../src/mitm/haproxy/spop/fuzz-input.ts';
import { exerciseHttp, exerciseHttp2 } from '../../src/mitm/http/fuzz.ts';
import { FrameReader } from '../../src/mitm/mitmproxy/frame-reader.ts';
import { parseEmpty, parseHello, parseRequest, parseResponse } from '../../src/mitm/mitmproxy/message.ts';
import { BODY_LIMIT, BrokenFrame, FRAME, type Frame, HEAD_LIMIT } from '../../src/mitm/mitmproxy/protocol.ts';
import {
  ClientHelloReader,
  HELLO_BYTES_MOST,
  type HelloState,
} from '../../src/mitm/proxy/tls/client-hello.ts';
import { isHostName } from '../../src/mitm/proxy/tls/host-name.ts';
import { FIELD_SEPARATOR, type WebInput } from './input.ts';
import { linear } from './linear.ts';
import { readSegment, readStored } from './web-buffer.ts';
import { runRewriteRules } from './web-rewrite.ts';

/** A parser of the active stream said two things of the same bytes, or let through what it should not. */
export class WrongReading extends Error {
  override name = 'WrongReading';
}

/** Bytes of a piece: odd, so that borders lie anywhere; small pieces for short inputs only. */
const SHORT_PIECE = 3;
const LONG_PIECE = 4099;
const SHORT = 4096;
/** Bytes of a body that are looked at. */
const BODY = 1 << 16;

/** Runs one input; whether it was taken for what it is meant to be. Throws what went wrong. */
export function executeWeb(input: WebInput): boolean {
  const bytes = Buffer.from(input.bytes);
  switch (input.part) {
    case 'http1':
      linear(bytes, twice, exerciseHttp);
      return true;
    case 'http2':
      return exerciseHttp2(bytes.toString('latin1').split(FIELD_SEPARATOR));
    case 'spop':
      return runSpop(bytes);
    case 'client-hello':
      return runClientHello(bytes);
    case 'mitmproxy':
      return runMitmproxy(bytes);
    case 'stored':
      return readStored(bytes);
    case 'segment':
      return readSegment(bytes);
    case 'rewrite':
      return runRewriteRules(bytes.toString());
    case 'question':
      return runQuestion(bytes.toString());
    default:
      input.part satisfies never;
      throw new Error(`'${String(input.part)}' is no part of the active stream`);
  }
}

function twice(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, bytes]);
}

function pieceOf(bytes: Buffer): number {
  return bytes.length <= SHORT ? SHORT_PIECE : LONG_PIECE;
}

function runSpop(bytes: Buffer): boolean {
  const whole = runSpopInput(bytes);
  const pieces = runSpopInput(bytes, pieceOf(bytes));
  if (!isDeepStrictEqual(whole, pieces)) {
    const sides = `${JSON.stringify(pieces)} in pieces, ${JSON.stringify(whole)} whole`;
    throw new WrongReading(`SPOP is read differently: ${sides}`);
  }
  linear(bytes, twice, (all) => void runSpopInput(all, LONG_PIECE));
  return whole.faults.length === 0;
}

function runClientHello(bytes: Buffer): boolean {
  const whole = new ClientHelloReader().push(bytes);
  const reader = new ClientHelloReader();
  let state: HelloState = { kind: 'more' };
  const size = pieceOf(bytes);
  for (let at = 0; at < bytes.length; at += size) state = reader.push(bytes.subarray(at, at + size));
  if (!isDeepStrictEqual(state, whole)) throw new WrongReading('a ClientHello in pieces is another one');
  switch (whole.kind) {
    case 'more':
      // Each of its records may have little in it.
      if (bytes.length > 2 * HELLO_BYTES_MOST) throw new WrongReading('a ClientHello is waited for in vain');
      return false;
    case 'hello': {
      const { serverName, alpn } = whole.hello;
      if (serverName !== '' && !isHostName(serverName)) throw new WrongReading('SNI is no name');
      if (alpn.length > 32 || alpn.some((name) => name === '' || name.length > 255)) {
        throw new WrongReading('ALPN is beyond its bounds');
      }
      return true;
    }
    default:
      return false;
  }
}

/** What each frame holds, and whether the bytes ended well. */
interface FramesRead {
  readonly messages: readonly unknown[];
  readonly broken: string;
}

function runMitmproxy(bytes: Buffer): boolean {
  const whole = readFrames(bytes, bytes.length);
  if (!isDeepStrictEqual(readFrames(bytes, pieceOf(bytes)), whole)) {
    throw new WrongReading('frames of mitmproxy in pieces are others');
  }
  linear(bytes, twice, (all) => void readFrames(all, LONG_PIECE));
  return whole.broken === '' && whole.messages.length > 0;
}

function readFrames(bytes: Buffer, size: number): FramesRead {
  const reader = new FrameReader(HEAD_LIMIT, BODY_LIMIT);
  const messages: unknown[] = [];
  try {
    for (let at = 0; at < bytes.length; at += Math.max(1, size)) {
      // Frames are valid during the call only: what is kept of them must be its own.
      const piece = Buffer.from(bytes.subarray(at, at + size));
      reader.read(piece, (frame) => messages.push(messageOf(frame)));
      piece.fill(0xa5);
    }
  } catch (error) {
    if (!(error instanceof BrokenFrame)) throw error;
    return { messages, broken: error.reason };
  }
  return { messages, broken: '' };
}

function messageOf(frame: Frame): unknown {
  switch (frame.type) {
    case FRAME.hello:
      return parseHello(frame);
    case FRAME.request:
      return parseRequest(frame, BODY);
    case FRAME.response:
      return parseResponse(frame, BODY);
    case FRAME.abandon:
      parseEmpty(frame);
      return frame.id;
    default:
      throw new BrokenFrame('type', 'no frame that the addon sends');
  }
}

function runQuestion(line: string): boolean {
  let question: ReturnType<typeof parseQuestion>;
  try {
    question = parseQuestion(line);
  } catch (error) {
    if (error instanceof QuestionError) return false;
    throw error;
  }
  const again = questionLine(question);
  // Compared as text: a number may have been written as -0.
  if (again.length <= MOST_QUESTION && questionLine(parseQuestion(again)) !== again) {
    throw new WrongReading('a question that was read is another one when it is written');
  }
  return true;
}
