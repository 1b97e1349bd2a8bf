import { EVIDENCE_TYPES, type EvidenceType } from '../evidence.ts';

/** Points of one fresh piece of evidence, where nothing else is configured. */
export const DEFAULT_WEIGHTS: Readonly<Record<EvidenceType, number>> = {
  waf_block: 25,
  waf_alert: 15,
  crowdsec_ban: 30,
  dpi_threat: 20,
  scanner: 35,
  brute_force: 40,
  other: 10,
};

/** Factor on all weights; `custom` takes them as they are given. */
export const SENSITIVITIES = { low: 0.7, medium: 1, high: 1.3, custom: 1 } as const;

/** How quickly evidence becomes a bad reputation. */
export type Sensitivity = keyof typeof SENSITIVITIES;

/** The most that one piece may weigh, before the factor of the sensitivity. */
export const HEAVIEST = 100;
/** Sources with a weight of their own. */
const MOST_OVERRIDES = 10_000;

/** What evidence weighs. */
export interface WeightOptions {
  /** Points per type, 0 to 100; default {@link DEFAULT_WEIGHTS}. */
  readonly weights?: Partial<Readonly<Record<EvidenceType, number>>>;
  /** Default `medium`. */
  readonly sensitivity?: Sensitivity;
  /** Points of single scenarios and rules, by `Evidence.source`, 0 to 100; they go before those of the type. */
  readonly overrides?: Readonly<Record<string, number>>;
}

/** A weight or another number of the reputation is out of its range; the message says which and what it may be. */
export class ReputationOptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReputationOptionError';
  }
}

/** Weights with the factor of the sensitivity in them. */
export class Weights {
  private readonly byType: ReadonlyMap<EvidenceType, number>;
  private readonly bySource: ReadonlyMap<string, number>;

  /** Throws {@link ReputationOptionError}. */
  constructor(options: WeightOptions = {}) {
    const { sensitivity = 'medium' } = options;
    if (!Object.hasOwn(SENSITIVITIES, sensitivity)) {
      throw new ReputationOptionError(
        `sensitivity: takes ${Object.keys(SENSITIVITIES).join(', ')}, not '${sensitivity}'`,
      );
    }
    const factor = SENSITIVITIES[sensitivity];
    const scaled = (where: string, value: number): number => {
      if (!(value >= 0 && value <= HEAVIEST)) {
        throw new ReputationOptionError(`${where}: a weight is 0 to ${HEAVIEST}, not ${value}`);
      }
      return value * factor;
    };
    this.byType = new Map(
      EVIDENCE_TYPES.map((type) => [
        type,
        scaled(`weights.${type}`, options.weights?.[type] ?? DEFAULT_WEIGHTS[type]),
      ]),
    );
    const overrides = Object.entries(options.overrides ?? {});
    if (overrides.length > MOST_OVERRIDES) {
      throw new ReputationOptionError(`overrides: at most ${MOST_OVERRIDES}, not ${overrides.length}`);
    }
    this.bySource = new Map(
      overrides.map(([source, value]) => [source, scaled(`overrides.${source}`, value)]),
    );
  }

  /** Points of one fresh piece of this type from this scenario or rule. */
  of(type: EvidenceType, source: string): number {
    return this.bySource.get(source) ?? this.byType.get(type) ?? 0;
  }
}
