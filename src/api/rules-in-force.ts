import { type RuleCatalogue, TrialError, type TrialRules, tryRules } from '../mitm/waf/trial/index.ts';

/** The rules in force; `problem`: why nothing can be told of them, in words. */
export interface KnownRules {
  readonly catalogue?: RuleCatalogue;
  readonly problem: string;
}

/** Rule files may be edited. */
const FRESH_MS = 60_000;

/** What there is to tell of the rules in force. To load them takes seconds: it is done once in a while. */
export class RulesInForceReader {
  private key = '';
  private untilMs = 0;
  private known: Promise<KnownRules> | undefined;

  /** What is known of these rules. */
  read(rules: TrialRules): Promise<KnownRules> {
    const key = JSON.stringify(rules);
    const nowMs = performance.now();
    if (this.known === undefined || key !== this.key || nowMs >= this.untilMs) {
      this.key = key;
      this.untilMs = nowMs + FRESH_MS;
      this.known = load(rules);
    }
    return this.known;
  }
}

async function load(rules: TrialRules): Promise<KnownRules> {
  try {
    const answer = await tryRules({ kind: 'catalogue', rules });
    if (answer.kind === 'catalogue') return { catalogue: answer.catalogue, problem: '' };
    return { problem: answer.kind === 'refused' ? answer.reason : 'the rules gave no answer' };
  } catch (error) {
    if (error instanceof TrialError) return { problem: error.message };
    throw error;
  }
}
