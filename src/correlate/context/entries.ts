/** A request of an address. Times in microseconds since 1970, here and below. */
export interface RequestEntry {
  readonly timeUs: number;
  /** Which stream told of it. */
  readonly stream: 'active' | 'passive';
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** 0 where there was no answer. */
  readonly status: number;
  /** What was done with it: `pass`, `deny` ...; empty where it was only seen. */
  readonly action: string;
  readonly reference: string;
  /** Of its connection: its flow has the same. */
  readonly communityId: string;
}

/** A rule of the WAF that matched a request of the address. */
export interface MatchEntry {
  readonly timeUs: number;
  readonly ruleId: number;
  readonly message: string;
  readonly category: string;
  readonly severity: string;
  readonly score: number;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly action: string;
  readonly reference: string;
}

/** A flow from or to the address; from its own side. */
export interface FlowEntry {
  readonly timeUs: number;
  readonly untilUs: number;
  readonly isOpen: boolean;
  readonly isClient: boolean;
  readonly peer: string;
  /** Port of the server; 0 where the protocol has none. */
  readonly port: number;
  readonly proto: string;
  readonly protocol: string;
  readonly application: string;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly communityId: string;
  /** Of the client, and what was agreed on (`TLS 1.3`); empty where it is not known. */
  readonly ja4: string;
  readonly tlsVersion: string;
  /** Round trip between sensor and client in the handshake, in microseconds; -1 where it is not known. */
  readonly rttClientUs: number;
}

/** A name that the address asked for, or that was answered with the address. */
export interface NameEntry {
  readonly timeUs: number;
  readonly name: string;
}

/** A file that was sent from or to the address. */
export interface FileEntry {
  readonly timeUs: number;
  readonly name: string;
  readonly mimeType: string;
  readonly size: number;
  readonly sha256: string;
  readonly peer: string;
  readonly isReceived: boolean;
}

/** Evidence, an overflow, an alert or an anomaly. */
export interface AlertEntry {
  readonly timeUs: number;
  readonly kind: 'evidence' | 'overflow' | 'alert' | 'anomaly';
  /** Whether the address did it, or it was done to it. */
  readonly role: 'source' | 'target';
  readonly peer: string;
  readonly reason: string;
  /** Scenario, rule or signature. */
  readonly source: string;
  readonly id: string;
  /** 0 to 100; 0 where nobody says. */
  readonly threat: number;
}

/** A decision about the address. */
export interface DecisionEntry {
  readonly timeUs: number;
  readonly change: 'taken' | 'ended' | 'refused';
  readonly type: string;
  readonly origin: string;
  readonly reason: string;
  readonly untilUs: number;
  readonly id: string;
}

/** One thing of an address's timeline, in words. */
export interface TimelineEntry {
  readonly timeUs: number;
  readonly kind: 'request' | 'waf' | 'flow' | 'name' | 'file' | 'alert' | 'decision';
  readonly text: string;
  /** Reference, community id or identifier: where more can be found; empty without. */
  readonly id: string;
}
