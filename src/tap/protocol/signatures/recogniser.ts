import type { Direction, PortPair } from '../parser.ts';
import type { Probe, Recognition, Signature, Talk } from './signature.ts';

/** What is kept of a flow between its payloads; all 0 before the first. */
export interface Recollection {
  /** Payloads shown so far. */
  payloads: number;
  /** Signature (index + 1) that has matched payloads in a row, and how many. */
  candidate: number;
  matches: number;
  /** The signature's own number. */
  memory: number;
  /** How the flow has been named so far. */
  recognition: Recognition | undefined;
}

/** What a payload told. `open`: later payloads may tell something, or more. */
export interface Finding {
  recognition: Recognition | undefined;
  open: boolean;
}

interface Table {
  /** Signatures that a first byte allows, in the order of the registry. */
  readonly byFirstByte: readonly (readonly number[])[];
  /** The same for those that are bound to a port. */
  readonly byPort: ReadonlyMap<number, readonly number[]>;
}

const NOTHING: readonly number[] = [];

/**
 * Names flows by their first payloads. Signatures are picked by port and by first byte from tables made once, so that
 * a payload that nobody knows costs a handful of comparisons.
 */
export class Recogniser {
  private readonly signatures: readonly Signature[];
  /** By signature, apart from it so that the loop over candidates touches little. */
  private readonly probes: readonly Probe[];
  private readonly least: Int32Array;
  private readonly followers: Uint8Array;
  private readonly names: (Recognition | undefined)[] = [undefined];
  private readonly numbers = new Map<string, number>();
  private readonly tcp: Table;
  private readonly udp: Table;
  /** By signature: which first bytes it takes; undefined where any. */
  private readonly allowed: readonly (Uint8Array | undefined)[];
  private readonly finding: Finding = { recognition: undefined, open: false };
  private readonly talk: Talk;
  private flow = 0;

  /** `networkOf` answers which network a flow's far end belongs to, in nDPI's names; empty when unknown. */
  constructor(signatures: readonly Signature[], networkOf: (flow: number) => string) {
    this.signatures = signatures;
    this.talk = {
      direction: 0,
      client: 0,
      server: 0,
      earlier: 0,
      memory: 0,
      known: undefined,
      application: '',
      network: () => networkOf(this.flow),
    };
    this.probes = signatures.map(({ probe }) => probe);
    this.least = Int32Array.from(signatures, ({ least }) => least ?? 1);
    this.followers = Uint8Array.from(signatures, ({ follows }) => (follows === undefined ? 0 : 1));
    this.allowed = signatures.map((signature) => {
      if (signature.first === undefined) return undefined;
      const bytes = new Uint8Array(256);
      for (const first of firstBytes(signature)) bytes[first] = 1;
      return bytes;
    });
    this.tcp = tableOf(signatures, 'tcp');
    this.udp = tableOf(signatures, 'udp');
  }

  /** A recognition by its number in a flow's record; undefined for 0. */
  recognition(number: number): Recognition | undefined {
    return this.names[number];
  }

  /** Number of a recognition, below 2^16; equal ones have the same number. */
  number(recognition: Recognition): number {
    const key = `${recognition.name} ${recognition.application} ${recognition.suricata}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.names.push(recognition);
    this.numbers.set(key, number);
    return number;
  }

  /**
   * Shows one payload of a flow to the signatures; `flow` is what `networkOf` knows it by. The answer is valid until the
   * next call.
   */
  look(
    transport: 'tcp' | 'udp',
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    ports: PortPair,
    kept: Recollection,
    flow: number,
  ): Finding {
    const { talk, finding } = this;
    finding.recognition = undefined;
    finding.open = false;
    if (end <= start) return finding;
    talk.direction = direction;
    talk.client = ports.client;
    talk.server = ports.server;
    talk.earlier = kept.payloads++;
    this.flow = flow;
    talk.known = kept.recognition;
    const table = transport === 'tcp' ? this.tcp : this.udp;
    if (this.ask(table.byPort.get(ports.server) ?? NOTHING, bytes, start, end, kept, true)) return finding;
    if (ports.client !== ports.server) {
      if (this.ask(table.byPort.get(ports.client) ?? NOTHING, bytes, start, end, kept, true)) return finding;
    }
    this.ask(table.byFirstByte[bytes[start] as number] as readonly number[], bytes, start, end, kept, false);
    return finding;
  }

  /** What a later payload leaves unsaid, an earlier one has said. */
  private named(signature: Signature, application: string, known: Recognition | undefined): Recognition {
    const said = application === '' && known !== undefined ? known.application : application;
    if (known?.name === signature.name && known.application === said) return known;
    return {
      name: signature.name,
      application: said,
      suricata: signature.suricata,
      service: signature.service,
    };
  }

  private allows(index: number, first: number): boolean {
    const allowed = this.allowed[index];
    return allowed === undefined || allowed[first] === 1;
  }

  /** Asks some signatures in their order; true when one has said yes. */
  private ask(
    candidates: readonly number[],
    bytes: Uint8Array,
    start: number,
    end: number,
    kept: Recollection,
    byPort: boolean,
  ): boolean {
    const { talk, finding } = this;
    for (let i = 0; i < candidates.length; i++) {
      const index = candidates[i] as number;
      if (end - start < (this.least[index] as number)) continue;
      const signature = this.signatures[index] as Signature;
      if (talk.known !== undefined) {
        if (talk.known.name !== signature.name && talk.known.name !== signature.follows) continue;
      } else if (this.followers[index] === 1) continue;
      if (byPort && !this.allows(index, bytes[start] as number)) continue;
      const mine = kept.candidate === index + 1;
      talk.memory = mine ? kept.memory : 0;
      talk.application = signature.application ?? '';
      const verdict = (this.probes[index] as Probe)(bytes, start, end, talk);
      if (verdict === 'no') {
        if (mine) kept.candidate = 0;
        continue;
      }
      if (verdict === 'maybe') {
        // Another that has begun to look right is not forgotten for it.
        if (kept.candidate === 0 || talk.known !== undefined) {
          kept.candidate = index + 1;
          kept.matches = 0;
        }
        if (kept.candidate === index + 1) kept.memory = talk.memory;
        finding.open = true;
        continue;
      }
      const matches = mine ? kept.matches + 1 : 1;
      if (kept.candidate === 0 || mine || matches >= (signature.payloads ?? 1)) {
        kept.candidate = index + 1;
        kept.matches = matches;
        kept.memory = talk.memory;
      }
      if (matches < (signature.payloads ?? 1)) {
        finding.open = true;
        continue;
      }
      finding.recognition = this.named(signature, talk.application, talk.known);
      kept.recognition = finding.recognition;
      finding.open = verdict === 'likely';
      return true;
    }
    return false;
  }
}

function tableOf(signatures: readonly Signature[], transport: 'tcp' | 'udp'): Table {
  const byFirstByte: number[][] = Array.from({ length: 256 }, () => []);
  const byPort = new Map<number, number[]>();
  for (const [index, signature] of signatures.entries()) {
    if (!signature.transports.includes(transport)) continue;
    if (signature.ports !== undefined) {
      for (const port of signature.ports) {
        const list = byPort.get(port);
        if (list === undefined) byPort.set(port, [index]);
        else list.push(index);
      }
      continue;
    }
    for (const first of firstBytes(signature)) byFirstByte[first]?.push(index);
  }
  return { byFirstByte, byPort };
}

function firstBytes({ first }: Signature): readonly number[] {
  if (first === undefined) return Array.from({ length: 256 }, (_, i) => i);
  const values = typeof first === 'string' ? Array.from(first, (letter) => letter.charCodeAt(0)) : first;
  return [...new Set(values)];
}
