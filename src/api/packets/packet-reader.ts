import type { Readable } from 'node:stream';
import { formatDuration, formatSize } from '../../config/index.ts';
import { Problem } from '../problem.ts';
import { type KeptPackets, packetFiles } from './kept-packets.ts';
import { type CutReason, PcapngCut } from './pcapng-cut.ts';
import { type Ending, runProgram } from './program.ts';
import { Slots } from './slots.ts';

/** Which packets. */
export interface PacketWish {
  readonly filter: string | undefined;
  /** Microseconds since 1970; both ends included. */
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
}

/** Packets on their way. */
export interface PacketDownload {
  readonly stream: Readable;
  /** How it ended; to be asked then. */
  readonly reason: () => CutReason;
}

/** Bytes of a download. */
const MOST_BYTES = 2 ** 30;
const DOWNLOAD_MS = 600_000;
/** For an answer that is one piece. */
const ANSWER_MS = 60_000;
const MOST_ANSWER = 32 << 20;
const DOWNLOADS = 2;
const ANSWERS = 2;
/** A list is not made again within this time. */
const LIST_MS = 3000;

/** Reads packets that are kept: in processes of their own, few at a time, for so long, and only the files that may be. */
export class PacketReader {
  readonly kept: KeptPackets;
  private readonly report: (line: string) => void;
  private readonly downloads = new Slots(DOWNLOADS, 'downloads of packets');
  private readonly answers = new Slots(ANSWERS, 'questions about packets');
  private readonly closing = new AbortController();
  private listed: { readonly atMs: number; readonly list: Promise<unknown> } | undefined;

  constructor(kept: KeptPackets, report: (line: string) => void) {
    this.kept = kept;
    this.report = report;
  }

  /** Ends what runs. */
  close(): void {
    this.closing.abort();
  }

  /** Paths of the files that may be read and can hold packets of the time. Throws a {@link Problem} where there are none. */
  private paths({ sinceUs, untilUs }: PacketWish): readonly string[] {
    const files = packetFiles(this.kept, sinceUs, untilUs);
    if (files.length === 0) throw this.gone();
    return files.map(({ path }) => path);
  }

  /** What is known of the files, as `weir cat --list` says it; somewhat old at times. */
  list(): Promise<unknown> {
    const now = performance.now();
    if (this.listed === undefined || now - this.listed.atMs > LIST_MS) {
      const files = packetFiles(this.kept);
      const list =
        files.length === 0
          ? Promise.resolve({ captures: [], findings: [] })
          : this.answer(['cat', '--list', '--', ...files.map(({ path }) => path)], this.closing.signal);
      this.listed = { atMs: now, list };
      // The next one tries again.
      list.catch(() => {
        this.listed = undefined;
      });
    }
    return this.listed.list;
  }

  /** A part of a conversation as `weir cat --json` says it; undefined where the captures do not have the flow. */
  async conversation(
    communityId: string,
    options: readonly string[],
    wish: PacketWish,
    signal: AbortSignal,
  ): Promise<unknown> {
    const paths = this.paths(wish);
    return this.answer(
      ['cat', '--json', ...options, ...timeOptions(wish), '--', communityId, ...paths],
      signal,
      true,
    );
  }

  /**
   * Packets as pcapng. Resolves when the first packet is there, or it is known that there is none: with `some` that is a
   * {@link Problem}.
   */
  async download(
    wish: PacketWish,
    limit: number,
    some: boolean,
    signal: AbortSignal,
  ): Promise<PacketDownload> {
    const paths = this.paths(wish);
    const enough = new AbortController();
    const args = [
      '--quiet',
      '--flows-only',
      '--no-ndpi',
      '--max-flows=1024',
      '--write=-',
      ...timeOptions(wish),
    ];
    const release = await this.downloads.take(signal);
    const cut = new PcapngCut(limit, MOST_BYTES, () => enough.abort());
    let reason: CutReason = 'failed';
    const run = async (): Promise<void> => {
      try {
        const until = AbortSignal.any([signal, enough.signal, this.closing.signal]);
        const { output, ended } = runProgram(['read', ...args, '--', ...paths], DOWNLOAD_MS, until);
        output.pipe(cut, { end: false });
        const ending = await ended;
        reason = reasonOf(ending, cut);
        if (reason === 'failed') throw this.failure(ending, signal);
        cut.end();
      } finally {
        release();
      }
    };
    const begun = new Promise((resolve) => cut.once('packet', resolve));
    const whole = run();
    // Before the first packet the caller is told, after it the reader of the stream.
    whole.catch((error: unknown) => cut.destroy(error instanceof Error ? error : undefined));
    cut.on('error', () => enough.abort());
    cut.on('close', () => enough.abort());
    await Promise.race([begun, whole]);
    if (some && cut.packets === 0) throw this.gone();
    return { stream: cut, reason: () => reason };
  }

  /** The problem of packets that are not there, and what would keep them. */
  gone(): Problem {
    const { kept } = this;
    const title = 'The packets are not kept';
    switch (kept.kind) {
      case 'ring':
        return new Problem(
          410,
          title,
          `${kept.folder} keeps at most ${formatSize(kept.sizeBytes)} and ${formatDuration(kept.ageMs)} of packets, and has none of these: a larger capture.ring.size or capture.ring.age in weir.yaml keeps more`,
        );
      case 'captures':
        return new Problem(
          410,
          title,
          'the captures that weir was started with do not have them, or have gone',
        );
      case 'none':
        return new Problem(
          410,
          title,
          'weir keeps no packets: name a folder in capture.ring.folder of weir.yaml, and in capture.ring.size what it may take',
        );
      default:
        return kept satisfies never;
    }
  }

  /** What the program says as one piece of JSON; with `mayLack` undefined where it ends with 1. */
  private async answer(args: readonly string[], signal: AbortSignal, mayLack = false): Promise<unknown> {
    const release = await this.answers.take(signal);
    try {
      const until = AbortSignal.any([signal, this.closing.signal]);
      const tooMuch = new AbortController();
      const { output, ended } = runProgram(args, ANSWER_MS, AbortSignal.any([until, tooMuch.signal]));
      const pieces: Buffer[] = [];
      let length = 0;
      output.on('data', (piece: Buffer) => {
        length += piece.length;
        if (length > MOST_ANSWER) tooMuch.abort();
        else pieces.push(piece);
      });
      const ending = await ended;
      if (ending.code === 1 && mayLack && length === 0) return undefined;
      if (ending.code !== 0) throw this.failure(ending, signal);
      return JSON.parse(Buffer.concat(pieces).toString());
    } finally {
      release();
    }
  }

  private failure({ late, code, said }: Ending, signal: AbortSignal): Problem {
    if (signal.aborted) return new Problem(503, 'No answer', 'who asked has gone');
    if (late) {
      return new Problem(503, 'It took too long', 'ask for less time, or a filter that fewer packets match');
    }
    if (this.closing.signal.aborted) return new Problem(503, 'No answer', 'weir is being stopped');
    if (code !== undefined && said.includes('nothing could be read')) return this.gone();
    this.report(`packets could not be read (${code ?? 'killed'}): ${said.slice(0, 500)}`);
    return new Problem(503, 'No answer', 'the packets could not be read: the log of weir says why');
  }
}

function reasonOf({ code, late }: Ending, cut: PcapngCut): CutReason {
  if (cut.isCut) return 'limit';
  if (late && cut.packets > 0) return 'time';
  return code === 0 ? 'complete' : 'failed';
}

function timeOptions({ filter, sinceUs, untilUs }: PacketWish): readonly string[] {
  return [
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    ...(sinceUs === undefined ? [] : [`--since=${secondsOf(sinceUs)}`]),
    ...(untilUs === undefined ? [] : [`--until=${secondsOf(untilUs)}`]),
  ];
}

/** Seconds since 1970 with all microseconds, in the form that the program takes. */
function secondsOf(us: number): string {
  const seconds = Math.floor(us / 1e6);
  return `${String(seconds).padStart(9, '0')}.${String(us - seconds * 1e6).padStart(6, '0')}`;
}
