/** The active stream as a whole, for whoever runs it: commands and the supervisor. */
export { fullRules } from './buffering.ts';
export { withExclusions } from './exclusions.ts';
export { type DecisionChange, Gateway, type GatewayContext } from './gateway.ts';
export { GatewayError, type GatewayOptions, type ListenAddress, listenAddress } from './options.ts';
export { policyOf } from './policies.ts';
