export { EveWriter } from './eve/eve.ts';
export { makeFolder } from './folder.ts';
export { LineWriter } from './line-writer.ts';
export { OutputError } from './output-error.ts';
export { Sinks } from './sinks.ts';
export { formatBytes, formatCount } from './summary/format.ts';
export { type CaptureFigures, renderSummary } from './summary/render.ts';
export { type Summary, SummaryCollector } from './summary/summary.ts';
export { ZeekWriter } from './zeek/zeek.ts';
