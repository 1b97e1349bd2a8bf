export type { NdpiVerdict } from './verdicts.ts';
export { type NdpiCounters, NdpiVoice, type NdpiVoiceOptions } from './voice.ts';
