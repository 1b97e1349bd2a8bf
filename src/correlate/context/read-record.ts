import { addressOf, countOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from '../../event/index.ts';
import type { FlowSide } from '../join/index.ts';
import type { AddressState } from './address-state.ts';
import type { DecisionEntry, FlowEntry } from './entries.ts';

/** Changes what is known of an address; `isMarked`: something speaks against it. */
export type Change = (
  address: string,
  timeUs: number,
  isMarked: boolean,
  change: (state: AddressState) => void,
) => void;

type Fields = { readonly [name: string]: unknown };

const MOST_PATH = 256;
/** Answers of a message of DNS that are looked at. */
const MOST_ANSWERS = 16;

/**
 * Puts what a record tells to the addresses that it is about; `side`: what its connection's other records told. Other
 * types of records are passed over.
 */
export function readRecord(record: EveRecord, timeUs: number, side: FlowSide | undefined, on: Change): void {
  switch (record.event_type) {
    case 'flow':
      flow(record, objectOf(record.flow), timeUs, side, on);
      break;
    case 'flow_progress':
      flow(record, objectOf(record.flow_progress), timeUs, side, on);
      break;
    case 'http':
      request(record, timeUs, on);
      break;
    case 'waf':
      match(record, timeUs, on);
      break;
    case 'dns':
      names(record, timeUs, on);
      break;
    case 'tls':
    case 'tls_hello':
    case 'quic': {
      const ja4 = nameOf(objectOf(record[record.event_type])?.ja4);
      const address = addressOf(record.src_ip);
      if (ja4 !== undefined && address !== undefined)
        on(address, timeUs, false, (state) => state.addJa4(ja4));
      break;
    }
    case 'fileinfo':
      file(record, timeUs, on);
      break;
    case 'alert':
      alert(record, timeUs, on);
      break;
    case 'anomaly':
      anomaly(record, timeUs, on);
      break;
    case 'decision':
      decision(record, timeUs, on);
      break;
    default:
  }
}

function flow(
  record: EveRecord,
  counters: Fields | undefined,
  timeUs: number,
  side: FlowSide | undefined,
  on: Change,
): void {
  const source = addressOf(record.src_ip);
  const destination = addressOf(record.dest_ip);
  if (source === undefined || destination === undefined || counters === undefined) return;
  const isOpen = record.event_type === 'flow_progress';
  const bytes = isOpen ? objectOf(counters.total) : counters;
  const toServer = countOf(bytes?.bytes_toserver) ?? 0;
  const toClient = countOf(bytes?.bytes_toclient) ?? 0;
  const app = objectOf(record.app);
  const port = countOf(record.dest_port) ?? 0;
  const proto = text(record.proto, 16);
  const protocol = nameOf(app?.protocol) ?? nameOf(record.app_proto) ?? 'Unknown';
  const entry: FlowEntry = {
    timeUs: timeOf(counters.start) ?? timeUs,
    untilUs: timeOf(counters.end) ?? timeUs,
    isOpen,
    isClient: true,
    peer: destination,
    port,
    proto,
    protocol,
    application: nameOf(app?.application) ?? '',
    bytesSent: toServer,
    bytesReceived: toClient,
    communityId: text(record.community_id, 64),
    ja4: side?.ja4 ?? '',
    tlsVersion: side?.tlsVersion ?? '',
    rttClientUs: countOf(objectOf(record.tcp)?.rtt_client_us) ?? side?.rttClientUs ?? -1,
  };
  const name = port === 0 ? '' : `${port}/${proto.toLowerCase()}`;
  const end = (state: AddressState, sent: number, received: number) => {
    if (isOpen) return;
    state.counts.bytesSent += sent;
    state.counts.bytesReceived += received;
    state.countFlow(name, protocol);
  };
  on(source, timeUs, false, (state) => {
    if (!isOpen) state.counts.flows++;
    end(state, toServer, toClient);
    state.addFlow(entry);
  });
  if (destination === source) return;
  on(destination, timeUs, false, (state) => {
    if (!isOpen) state.counts.flowsServed++;
    end(state, toClient, toServer);
    const served = { isClient: false, peer: source, bytesSent: toClient, bytesReceived: toServer };
    state.addFlow({ ...entry, ...served });
  });
}

function request(record: EveRecord, timeUs: number, on: Change): void {
  const address = addressOf(record.src_ip);
  const http = objectOf(record.http);
  const web = objectOf(record.web);
  // Frames of an HTTP/2 connection are no requests.
  if (address === undefined || http === undefined || http.http_method === undefined) return;
  on(address, timeUs, false, (state) => {
    const action = text(web?.action, 16);
    if (web === undefined) state.counts.requestsSeen++;
    else {
      state.counts.requests++;
      if (action !== 'pass') state.counts.denied++;
    }
    state.addRequest({
      timeUs,
      stream: web === undefined ? 'passive' : 'active',
      ...target(http),
      status: countOf(http.status) ?? 0,
      action,
      reference: text(web?.reference, 64),
      communityId: text(record.community_id, 64),
    });
  });
}

function match(record: EveRecord, timeUs: number, on: Change): void {
  const address = addressOf(record.src_ip);
  const waf = objectOf(record.waf);
  if (address === undefined || waf === undefined) return;
  on(address, timeUs, true, (state) => {
    state.counts.wafMatches++;
    state.addMatch({
      timeUs,
      ruleId: countOf(waf.rule_id) ?? 0,
      message: text(waf.message, 255),
      category: text(waf.category, 64),
      severity: text(waf.severity, 32),
      score: countOf(waf.score) ?? 0,
      ...target(objectOf(record.http) ?? {}),
      action: text(waf.action, 16),
      reference: text(waf.reference, 64),
    });
  });
}

function target(http: Fields) {
  return {
    method: text(http.http_method, 32),
    host: text(http.hostname, 255),
    path: text(http.url, MOST_PATH),
  };
}

function names(record: EveRecord, timeUs: number, on: Change): void {
  const dns = objectOf(record.dns);
  if (dns === undefined) return;
  const queries = listOf(dns.queries).slice(0, MOST_ANSWERS);
  if (dns.type === 'request') {
    const address = addressOf(record.src_ip);
    if (address === undefined) return;
    for (const query of queries) {
      const name = nameOf(objectOf(query)?.rrname);
      if (name === undefined) continue;
      on(address, timeUs, false, (state) => {
        state.counts.queries++;
        state.addAsked({ timeUs, name });
      });
    }
    return;
  }
  // The name that was asked for, not the last one of a chain of aliases.
  const asked = nameOf(objectOf(queries[0])?.rrname);
  for (const answer of listOf(dns.answers).slice(0, MOST_ANSWERS)) {
    const { rrname, rrtype, rdata } = objectOf(answer) ?? {};
    if (rrtype !== 'A' && rrtype !== 'AAAA') continue;
    const address = addressOf(rdata);
    const name = asked ?? nameOf(rrname);
    if (address === undefined || name === undefined) continue;
    on(address, timeUs, false, (state) => state.addResolved({ timeUs, name }));
  }
}

function file(record: EveRecord, timeUs: number, on: Change): void {
  const info = objectOf(record.fileinfo);
  const sender = addressOf(record.src_ip);
  const receiver = addressOf(record.dest_ip);
  if (info === undefined || sender === undefined || receiver === undefined) return;
  const entry = {
    timeUs,
    name: text(info.filename, 255),
    mimeType: text(info.mimetype, 128),
    size: countOf(info.size) ?? 0,
    sha256: text(info.sha256, 64),
  };
  on(sender, timeUs, false, (state) => {
    state.counts.files++;
    state.addFile({ ...entry, peer: receiver, isReceived: false });
  });
  on(receiver, timeUs, false, (state) => {
    state.counts.files++;
    state.addFile({ ...entry, peer: sender, isReceived: true });
  });
}

function alert(record: EveRecord, timeUs: number, on: Change): void {
  const source = addressOf(record.src_ip);
  const destination = addressOf(record.dest_ip);
  const found = objectOf(record.alert);
  if (found === undefined) return;
  const entry = {
    timeUs,
    kind: 'alert' as const,
    reason: text(found.signature, 255),
    source: String(countOf(found.signature_id) ?? ''),
    id: text(record.community_id, 64),
    threat: 0,
  };
  for (const role of ['source', 'target'] as const) {
    const address = role === 'source' ? source : destination;
    const peer = (role === 'source' ? destination : source) ?? '';
    if (address === undefined) continue;
    on(address, timeUs, true, (state) => {
      state.counts.alerts++;
      state.addAlert({ ...entry, role, peer });
    });
  }
}

function anomaly(record: EveRecord, timeUs: number, on: Change): void {
  const address = addressOf(record.src_ip);
  const reason = nameOf(objectOf(record.anomaly)?.event);
  if (address === undefined || reason === undefined) return;
  on(address, timeUs, false, (state) => {
    state.counts.anomalies++;
    // Anomalies are many: only the first of their kind is in the list.
    if (state.alerts?.some((one) => one.kind === 'anomaly' && one.reason === reason)) return;
    const peer = addressOf(record.dest_ip) ?? '';
    const id = text(record.community_id, 64);
    state.addAlert({ timeUs, kind: 'anomaly', role: 'source', peer, reason, source: '', id, threat: 0 });
  });
}

/** What became of a decision, by the event of its record; a failure to apply one leaves it in force. */
const CHANGES: ReadonlyMap<unknown, DecisionEntry['change']> = new Map([
  ['taken', 'taken'],
  ['refused', 'refused'],
  ['expired', 'ended'],
  ['lifted', 'ended'],
]);

function decision(record: EveRecord, timeUs: number, on: Change): void {
  const about = objectOf(record.decision);
  const change = CHANGES.get(about?.event);
  const address = addressOf(about?.value);
  if (about === undefined || change === undefined || about.scope !== 'address' || address === undefined)
    return;
  on(address, timeUs, true, (state) => {
    if (change === 'taken') state.counts.decisions++;
    state.addDecision({
      timeUs,
      change,
      type: text(about.type, 16),
      origin: text(about.origin, 64),
      reason: text(about.reason, 255),
      untilUs: timeOf(about.until) ?? 0,
      id: text(about.id, 64),
    });
  });
}

function text(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}
