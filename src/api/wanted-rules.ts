import { ControlError, type RuleChoice, type RulesInForce } from '../control/index.ts';
import type { TrialRules } from '../mitm/waf/trial/index.ts';
import type { Backend } from './backend.ts';
import { Problem } from './problem.ts';

/** Which rules a request asks for. */
export interface RuleWishes {
  /** SecLang, behind all others. */
  readonly rules?: string;
  /** Without the rules in force: `rules` alone. Default true. */
  readonly crs?: boolean;
  readonly paranoia?: number;
}

/** The rules in force as a trial takes them. */
export function rulesOf({
  paranoia,
  crs,
  files,
}: Pick<RulesInForce, 'paranoia' | 'crs' | 'files'>): TrialRules {
  const isOwnAlone = crs === '' && files.length > 0;
  return isOwnAlone ? { files } : { crs, files, paranoia };
}

/** The rules that a request is to be judged by. Throws a {@link Problem}. */
export async function wanted(
  weir: Backend['weir'],
  { rules: text, crs = true, paranoia }: RuleWishes,
): Promise<TrialRules> {
  const given = text === undefined ? {} : { text };
  if (!crs) {
    if (text !== undefined && paranoia === undefined) return given;
    throw new Problem(
      400,
      'The request is not understood',
      'without the Core Rule Set there are only the given rules, and no paranoia level',
    );
  }
  const level = paranoia === undefined ? {} : { paranoia };
  try {
    return { ...rulesOf(await weir.rules()), ...level, ...given };
  } catch (error) {
    // Rules can be tried where no web traffic is judged.
    if (error instanceof ControlError && error.code === 'off') return { crs: '', ...level, ...given };
    throw error;
  }
}

/** The same as the proxy takes them; given rules were tried before. */
export function choiceOf({ crs, files, paranoia, text }: TrialRules): RuleChoice {
  return {
    ...(crs === undefined || crs === '' ? {} : { crs }),
    ...(files === undefined || files.length === 0 ? {} : { rules: files }),
    ...(paranoia === undefined ? {} : { paranoia }),
    ...(text === undefined ? {} : { text }),
  };
}
