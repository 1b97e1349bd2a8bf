/** Replay of stored requests: judged with other rules, or sent to a sandbox. */
export {
  AlertReplay,
  type AlertReplayOptions,
  type AlertReplaySource,
  type AlertReplayStatistics,
} from './on-alert.ts';
export { type CandidateRules, type Change, candidatePool, type RejudgeReport, rejudge } from './rejudge.ts';
export { type Answered, type Comparison, type ResendBounds, type ResendReport, resend } from './resend.ts';
export { checkedSandbox, type RealServers, type Sandbox } from './sandbox.ts';
