import { NDPI_CONFIDENCE, NDPI_RESULT, type NdpiAddon, type NdpiInspector } from '../../../native/index.ts';
import { applicationWithin, isLoose, presentName, presentRisk } from './names.ts';

/** What nDPI says of a flow. */
export interface NdpiVerdict {
  /** `TLS`, ...; empty when only the application is known. */
  readonly protocol: string;
  /** `Google`, ...; empty when there is none. */
  readonly application: string;
  readonly category: string;
  /** `ndpi`: by content. The others are guesses. */
  readonly confidence: 'ndpi' | 'port' | 'address';
}

// A verdict in one word: its number, and that of its set of risks << 16. Number 0 of each is none.
const NUMBER_BITS = 16;
const MOST_NUMBERS = (1 << NUMBER_BITS) - 1;
const NUMBER_MASK = MOST_NUMBERS;

/** Verdicts and sets of risks under numbers, so that a flow's record holds both in one word. */
export class Verdicts {
  private readonly inspector: NdpiInspector;
  private readonly addon: NdpiAddon;
  private readonly verdicts: (NdpiVerdict | undefined)[] = [undefined];
  private readonly verdictNumbers = new Map<number, number>();
  private readonly risks: (readonly string[])[] = [[]];
  private readonly riskNumbers = new Map<number, number>();

  constructor(addon: NdpiAddon, inspector: NdpiInspector) {
    this.addon = addon;
    this.inspector = inspector;
  }

  /** The word of the result that begins at `at`; 0 when it says nothing. */
  pack(results: Int32Array, at: number): number {
    const master = results[at + NDPI_RESULT.master]!;
    const application = results[at + NDPI_RESULT.application]!;
    const low = results[at + NDPI_RESULT.risksLow]! >>> 0;
    const high = results[at + NDPI_RESULT.risksHigh]! >>> 0;
    let word = 0;
    if ((master | application) !== 0) word = this.verdictNumber(results, at);
    if ((low | high) !== 0) word |= this.riskNumber(low, high) << NUMBER_BITS;
    return word;
  }

  /** The verdict in a word. */
  verdict(word: number): NdpiVerdict | undefined {
    return this.verdicts[word & NUMBER_MASK];
  }

  /** The risks in a word, in the words of the newer versions. */
  risksOf(word: number): readonly string[] {
    return this.risks[word >>> NUMBER_BITS] ?? [];
  }

  private verdictNumber(results: Int32Array, at: number): number {
    const master = results[at + NDPI_RESULT.master]!;
    const application = results[at + NDPI_RESULT.application]!;
    const confidence = results[at + NDPI_RESULT.confidence]! & 0xff;
    const category = results[at + NDPI_RESULT.category]!;
    const key = ((master * 65536 + application) * 4 + confidence) * 256 + (category & 0xff);
    const known = this.verdictNumbers.get(key);
    if (known !== undefined) return known;
    if (this.verdicts.length > MOST_NUMBERS) return 0;
    const verdict = this.describe(master, application, confidence, category);
    const believed = verdict.confidence !== 'ndpi' || !isLoose(this.addon.version, verdict.protocol);
    const number = believed ? this.verdicts.push(verdict) - 1 : 0;
    this.verdictNumbers.set(key, number);
    return number;
  }

  private describe(master: number, application: number, confidence: number, category: number): NdpiVerdict {
    const name = (number: number): string => presentName(this.inspector.protocolName(number));
    const voice =
      confidence === NDPI_CONFIDENCE.port
        ? 'port'
        : confidence === NDPI_CONFIDENCE.address
          ? 'address'
          : 'ndpi';
    const only = master === 0 || application === 0 || master === application;
    // An address tells whose server it is, not what is spoken.
    const owner = only && voice === 'address';
    const protocol = owner ? '' : name(master === 0 ? application : master);
    return {
      protocol,
      application: owner || !only ? applicationWithin(protocol, name(application || master)) : '',
      category: this.inspector.categoryName(category),
      confidence: voice,
    };
  }

  private riskNumber(low: number, high: number): number {
    const key = high * 4294967296 + low;
    const known = this.riskNumbers.get(key);
    if (known !== undefined) return known;
    // There are more sets than numbers: a rare set that comes late is left out.
    if (this.risks.length > MOST_NUMBERS) return 0;
    const names: string[] = [];
    for (let bit = 0; bit < 64; bit++) {
      const set = bit < 32 ? (low >>> bit) & 1 : (high >>> (bit - 32)) & 1;
      const name = set === 1 ? this.addon.riskName(bit) : '';
      if (name !== '') names.push(presentRisk(name));
    }
    const number = this.risks.length;
    this.risks.push(names);
    this.riskNumbers.set(key, number);
    return number;
  }
}
