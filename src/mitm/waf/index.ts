/** The WAF: rules in SecLang over requests and their answers. */
export { type LoadOptions, loadRules, type RuleSource } from './engine/load.ts';
export type { RuleSet } from './engine/rule-set.ts';
export { Inspection, Waf, type WafOptions } from './engine/waf.ts';
export { Policy } from './policy.ts';
export { type PolicyEntry, PolicyError, type PolicyOptions } from './policy-options.ts';
export { type Begun, type PoolStatistics, WafPool, type WafPoolOptions } from './pool/index.ts';
export type { Endpoint, HttpRequest, HttpResponse } from './request.ts';
export { type Mistake, mistakeText, RulesError } from './seclang/mistake.ts';
export type { Match, Verdict } from './verdict.ts';
