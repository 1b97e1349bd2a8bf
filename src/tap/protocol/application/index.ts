export { applicationOfAddress } from './address.ts';
export { categoryOf } from './category.ts';
export { applicationOf } from './host.ts';
export type { Application } from './rules.ts';
