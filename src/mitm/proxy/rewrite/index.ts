/** Requests and answers changed by rules, and the pages that the proxy shows in place of a server's. */

export { blockedAnswer, type PageOptions, type PageSubject, pageAnswer } from './block-page.ts';
export { RewriteRulesError } from './checker.ts';
export { rewriteFaults } from './compile.ts';
export { PageTemplate, readPageTemplate } from './page-template.ts';
export { type RewriteStatistics, RuleRewriter, type RuleRewriterOptions } from './rewriter.ts';
export type {
  AnswerAction,
  FieldActions,
  FieldMatch,
  Injection,
  PathAction,
  RedirectAction,
  Replacement,
  RequestActions,
  ResponseActions,
  RewriteMatch,
  RewriteRule,
} from './rule.ts';
