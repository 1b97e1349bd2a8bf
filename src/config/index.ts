export type { ApiConfiguration } from './api.ts';
export {
  type Configuration,
  DEFAULT_PATH,
  defaultConfiguration,
  parseConfiguration,
  readConfiguration,
  readConfigurationText,
  type StatusFilesChoice,
} from './configuration.ts';
export { weighingOf } from './correlation.ts';
export { endpointOf, socketOf } from './endpoint.ts';
export { ConfigurationError, type Mistake } from './error.ts';
export { plan } from './plan.ts';
export { formatDuration, formatSize } from './quantity.ts';
export { type Change, changes } from './reload.ts';
export { SCHEMA as CONFIGURATION_SCHEMA } from './schema.ts';
export { VERSION } from './version.ts';
export type { WebConfiguration } from './web.ts';
