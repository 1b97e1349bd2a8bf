/** The WAF: rules in SecLang over requests and their answers. */
export { CATEGORIES, type Category, categoryOf } from './categories.ts';
export { type LoadOptions, loadRules, type RuleSource } from './engine/load.ts';
export type { EngineSettings } from './engine/rule.ts';
export type { RuleSet } from './engine/rule-set.ts';
export { Inspection, Waf, type WafOptions } from './engine/waf.ts';
export { Policy } from './policy.ts';
export { type PolicyEntry, PolicyError, type PolicyOptions } from './policy-options.ts';
export { type Begun, type PoolStatistics, WafPool, type WafPoolOptions } from './pool/index.ts';
export { type RedactedMatch, redactMatch, redactText } from './redact.ts';
export type { Endpoint, HttpRequest, HttpResponse } from './request.ts';
export { type ChosenRules, chooseRules, DEBIAN_CRS, NoRulesError, type RuleWishes } from './rule-sources.ts';
export { type Mistake, mistakeText, RulesError } from './seclang/mistake.ts';
export { isSecretName, REDACTED } from './secrets.ts';
export type { Match, Verdict } from './verdict.ts';
