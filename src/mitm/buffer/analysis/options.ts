import { DEFAULT_ENDPOINTS, type EndpointLimits } from './endpoints/index.ts';
import type { FullWafOptions } from './full-waf.ts';
import { DEFAULT_RATES, type RateLimits } from './rates.ts';
import { DEFAULT_SEQUENCES, type SequenceLimits } from './sequences/limits.ts';

/** What the analysers run with: plain data, so that it can be sent to a worker. */
export interface AnalyserOptions {
  /** Rules for the second look; without them what the live path's rules said counts. */
  readonly waf?: FullWafOptions | undefined;
  /** From this score on a transaction is a threat (1 to 100). */
  readonly alertScore?: number | undefined;
  readonly rates?: Partial<RateLimits> | undefined;
  readonly sequences?: Partial<SequenceLimits> | undefined;
  readonly endpoints?: Partial<EndpointLimits> | undefined;
}

/** From this score on a transaction is a threat, where nothing else is said. */
export const DEFAULT_ALERT_SCORE = 50;

/** The options with what is left out. */
export interface AnalyserSettings {
  readonly waf: FullWafOptions | undefined;
  readonly alertScore: number;
  readonly rates: RateLimits;
  readonly sequences: SequenceLimits;
  readonly endpoints: EndpointLimits;
}

/** Fills in what is left out. Throws an Error that names the option for numbers that make no sense. */
export function settingsOf(options: AnalyserOptions): AnalyserSettings {
  const settings: AnalyserSettings = {
    waf: options.waf,
    alertScore: options.alertScore ?? DEFAULT_ALERT_SCORE,
    rates: { ...DEFAULT_RATES, ...options.rates },
    sequences: { ...DEFAULT_SEQUENCES, ...options.sequences },
    endpoints: { ...DEFAULT_ENDPOINTS, ...options.endpoints },
  };
  if (!(settings.alertScore >= 1 && settings.alertScore <= 100)) {
    throw new Error(`alertScore takes a number from 1 to 100, not ${settings.alertScore}`);
  }
  for (const part of ['rates', 'sequences', 'endpoints'] as const) {
    for (const [name, value] of Object.entries(settings[part])) {
      if (typeof value === 'number' && !(value > 0 && Number.isFinite(value))) {
        throw new Error(`${part}.${name} takes a number above 0, not ${value}`);
      }
    }
  }
  if (settings.endpoints.clientLessons > 255) {
    throw new Error(`endpoints.clientLessons takes at most 255, not ${settings.endpoints.clientLessons}`);
  }
  return settings;
}
