import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { RewriteRulesError, RuleRewriter } from '../proxy/rewrite/index.ts';
import { GatewayError } from './options.ts';

/** A file of rules is never larger; who names another has mistaken it. */
const MOST_BYTES = 1 << 20;
const MOST_FAULTS = 10;

/** Reads the rules of a file, a list in YAML. Throws a {@link GatewayError} with what is wrong and where. */
export function readRewriter(path: string): RuleRewriter {
  try {
    if (statSync(path).size > MOST_BYTES)
      throw new GatewayError(`${path}: is longer than ${MOST_BYTES} bytes`);
    return new RuleRewriter(parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 }));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    if (error instanceof RewriteRulesError) {
      const more = error.faults.length - MOST_FAULTS;
      const shown = error.faults.slice(0, MOST_FAULTS).map((fault) => `${path}: ${fault}`);
      throw new GatewayError(`${shown.join('\n')}${more > 0 ? `\n... and ${more} more` : ''}`);
    }
    throw new GatewayError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
