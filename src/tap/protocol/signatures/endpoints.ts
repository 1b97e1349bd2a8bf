/** Endpoints that are remembered at most; when full, all are forgotten. */
const LIMIT = 4096;

/**
 * Which application the endpoints of calls belong to: once one flow of a socket has told, its other flows, to other
 * relays and to the peer, are known too. Bounded.
 */
export class CallEndpoints {
  private readonly applications = new Map<string, string>();

  /** Remembers an endpoint (address and port as one text). The first application of an endpoint stays. */
  add(endpoint: string, application: string): void {
    if (this.applications.has(endpoint)) return;
    if (this.applications.size >= LIMIT) this.applications.clear();
    this.applications.set(endpoint, application);
  }

  /** The application of an endpoint; undefined when none is known. */
  of(endpoint: string): string | undefined {
    return this.applications.size === 0 ? undefined : this.applications.get(endpoint);
  }
}
