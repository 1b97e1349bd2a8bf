import { isIP } from 'node:net';
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import type { CertificateAuthority } from './ca.ts';
import type { CertificateTable } from './certificates.ts';
import { isHostName } from './host-name.ts';

/** Where a connection's certificate comes from. */
export interface ServerContextsOptions {
  /** Makes leaves for what no configured certificate is for. */
  readonly ca?: CertificateAuthority | undefined;
  readonly certificates?: CertificateTable | undefined;
  /** Leaves that are kept ready: 1000 by default. */
  readonly capacity?: number | undefined;
  /** The lowest version for leaves; TLS 1.2 by default. */
  readonly minVersion?: SecureVersion | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** How the store of contexts was used. */
export interface ContextStatistics {
  readonly kept: number;
  readonly hits: number;
  readonly made: number;
  readonly evicted: number;
}

interface Kept {
  readonly context: SecureContext;
  /** When it is made anew: while the leaf still holds for a good while. */
  readonly staleAt: number;
}

const CAPACITY = 1000;
/** A leaf is replaced this long before it ends. */
const RENEW_BEFORE_MS = 24 * 3_600_000;
/** But is used for so long at least: a CA may be near its end. */
const USED_AT_LEAST_MS = 60_000;

/**
 * Secure contexts by server name: the configured ones, and leaves of our CA, of which the most recently used are kept
 * (making one costs some two milliseconds).
 */
export class ServerContexts {
  private readonly options: ServerContextsOptions;
  private readonly capacity: number;
  private readonly now: () => number;
  /** In the order of their use: the first was not used for the longest time. */
  private readonly kept = new Map<string, Kept>();
  private hits = 0;
  private made = 0;
  private evicted = 0;

  constructor(options: ServerContextsOptions) {
    this.options = options;
    this.capacity = Math.max(1, options.capacity ?? CAPACITY);
    this.now = options.now ?? Date.now;
  }

  /**
   * The context for what a client asks for: `name` is its SNI, or where it sent none the host or address that it
   * wanted to reach (empty where that is unknown too). A configured certificate for the name goes before a leaf, a leaf
   * before the default certificate. Undefined where there is none. Throws a `CaError` where the CA expired.
   */
  find(name: string): SecureContext | undefined {
    const { certificates, ca } = this.options;
    const asked = name.toLowerCase();
    const configured = certificates?.find(asked);
    if (configured !== undefined) return configured.context;
    if (ca !== undefined && (isHostName(asked) || isIP(asked) !== 0)) return this.leaf(ca, asked);
    return certificates?.default?.context;
  }

  get statistics(): ContextStatistics {
    return { kept: this.kept.size, hits: this.hits, made: this.made, evicted: this.evicted };
  }

  private leaf(ca: CertificateAuthority, name: string): SecureContext {
    const now = this.now();
    const known = this.kept.get(name);
    if (known !== undefined) {
      this.kept.delete(name);
      if (now < known.staleAt) {
        this.kept.set(name, known);
        this.hits++;
        return known.context;
      }
    }
    const { certificate, key, notAfter } = ca.leaf(name, now);
    const context = createSecureContext({
      cert: certificate,
      key,
      minVersion: this.options.minVersion ?? 'TLSv1.2',
    });
    this.made++;
    if (this.kept.size >= this.capacity) {
      const oldest = this.kept.keys().next();
      if (!oldest.done) this.kept.delete(oldest.value);
      this.evicted++;
    }
    this.kept.set(name, { context, staleAt: Math.max(notAfter - RENEW_BEFORE_MS, now + USED_AT_LEAST_MS) });
    return context;
  }
}
