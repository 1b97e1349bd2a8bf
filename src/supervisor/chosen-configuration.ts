import { existsSync } from 'node:fs';
import {
  type Configuration,
  ConfigurationError,
  DEFAULT_PATH,
  defaultConfiguration,
  parseConfiguration,
  readConfigurationText,
} from '../config/index.ts';
import { DEBIAN_CRS } from '../mitm/waf/rule-sources.ts';
import {
  CROWDSEC_KEY,
  DPI_DUAL_PATH,
  type DpiDual,
  isDpiDual,
  parseDpiDual,
  UciError,
} from '../secubox/index.ts';
import { StartError } from './privileges.ts';

/** Where CrowdSec's local API listens unless somebody changed it. */
const CROWDSEC_API = 'http://127.0.0.1:8080';

/** A configuration, whichever form its file has. */
export interface FileConfiguration {
  readonly configuration: Configuration;
  /** What dpi-dual's file says, where it is one. */
  readonly dpiDual: DpiDual | undefined;
}

/** The configuration that a command uses. */
export interface ChosenConfiguration extends FileConfiguration {
  /** Undefined: the defaults. */
  readonly file: string | undefined;
  /** Which it is and why, in one line. */
  readonly reason: string;
}

/**
 * Chooses and reads the configuration: the file that was named, else weir.yaml, else SecuBox's dpi-dual, else the
 * defaults. Throws {@link ConfigurationError} with each mistake, and the system's error where a file cannot be read.
 */
export function chooseConfiguration(named: string | undefined): ChosenConfiguration {
  const { file, reason } = chooseFile(named);
  if (file === undefined) {
    return { file, reason, configuration: defaultConfiguration(), dpiDual: undefined };
  }
  return { file, reason, ...readEitherConfiguration(file) };
}

/** The file that {@link chooseConfiguration} reads, whatever is in it. */
export function chooseFile(named: string | undefined): Pick<ChosenConfiguration, 'file' | 'reason'> {
  if (named !== undefined) return { file: named, reason: `configuration: ${named}, as named` };
  const dpiDual = existsSync(DPI_DUAL_PATH);
  if (existsSync(DEFAULT_PATH)) {
    const other = dpiDual ? `; ${DPI_DUAL_PATH} is not read` : '';
    return { file: DEFAULT_PATH, reason: `configuration: ${DEFAULT_PATH}${other}` };
  }
  return dpiDual
    ? { file: DPI_DUAL_PATH, reason: `configuration: ${DPI_DUAL_PATH}, as there is no ${DEFAULT_PATH}` }
    : {
        file: undefined,
        reason: `configuration: the defaults, as there is neither ${DEFAULT_PATH} nor ${DPI_DUAL_PATH}`,
      };
}

/** Reads weir.yaml or dpi-dual's file, which is known by its name or its content. Throws as {@link chooseConfiguration}. */
export function readEitherConfiguration(file: string): FileConfiguration {
  const text = readConfigurationText(file);
  if (!isDpiDual(text, file)) return { configuration: parseConfiguration(text, file), dpiDual: undefined };
  const dpiDual = understand(text, file);
  const configuration = parseDocument(dpiDual, file);
  const { folder: _, intervalSeconds: __, ...files } = dpiDual.status;
  const { web, respond } = configuration;
  return {
    configuration: {
      ...configuration,
      status: { ...configuration.status, files },
      // dpi-dual names no rules: requests are judged where Debian's are installed, and analysed in any case.
      web: { ...web, waf: { ...web.waf, enabled: existsSync(DEBIAN_CRS) } },
      // dpi-dual asks CrowdSec's own command, which needs no key; its API does.
      respond:
        dpiDual.crowdsec && existsSync(CROWDSEC_KEY)
          ? { ...respond, crowdsec: { ...respond.crowdsec, url: CROWDSEC_API, bouncerKeyFile: CROWDSEC_KEY } }
          : respond,
    },
    dpiDual,
  };
}

/** Throws {@link StartError} where the file says that nothing is to run. */
export function refuseWhereOff(file: string | undefined, { dpiDual }: FileConfiguration): void {
  if (dpiDual?.off === undefined) return;
  throw new StartError(`${file ?? DPI_DUAL_PATH}: weir is not to run: ${dpiDual.off}`);
}

function understand(text: string, file: string): DpiDual {
  try {
    return parseDpiDual(text, file);
  } catch (error) {
    if (error instanceof UciError) throw new ConfigurationError(file, error.mistakes);
    throw error;
  }
}

/** The document goes the way of weir.yaml (JSON is YAML): a value that only weir refuses is told where its option stands. */
function parseDocument({ document, options }: DpiDual, file: string): Configuration {
  try {
    return parseConfiguration(JSON.stringify(document), file);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const mistakes = error.mistakes.map(({ message }) => {
      const option = options.find(({ setting }) => setting !== undefined && message.startsWith(setting));
      return { line: option?.line ?? 1, column: option?.column ?? 1, message };
    });
    throw new ConfigurationError(file, mistakes);
  }
}
