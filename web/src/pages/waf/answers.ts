import type { Static } from 'typebox';
import type { RejudgedSchema } from '../../../../src/api/schema/replay.ts';
import type { RequestSchema } from '../../../../src/api/schema/request.ts';
import type {
  RuleHitSchema,
  WafCheckedSchema,
  WafRuleSchema,
  WafSchema,
  WafTestedSchema,
} from '../../../../src/api/schema/waf.ts';

/** `GET /waf`. */
export type Waf = Static<typeof WafSchema>;
/** A rule that matched something. */
export type MatchedRule = Waf['rules'][number];
/** `GET /waf/rules/ID`. */
export type WafRule = Static<typeof WafRuleSchema>;
/** Something that a rule matched. */
export type RuleHit = Static<typeof RuleHitSchema>;
/** `POST /waf/check`. */
export type Checked = Static<typeof WafCheckedSchema>;
/** `POST /waf/test`. */
export type Verdict = Static<typeof WafTestedSchema>;
/** Something that a rule matched in a test. */
export type VerdictMatch = Verdict['matches'][number];
/** `POST /waf/rejudge`. */
export type Rejudged = Static<typeof RejudgedSchema>;
/** A request that buffer B has. */
export type StoredRequest = Static<typeof RequestSchema>;
