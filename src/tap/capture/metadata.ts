/** What a capture file says about itself beside its packets. All lists are bounded. */

/** An interface that packets were captured on; a classic pcap file has exactly one. */
export interface CaptureInterface {
  /** LINKTYPE_ number. */
  readonly linkType: number;
  /** Name such as `eth0`; empty where the file does not say. */
  readonly name: string;
  readonly description: string;
  /** Largest number of bytes that were kept of a packet; 0 where there is no limit. */
  readonly snapLength: number;
  /** Decimals of a second in the file's times (6 for microseconds); negative for a power of two. */
  readonly resolution: number;
  /** Bytes of frame check sequence at the end of each packet; 0 where unknown or none. */
  readonly fcsLength: number;
  /** Seconds that were added to every time (pcapng); 0 where absent. */
  readonly offsetSeconds?: number;
  /** Packets received and dropped as the capturing program counted them (pcapng statistics). */
  received?: number;
  dropped?: number;
}

/** A comment on a packet (its number within the file, from 1), or on the file or an interface (0). */
export interface CaptureComment {
  readonly packet: number;
  readonly text: string;
}

/** Keys for decryption, as a pcapng decryption-secrets block holds them. */
export interface CaptureSecrets {
  /** 0x544c534b: TLS key log, 0x57474b4c: WireGuard key log, and others. */
  readonly type: number;
  readonly data: Uint8Array;
}

/** An address with a name that was resolved when the capture was made. */
export interface CaptureName {
  readonly address: string;
  readonly name: string;
}

const COMMENTS = 1000;
const NAMES = 10_000;
const SECRET_BYTES = 1 << 20;

/** Everything but the packets; filled while the file is read. */
export class CaptureMetadata {
  format: '' | 'pcap' | 'pcapng' = '';
  /** Program, hardware and system that made the file (pcapng, first section that says so). */
  application = '';
  hardware = '';
  system = '';
  readonly interfaces: CaptureInterface[] = [];
  readonly comments: CaptureComment[] = [];
  readonly secrets: CaptureSecrets[] = [];
  readonly names: CaptureName[] = [];
  /** Comments, names and secrets that were turned away at a bound. */
  turnedAway = 0;
  #secretBytes = 0;

  /** True while another comment would be kept. */
  get wantsComments(): boolean {
    return this.comments.length < COMMENTS;
  }

  /** Keeps a comment. */
  comment(packet: number, text: string): void {
    if (this.comments.length < COMMENTS) this.comments.push({ packet, text });
    else this.turnedAway++;
  }

  /** Keeps a resolved name. */
  resolved(address: string, name: string): void {
    if (this.names.length < NAMES) this.names.push({ address, name });
    else this.turnedAway++;
  }

  /** Keeps a copy of secrets, one mebibyte per file in all. */
  secret(type: number, data: Uint8Array): void {
    if (this.#secretBytes + data.length > SECRET_BYTES) {
      this.turnedAway++;
      return;
    }
    this.#secretBytes += data.length;
    this.secrets.push({ type, data: data.slice() });
  }

  /** The link types of the interfaces, each once. */
  get linkTypes(): number[] {
    return [...new Set(this.interfaces.map((entry) => entry.linkType))];
  }
}
