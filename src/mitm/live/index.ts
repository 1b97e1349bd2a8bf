/** The live path (buffer A): what is decided about a request before it goes on, and the records of it. */
export type { CaptchaOptions } from './captcha/captcha.ts';
export { expectedAnswer } from './captcha/challenge.ts';
export type { ClientGate } from './client-gate.ts';
export {
  DecisionList,
  type DecisionListOptions,
  type DecisionSubject,
  sessionName,
} from './decision-list.ts';
export { DenyList } from './deny-list.ts';
export { type Deciders, judgementOf, LiveJudge, type LiveJudgeOptions } from './live-judge.ts';
export { networkOf, RateLimit, type RateLimitOptions } from './rate-limit.ts';
export { type RecordLines, RecordWriter } from './record-writer.ts';
export { fieldOf, type WebRecord, webRecords } from './records.ts';
