import type { Flow } from './flow.ts';
import { Recent } from './recent.ts';

/** A host of ours has sent more to one address outside than is usual. */
export interface Upload {
  /** Bytes within the window, out and in. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly boundBytes: number;
  /** The server's certificate vouches for nobody, or the server has no name. */
  readonly doubtful: boolean;
}

export interface UploadOptions {
  /** Pairs of a host of ours and an address outside that are followed at the same time. */
  readonly pairs: number;
  readonly windowMs: number;
  /** Bytes within the window that are told of. */
  readonly bytes: number;
  /** The same where the server's certificate is self-signed. */
  readonly doubtfulBytes: number;
}

export const UPLOAD_DEFAULTS: UploadOptions = {
  pairs: 16_384,
  windowMs: 3600_000,
  bytes: 500e6,
  doubtfulBytes: 256e3,
};

/** Who sends less than this many times what it gets talks, rather than sends. */
const LEAST_RATIO = 5;
/** As nDPI names what makes a server doubtful. */
const DOUBTFUL = 'Self-signed Cert';

interface Pair {
  sinceUs: number;
  bytesOut: number;
  bytesIn: number;
  doubtful: boolean;
  told: boolean;
}

/** Counts what hosts of ours send to single addresses outside, in windows that follow one another. */
export class UploadDetector {
  private readonly pairs: Recent<Pair>;
  private readonly options: UploadOptions;

  constructor(options: UploadOptions) {
    this.options = options;
    this.pairs = new Recent(options.pairs);
  }

  get turnedAway(): number {
    return this.pairs.turnedAway;
  }

  /** Takes bytes that were not counted yet; the pair's sum when it is beyond its bound, once in a window. */
  add(flow: Flow, bytesOut: number, bytesIn: number): Upload | undefined {
    const { windowMs, bytes, doubtfulBytes } = this.options;
    const key = `${flow.client} ${flow.server}`;
    let pair = this.pairs.use(key);
    if (pair === undefined || flow.endUs - pair.sinceUs > windowMs * 1000) {
      pair = { sinceUs: flow.endUs, bytesOut: 0, bytesIn: 0, doubtful: false, told: false };
      this.pairs.set(key, pair);
    }
    pair.bytesOut += bytesOut;
    pair.bytesIn += bytesIn;
    if (flow.risks.includes(DOUBTFUL)) pair.doubtful = true;
    const boundBytes = pair.doubtful ? doubtfulBytes : bytes;
    if (pair.told || pair.bytesOut < boundBytes || pair.bytesOut < LEAST_RATIO * pair.bytesIn)
      return undefined;
    pair.told = true;
    return { bytesOut: pair.bytesOut, bytesIn: pair.bytesIn, boundBytes, doubtful: pair.doubtful };
  }
}
