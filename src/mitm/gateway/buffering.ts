import { BufferCopy, BufferError } from '../buffer/index.ts';
import { chooseRules, type RuleSource } from '../waf/index.ts';
import { withExclusions } from './exclusions.ts';
import { rulesOf } from './judging.ts';
import { GatewayError, type GatewayOptions } from './options.ts';

const ANALYSER = new URL('../buffer/analysis/index.ts', import.meta.url).href;
/** Buffer B judges with everything that the rules know. */
const FULL_PARANOIA = 4;

/** What a gateway tells buffer B besides what the configuration says of it. */
export interface BufferPlace {
  /** Folder of dpi-dual's status files; undefined: none are written. */
  readonly statusFolder?: string | undefined;
}

/** Starts buffer B; undefined where none is wanted. Throws a {@link GatewayError}. */
export async function startBuffer(
  options: GatewayOptions,
  upstreams: readonly string[],
  { statusFolder }: BufferPlace,
): Promise<BufferCopy | undefined> {
  const { buffer, waf } = options;
  if (!buffer.enabled) return undefined;
  try {
    return await BufferCopy.start({
      folder: buffer.folder,
      entries: buffer.requests,
      bytes: buffer.sizeBytes,
      ageMs: buffer.ageMs,
      upstreams,
      analyser: buffer.analyse
        ? { url: ANALYSER, options: { waf: waf.enabled ? { sources: fullRules(options) } : undefined } }
        : undefined,
      // Where each request is analysed anyhow nothing is left to find.
      alertReplay: waf.enabled && !buffer.analyse ? { rules: { sources: fullRules(options) } } : undefined,
      statusFiles: statusFolder === undefined ? undefined : { folder: statusFolder },
      forensicLog: { ageMs: buffer.findingsAgeMs },
    });
  } catch (error) {
    if (error instanceof BufferError) throw new GatewayError(`buffer B: ${error.message}`);
    throw error;
  }
}

/** Everything that the rules know, for what is judged off the live path. Throws NoRulesError. */
export function fullRules(options: GatewayOptions): readonly RuleSource[] {
  const { crs, rules, exclusions } = options.waf;
  // Own rules alone know no paranoia level.
  if (crs === '' && rules.length > 0) return rulesOf(options).sources;
  const chosen = chooseRules({ crs: crs === '' ? undefined : crs, rules, paranoia: FULL_PARANOIA });
  return withExclusions(chosen, exclusions).sources;
}
