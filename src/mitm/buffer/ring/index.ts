/** The ring of buffer B on disk. */
export { KEY_BYTES, KEY_FILE, KEY_VARIABLE, loadKey, parseKey, type RingKey } from './key.ts';
export { Ring, type RingBounds, type RingListener, type RingStatistics } from './ring.ts';
