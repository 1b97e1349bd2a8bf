import type {
  AlertEntry,
  DecisionEntry,
  FileEntry,
  FlowEntry,
  MatchEntry,
  NameEntry,
  RequestEntry,
} from './entries.ts';

/** How often things happened with an address since it is known. */
export interface AddressCounts {
  /** Requests that went through the active stream, and those of them that did not pass. */
  requests: number;
  denied: number;
  /** Requests that the passive stream read in clear. */
  requestsSeen: number;
  wafMatches: number;
  /** Flows that ended, as client and as server. */
  flows: number;
  flowsServed: number;
  bytesSent: number;
  bytesReceived: number;
  queries: number;
  files: number;
  anomalies: number;
  alerts: number;
  evidence: number;
  overflows: number;
  decisions: number;
}

/** Entries of each kind that are kept of an address. */
export const MOST = {
  requests: 16,
  matches: 16,
  flows: 16,
  asked: 24,
  resolved: 16,
  files: 8,
  alerts: 16,
  decisions: 8,
  ja4s: 8,
  ports: 24,
  protocols: 16,
} as const;

/** What is known of one address. Lists are made when something comes, and have the oldest first. */
export class AddressState {
  readonly address: string;
  firstUs: number;
  lastUs: number;
  /** When it was made the youngest for the last time. */
  touchedUs: number;
  /** Entries of all lists. */
  entries = 0;
  readonly counts: AddressCounts = {
    requests: 0,
    denied: 0,
    requestsSeen: 0,
    wafMatches: 0,
    flows: 0,
    flowsServed: 0,
    bytesSent: 0,
    bytesReceived: 0,
    queries: 0,
    files: 0,
    anomalies: 0,
    alerts: 0,
    evidence: 0,
    overflows: 0,
    decisions: 0,
  };
  requests: RequestEntry[] | undefined;
  matches: MatchEntry[] | undefined;
  flows: FlowEntry[] | undefined;
  asked: NameEntry[] | undefined;
  resolved: NameEntry[] | undefined;
  files: FileEntry[] | undefined;
  alerts: AlertEntry[] | undefined;
  decisions: DecisionEntry[] | undefined;
  ja4s: string[] | undefined;
  /** Flows by port of the server, as `443/tcp`, and by protocol. */
  ports: Map<string, number> | undefined;
  protocols: Map<string, number> | undefined;

  constructor(address: string, timeUs: number) {
    this.address = address;
    this.firstUs = timeUs;
    this.lastUs = timeUs;
    this.touchedUs = timeUs;
  }

  addRequest(entry: RequestEntry): void {
    this.requests ??= [];
    const { requests } = this;
    const at = requests.findIndex((other) => isSameRequest(other, entry));
    if (at < 0) this.put(requests, entry, MOST.requests);
    // Both streams may tell of one request: the active one knows what was done with it.
    else if (entry.stream === 'active') requests[at] = entry;
  }

  addMatch(entry: MatchEntry): void {
    this.matches ??= [];
    this.put(this.matches, entry, MOST.matches);
  }

  /** Adds a flow, or what is new of one that is open. */
  addFlow(entry: FlowEntry): void {
    this.flows ??= [];
    const at = this.flows.findLastIndex(
      ({ isOpen, communityId, timeUs }) =>
        isOpen && communityId === entry.communityId && timeUs === entry.timeUs,
    );
    if (at >= 0) this.flows[at] = entry;
    else this.put(this.flows, entry, MOST.flows);
  }

  addAsked(entry: NameEntry): void {
    this.asked ??= [];
    this.putName(this.asked, entry, MOST.asked);
  }

  addResolved(entry: NameEntry): void {
    this.resolved ??= [];
    this.putName(this.resolved, entry, MOST.resolved);
  }

  addFile(entry: FileEntry): void {
    this.files ??= [];
    this.put(this.files, entry, MOST.files);
  }

  addAlert(entry: AlertEntry): void {
    this.alerts ??= [];
    this.put(this.alerts, entry, MOST.alerts);
  }

  addDecision(entry: DecisionEntry): void {
    this.decisions ??= [];
    this.put(this.decisions, entry, MOST.decisions);
  }

  addJa4(ja4: string): void {
    this.ja4s ??= [];
    if (!this.ja4s.includes(ja4)) this.put(this.ja4s, ja4, MOST.ja4s);
  }

  countFlow(port: string, protocol: string): void {
    this.ports ??= new Map();
    this.protocols ??= new Map();
    if (port !== '') this.count(this.ports, port, MOST.ports);
    this.count(this.protocols, protocol, MOST.protocols);
  }

  private putName(list: NameEntry[], entry: NameEntry, most: number): void {
    const at = list.findIndex(({ name }) => name === entry.name);
    if (at >= 0) {
      list.splice(at, 1);
      this.entries--;
    }
    this.put(list, entry, most);
  }

  private put<T>(list: T[], entry: T, most: number): void {
    list.push(entry);
    if (list.length > most) list.shift();
    else this.entries++;
  }

  private count(counts: Map<string, number>, name: string, most: number): void {
    const before = counts.get(name);
    if (before === undefined) {
      // What came in first of those that came once makes room: scans have many ports, and few that matter.
      if (counts.size >= most) counts.delete(rarest(counts));
      else this.entries++;
    }
    counts.set(name, (before ?? 0) + 1);
  }
}

/** The same request may be told by both streams, some seconds apart. */
const SAME_US = 5e6;

function isSameRequest(a: RequestEntry, b: RequestEntry): boolean {
  return (
    a.stream !== b.stream &&
    a.path === b.path &&
    a.host === b.host &&
    a.method === b.method &&
    Math.abs(a.timeUs - b.timeUs) <= SAME_US
  );
}

function rarest(counts: ReadonlyMap<string, number>): string {
  let found = '';
  let least = Number.POSITIVE_INFINITY;
  for (const [name, count] of counts) {
    if (count >= least) continue;
    least = count;
    found = name;
  }
  return found;
}
