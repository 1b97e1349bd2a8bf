import { hash } from 'node:crypto';

/** Texts whose digests are remembered; when full, all are forgotten. */
const REMEMBERED = 4096;
/** Longer texts are rare, and are not kept. */
const LONGEST = 1024;

/** Digests of texts that come again and again: fingerprints of clients and servers. */
export class TextDigest {
  private readonly algorithm: 'md5' | 'sha256';
  private readonly known = new Map<string, string>();

  constructor(algorithm: 'md5' | 'sha256') {
    this.algorithm = algorithm;
  }

  /** Digest of the text's UTF-8 in hexadecimal. */
  of(text: string): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const digest = hash(this.algorithm, text, 'hex');
    if (text.length <= LONGEST) {
      if (this.known.size >= REMEMBERED) this.known.clear();
      this.known.set(text, digest);
    }
    return digest;
  }
}
