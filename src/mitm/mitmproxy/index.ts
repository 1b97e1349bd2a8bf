/** The way in through mitmproxy: its addon asks over a Unix socket. */
export { type BridgeStatistics, MitmproxyBridge, type MitmproxyBridgeOptions } from './bridge.ts';
