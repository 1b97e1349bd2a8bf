export { Batch } from './batch.ts';
export type { CaptureFile, FileState } from './capture-file.ts';
export type { Compression } from './compression.ts';
export type { Finding, FindingKind, Report, Severity } from './finding.ts';
export type {
  CaptureComment,
  CaptureInterface,
  CaptureMetadata,
  CaptureName,
  CaptureSecrets,
} from './metadata.ts';
export { type ByteSink, OutputError, OutputFile } from './output-file.ts';
export { type CaptureOptions, type CaptureProgress, CaptureSequence, openCaptures } from './sequence.ts';
export { formatSpan, formatTime } from './timestamp.ts';
export {
  type PacketRecord,
  PcapngWriter,
  type PcapngWriterOptions,
  PcapWriter,
  type PcapWriterOptions,
} from './writer.ts';
