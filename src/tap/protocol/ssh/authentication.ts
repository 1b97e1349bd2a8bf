import { type Direction, TO_SERVER } from '../parser.ts';

/** How much longer a SERVICE_ACCEPT is than a USERAUTH_SUCCESS, both padded and encrypted. */
const ACCEPT_OVER_SUCCESS = 16;
/** A message this much longer than SERVICE_ACCEPT, where the first answer is due, is a banner. */
const BANNER_OVER_ACCEPT = 256;

/** What a segment told about the authentication. */
export type Attempt = 'none' | 'failed' | 'succeeded';

/**
 * Guesses from the sizes of encrypted segments how the authentication went, as Zeek does. The server's first
 * message is SERVICE_ACCEPT, of a fixed size; USERAUTH_SUCCESS is 16 bytes shorter; the first other answer gives
 * the size of USERAUTH_FAILURE (RFC 4252 section 5.1). Where compression is on, sizes tell nothing.
 */
export class AuthenticationGuess {
  private clientSpoke = false;
  private acceptSize = 0;
  private failureSize = 0;
  private bannerSkipped = false;
  decided = false;

  /** One segment of `length` encrypted bytes. */
  segment(length: number, direction: Direction): Attempt {
    if (this.decided) return 'none';
    if (direction === TO_SERVER) {
      this.clientSpoke = true;
      return 'none';
    }
    if (!this.clientSpoke) return 'none';
    if (this.acceptSize === 0) {
      this.acceptSize = length;
      return 'none';
    }
    if (length + ACCEPT_OVER_SUCCESS === this.acceptSize) {
      this.decided = true;
      return 'succeeded';
    }
    if (this.failureSize === 0) {
      if (!this.bannerSkipped && length - this.acceptSize > BANNER_OVER_ACCEPT) this.bannerSkipped = true;
      else this.failureSize = length;
      return 'none';
    }
    return length === this.failureSize ? 'failed' : 'none';
  }
}
