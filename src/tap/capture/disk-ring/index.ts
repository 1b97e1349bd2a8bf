export {
  RING_DEFAULTS,
  RingError,
  type RingInterval,
  type RingOptions,
  type RingStatistics,
} from './options.ts';
export { RingWriter } from './ring-writer.ts';
