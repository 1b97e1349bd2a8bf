export { DecisionBook, decisionKey } from './decision-book.ts';
export { DecisionFileError } from './decision-book-file.ts';
export { DryRunEnforcer, type DryRunOptions } from './dry-run.ts';
export { type Changes, type Enforcer, EnforcerError, type Reconciled } from './enforcer.ts';
export type { EscalationOptions } from './escalation.ts';
export {
  type CeilingOptions,
  clientsWithin,
  dnsServers,
  type GuardOptions,
  gateways,
  neverBanList,
  ownAddresses,
  type Protected,
  type ProtectionSource,
  type ResolverFiles,
  type RouteFiles,
  type SshPeerOptions,
  sshPeers,
} from './guard/index.ts';
export { MOST_WISHES, Responder } from './responder.ts';
export type {
  DecisionSelector,
  Outcome,
  ResponderOptions,
  ResponderStatistics,
  Undone,
} from './responder-options.ts';
export {
  type DecisionEvent,
  type DecisionPart,
  type DecisionRecord,
  durationText,
} from './responder-records.ts';
