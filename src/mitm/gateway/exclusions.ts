import type { ChosenRules, RuleSource } from '../waf/index.ts';
import { GatewayError } from './options.ts';

/** Exclusions from the Core Rule Set that come with weir. */
export const EXCLUSIONS = ['graphql'] as const;
export type Exclusion = (typeof EXCLUSIONS)[number];

/**
 * Rules that take names of a query's fields, arguments and variables for something else, with what they take them for:
 * commands of shells (`id`, `size`, `sort`), functions of databases (`user(`, `count(`), operators of MongoDB (`$in`,
 * `$first`); and, from paranoia level 2 on, rules that count brackets and look for signs of comments.
 */
const NAME_RULES = [
  ...[932100, 932105, 932110, 932115, 932150, 932220, 932230, 932235, 932236, 932237, 932238, 932239],
  ...[932250, 932260, 942150, 942151, 942152, 942190, 942290, 942410, 942430, 942431, 942432, 942440],
];

/**
 * GraphQL over HTTP: a POST of JSON with one member `query` that begins as a document does: with an operation, a
 * fragment or a selection, comments aside. A selection begins with a name or `...`, never with a quote or `$`, so that
 * an operator of MongoDB in the form of a text is none. Only the document itself is meant, not the variables beside it.
 * The identifiers are of the range that weir keeps for itself.
 */
const GRAPHQL = `
SecRule REQUEST_METHOD "@streq POST" "id:460010,phase:2,pass,nolog,t:none,chain"
  SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^application/(?:[a-z0-9.+-]+[+])?json" "t:none,chain"
  SecRule ARGS:json.query "@rx ^[\\s,]*(?:#[^\\r\\n]*[\\r\\n][\\s,]*)*(?:(?:query|mutation|subscription|fragment)[\\s({@]|\\{[\\s,]*(?:[A-Za-z_]|[.]{3}|#))" "t:none,chain"
    SecRule &ARGS:json.query "@eq 1" "t:none,${NAME_RULES.map((id) => `ctl:ruleRemoveTargetById=${id};ARGS:json.query`).join(',')}"
`;

const TEXTS: Readonly<Record<Exclusion, string>> = { graphql: GRAPHQL };

/** Rules with the exclusions that are wanted before them. Throws a {@link GatewayError} where there is nothing to exclude from. */
export function withExclusions(chosen: ChosenRules, wanted: readonly Exclusion[] = []): ChosenRules {
  if (wanted.length === 0) return chosen;
  const { crs, sources } = chosen;
  if (crs === undefined) {
    throw new GatewayError(
      `web.waf.exclusions (${wanted.join(', ')}) are from the Core Rule Set: name it as well (web.waf.crs, --crs DIR)`,
    );
  }
  const texts = [...new Set(wanted)].map(
    (name): RuleSource => ({ kind: 'text', name: `exclusions ${name}`, text: TEXTS[name] }),
  );
  // Behind the body processors and the setup, before the rules.
  return {
    ...chosen,
    sources: [...sources.slice(0, 2), ...texts, ...sources.slice(2)],
    builtIn: chosen.builtIn + texts.length,
  };
}
