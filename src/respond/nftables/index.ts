/** Decisions put in force by nf_tables: the face of this folder. */
export { NftablesEnforcer } from './nftables-enforcer.ts';
export type { NftablesOptions, Redirect } from './options.ts';
