export type { ChecksumMode } from './checksum.ts';
export { COUNTER, COUNTER_NAMES, type CounterName, DecoderCounters } from './counters.ts';
export { Decoder } from './decoder.ts';
export { DECODER_EVENTS, type DecoderEvent, EVENT_INVALID } from './events.ts';
export { DEFAULT_FRAGMENT_LIMITS, type FragmentLimits, type OverlapPolicy } from './fragments.ts';
export type { DecoderOptions, UdpTunnel } from './options.ts';
export * from './packet.ts';
