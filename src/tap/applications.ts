import type { ApplicationRecord } from '../event/index.ts';
import type { Detector } from './detection.ts';
import { Interner } from './flow/interner.ts';
import * as R from './flow/record.ts';
import type { FlowView } from './flow/view.ts';
import type { ResolvedNames } from './names.ts';
import {
  type Application,
  applicationOf,
  applicationOfAddress,
  categoryOf,
} from './protocol/application/index.ts';
import type { NdpiVerdict, NdpiVoice } from './protocol/ndpi/index.ts';
import {
  applicationBeforeTls,
  applicationOfCertificate,
  applicationOfRelay,
  applicationOfService,
  CallEndpoints,
  protocolOfNumber,
  protocolOfPorts,
  protocolOverTls,
  type Recogniser,
  type Recognition,
} from './protocol/signatures/index.ts';

/** Risks of one flow at most. */
const MAX_RISKS = 16;

type NameSource = 'sni' | 'host' | 'certificate' | 'query';

/** What the parsers said of a flow beyond its protocol. */
interface Identity {
  name: string;
  source: NameSource | undefined;
  risks: string[];
}

const NOTHING: Application = { name: '', category: '' };
const NO_RISKS: readonly string[] = [];

/** What application a flow carries: by the names its client used, by what DNS answered, by address. */
export class Applications {
  private readonly words: Int32Array;
  private readonly names: ResolvedNames;
  private readonly detector: Detector;
  private readonly recogniser: Recogniser;
  private readonly voice: NdpiVoice | undefined;
  private readonly identities = new Map<number, Identity>();
  private readonly numbers = new Interner<Application>(NOTHING, 4096);
  private readonly calls = new CallEndpoints();
  /** The same where only the network of a relay told; relays of one application serve others too. */
  private readonly guesses = new CallEndpoints();

  constructor(
    words: Int32Array,
    names: ResolvedNames,
    detector: Detector,
    recogniser: Recogniser,
    voice: NdpiVoice | undefined,
  ) {
    this.words = words;
    this.names = names;
    this.detector = detector;
    this.recogniser = recogniser;
    this.voice = voice;
  }

  serverName(w: number, name: string, source: NameSource): void {
    const application = this.lookUp(name);
    if (source === 'query') {
      // A query names what is asked for; it is not the name of the server.
      if (application !== NOTHING) this.set(w, application);
      return;
    }
    const identity = this.identity(w);
    if (source === 'certificate' && identity.source !== undefined) {
      // Further names of a certificate count where the first did not tell an application.
      if (identity.source !== 'certificate' || (this.words[w + R.APPLICATION]! & 0xffff) !== 0) return;
    } else {
      identity.name = name;
      identity.source = source;
    }
    if (application !== NOTHING) this.set(w, application);
  }

  risk(w: number, name: string): void {
    const { risks } = this.identity(w);
    if (risks.length < MAX_RISKS && !risks.includes(name)) risks.push(name);
  }

  /** The names in a server's certificate; they count where no host name told an application. */
  certificate(w: number, holder: readonly string[], issuer: readonly string[]): void {
    if ((this.words[w + R.APPLICATION]! & 0xffff) !== 0) return;
    const name = applicationOfCertificate(holder, issuer);
    if (name !== undefined) this.set(w, { name, category: categoryOf(name) });
  }

  /** A signature has named the flow. Its number lies in the upper half of the word. */
  recognised(w: number, recognition: Recognition, view: FlowView): void {
    const { words } = this;
    const number = this.recogniser.number(recognition);
    words[w + R.APPLICATION] = (words[w + R.APPLICATION]! & 0xffff) | (number << 16);
    if (recognition.name !== 'STUN') return;
    const relay = recognition.application === '' ? applicationOfRelay(this.network(w, view)) : undefined;
    const known = relay === undefined ? this.calls : this.guesses;
    const application = relay ?? recognition.application;
    if (application === '') return;
    known.add(this.endpoint(w, R.CLIENT, 16), application);
    known.add(this.endpoint(w, R.SERVER, 0), application);
  }

  /** Name of the network that one of the flow's addresses belongs to, the server's first; empty when unknown. */
  network(w: number, view: FlowView): string {
    return (this.byAddress(w, view, R.SERVER) ?? this.byAddress(w, view, R.CLIENT))?.name ?? '';
  }

  /** Lets go of what is kept for a flow that has ended. */
  forget(w: number): void {
    if (this.identities.size > 0) this.identities.delete(w);
  }

  of(w: number, view: FlowView, appProto: string, timeUs: number): ApplicationRecord {
    const identity = this.identities.get(w);
    const parsed = this.detector.named(appProto);
    let application = this.numbers.value(this.words[w + R.APPLICATION]! & 0xffff);
    let confidence: ApplicationRecord['confidence'] = parsed === undefined ? 'unknown' : 'parser';
    let name = identity?.name ?? '';
    if (application !== NOTHING) {
      confidence = 'host';
    } else if (name === '' && !(parsed?.nameless ?? false)) {
      const resolved = this.names.of(this.words, w + R.SERVER, timeUs);
      if (resolved !== undefined) {
        name = resolved;
        application = this.lookUp(resolved);
      }
      if (application === NOTHING) {
        application = this.byAddress(w, view, R.SERVER) ?? NOTHING;
        if (application !== NOTHING) confidence = 'address';
      } else {
        confidence = 'host';
      }
    }
    const recognition = this.recogniser.recognition(this.words[w + R.APPLICATION]! >>> 16);
    let protocol = parsed?.ndpi;
    if (parsed?.name === 'tls') {
      const flow = view.at(w);
      protocol = protocolOverTls(flow.appProtoOriginal, flow.clientPort, flow.serverPort);
      const before = applicationBeforeTls(flow.appProtoOriginal);
      if (before !== undefined && application === NOTHING) application = { name: before, category: '' };
    }
    if (application !== NOTHING && (parsed?.name === 'dns' || confidence === 'address')) {
      const flow = view.at(w);
      const service = applicationOfService(application.name, flow.clientPort, flow.serverPort);
      if (service !== undefined) application = { name: service, category: '' };
    }
    if (recognition !== undefined) {
      if (protocol === undefined) confidence = 'signature';
      const call = recognition.application || this.callOf(w, recognition, view);
      if (call !== '') application = { name: call, category: '' };
      protocol ??= recognition.name;
    }
    const second = protocol === undefined ? this.voice?.verdict(w) : undefined;
    if (second?.confidence === 'ndpi') {
      protocol = second.protocol;
      if (second.application !== '' && confidence !== 'host') application = applicationOfVoice(second);
      confidence = 'ndpi';
    }
    if (protocol === undefined) {
      const flow = view.at(w);
      protocol = protocolOfNumber(flow.protocol);
      if (protocol !== undefined) confidence = 'signature';
      else {
        protocol = protocolOfPorts(flow.protocol, flow.clientPort, flow.serverPort);
        if (protocol !== undefined && confidence === 'unknown') confidence = 'port';
      }
    }
    if (protocol === undefined && second !== undefined) {
      if (second.protocol !== '') protocol = second.protocol;
      if (application === NOTHING) application = applicationOfVoice(second);
      if (confidence === 'unknown') confidence = second.confidence;
    }
    protocol ??= 'Unknown';
    return {
      protocol,
      application: application.name === protocol ? '' : application.name,
      category: application.category || category(application.name || protocol, second),
      confidence,
      risks: union(identity?.risks ?? NO_RISKS, this.voice?.risks(w) ?? NO_RISKS),
      name,
    };
  }

  /** The application of a call whose messages did not tell: by its sockets' other flows, or by the relay's network. */
  private callOf(w: number, recognition: Recognition, view: FlowView): string {
    if (recognition.name !== 'STUN' && recognition.name !== 'SRTP') return '';
    return (
      this.calls.of(this.endpoint(w, R.CLIENT, 16)) ??
      this.calls.of(this.endpoint(w, R.SERVER, 0)) ??
      applicationOfRelay(this.network(w, view)) ??
      this.guesses.of(this.endpoint(w, R.CLIENT, 16)) ??
      this.guesses.of(this.endpoint(w, R.SERVER, 0)) ??
      ''
    );
  }

  /** One side of a flow as text; `shift` is where its port lies in the word of ports. */
  private endpoint(w: number, side: number, shift: number): string {
    const { words } = this;
    const at = w + side;
    const port = (words[w + R.PORTS]! >>> shift) & 0xffff;
    return `${words[at]},${words[at + 1]},${words[at + 2]},${words[at + 3]} ${port}`;
  }

  private byAddress(w: number, view: FlowView, side: number): Application | undefined {
    const { words } = this;
    const version = view.at(w).version;
    if (version !== 4 && version !== 6) return undefined;
    const at = w + side;
    return applicationOfAddress(version, [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!]);
  }

  private identity(w: number): Identity {
    let identity = this.identities.get(w);
    if (identity === undefined) {
      identity = { name: '', source: undefined, risks: [] };
      this.identities.set(w, identity);
    }
    return identity;
  }

  private set(w: number, application: Application): void {
    const { words } = this;
    const number = this.numbers.number(application.name, () => application);
    words[w + R.APPLICATION] = (words[w + R.APPLICATION]! & ~0xffff) | number;
  }

  private lookUp(host: string): Application {
    return applicationOf(host) ?? NOTHING;
  }
}

/** What the other voice named; its category holds where our table does not know the name. */
function applicationOfVoice(verdict: NdpiVerdict): Application {
  if (verdict.application === '') return NOTHING;
  return { name: verdict.application, category: category(verdict.application, verdict) };
}

/** Category of a name by our table, else by the other voice. */
function category(name: string, second: NdpiVerdict | undefined): string {
  const known = categoryOf(name);
  return known === 'Unspecified' && second !== undefined ? second.category : known;
}

/** Both sets of risks, each risk once. */
function union(ours: readonly string[], theirs: readonly string[]): readonly string[] {
  if (theirs.length === 0) return ours;
  if (ours.length === 0) return theirs;
  return [...new Set([...ours, ...theirs])];
}
