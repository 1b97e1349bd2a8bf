export { BEACON_DEFAULTS, type BeaconOptions } from './beacon.ts';
export { LogReader, type LogReaderOptions } from './log-reader.ts';
export { NEWCOMER_DEFAULTS, type NewcomerOptions } from './newcomer.ts';
export { Observer, type ObserverOptions, type ObserverStatistics } from './observer.ts';
export { PRIVATE_NETWORKS } from './places.ts';
export { UPLOAD_DEFAULTS, type UploadOptions } from './upload.ts';
