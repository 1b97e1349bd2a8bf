/** HAProxy: the agent of its SPOE, the configuration that HAProxy needs for it, and a check of one. */
export { type CutBodyPolicy, type SpoeAddress, SpoeAgent, type SpoeAgentOptions } from './agent.ts';
export { checkHaproxy, type HaproxyCheck } from './check.ts';
export type { Finding as HaproxyFinding } from './check-finding.ts';
export {
  CONFIG_DEFAULTS,
  type FullConfigOptions,
  fullConfig,
  type HaproxyConfigOptions,
  type HaproxyFiles,
  haproxyLines,
  type VirtualHost,
} from './config.ts';
export type { ResponsePart } from './spoe-config.ts';
export type { SpoeStatistics } from './statistics.ts';
export { type HaproxyVersion, installedVersion, OLDEST, parseVersion } from './version.ts';
