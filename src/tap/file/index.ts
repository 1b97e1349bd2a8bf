export { HASHES, type HashName } from './digest.ts';
export { SNIFF_BYTES, sniffMime } from './mime.ts';
export { type FileOwner, FileTracker, type FileTrackerOptions } from './tracker.ts';
export { FILES_LOG, type FileState, FileTransaction } from './transaction.ts';
