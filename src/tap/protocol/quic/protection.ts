import { type Direction, TO_CLIENT } from '../parser.ts';
import type { LongHeader } from './header.ts';
import { deriveInitialKeys, type InitialKeys, unprotect } from './initial-keys.ts';
import type { QuicVersion } from './versions.ts';

/** Initial packets of one flow that are decrypted at most. */
const MAX_PACKETS = 48;
/** Times that keys are derived for one flow at most: both directions, a Retry, another version, another client. */
const MAX_DERIVATIONS = 8;

interface CachedKeys {
  readonly version: number;
  readonly direction: Direction;
  readonly keys: InitialKeys;
}

/** Initial protection of one flow: keys by version and direction, all from one connection id, and what they cost. */
export class InitialProtection {
  private connectionId: Buffer | undefined;
  private cache: CachedKeys[] = [];
  private packets = 0;
  private derivations = 0;

  /** True when no more packets of the flow will be decrypted. */
  get spent(): boolean {
    return this.packets >= MAX_PACKETS;
  }

  get begun(): boolean {
    return this.connectionId !== undefined;
  }

  /** Forgets the keys: the next client packet brings the connection id of new ones (RFC 9001 section 5.2). */
  reset(): void {
    this.connectionId = undefined;
    this.cache = [];
  }

  /** The frames of an Initial packet; undefined without keys or when the packet does not authenticate. */
  open(bytes: Uint8Array, header: LongHeader, direction: Direction): Buffer | undefined {
    if (direction === TO_CLIENT) return this.tryOpen(bytes, header, direction);
    const destination = bytes.subarray(header.destinationStart, header.destinationEnd);
    this.connectionId ??= Buffer.from(destination);
    const plain = this.tryOpen(bytes, header, direction);
    if (plain || this.connectionId.equals(destination)) return plain;
    // Another connection between the same ports, or one whose beginning was not captured.
    const { connectionId, cache } = this;
    this.connectionId = Buffer.from(destination);
    this.cache = [];
    const other = this.tryOpen(bytes, header, direction);
    if (!other) {
      this.connectionId = connectionId;
      this.cache = cache;
    }
    return other;
  }

  private tryOpen(bytes: Uint8Array, header: LongHeader, direction: Direction): Buffer | undefined {
    if (!header.known || this.spent) return undefined;
    const keys = this.keys(header.known, direction);
    if (!keys) return undefined;
    this.packets++;
    return unprotect(keys, bytes, header.start, header.payload, header.end);
  }

  private keys(version: QuicVersion, direction: Direction): InitialKeys | undefined {
    for (const cached of this.cache)
      if (cached.version === version.number && cached.direction === direction) return cached.keys;
    if (!this.connectionId || this.derivations >= MAX_DERIVATIONS) return undefined;
    this.derivations++;
    const keys = deriveInitialKeys(version, this.connectionId, direction);
    if (keys) this.cache.push({ version: version.number, direction, keys });
    return keys;
  }
}
