export {
  CROWDSEC_KEY,
  DPI_DUAL_PATH,
  type DpiDual,
  explainDpiDual,
  isDpiDual,
  type OptionReport,
  optionMistake,
  parseDpiDual,
  readDpiDual,
  type StatusPlan,
} from './configuration.ts';
export { StatusFileError } from './folder.ts';
export { type InterfaceCounters, readInterfaceCounters } from './interface-counters.ts';
export { changeDpiDual, SettingsFileError } from './settings-file.ts';
export { StatusFiles, type StatusOptions } from './status-files.ts';
export { parseUci, UciError, type UciMistake, type UciOption, type UciSection } from './uci.ts';
export type { UciChange } from './uci-change.ts';
