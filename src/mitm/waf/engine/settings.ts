import type { Directive } from '../seclang/directive.ts';
import { DirectiveError } from '../seclang/mistake.ts';
import type { EngineMode, EngineSettings } from './rule.ts';

type Writable = { -readonly [name in keyof EngineSettings]: EngineSettings[name] };

/** What holds where no rule file says otherwise: ModSecurity's recommended configuration, but for `mode`. */
export const DEFAULT_SETTINGS: EngineSettings = {
  mode: 'on',
  requestBodyAccess: true,
  requestBodyLimit: 13_107_200,
  requestBodyLimitAction: 'reject',
  responseBodyAccess: true,
  responseBodyLimit: 524_288,
  responseBodyLimitAction: 'partial',
  responseBodyTypes: new Set(['text/plain', 'text/html', 'text/xml']),
  argumentsLimit: 1000,
  argumentSeparator: '&',
  jsonDepthLimit: 512,
  collectionTimeoutSeconds: 3600,
  webAppId: '',
  componentSignature: '',
};

/** Directives about logs, files and programs that weir does not write or run; they change no verdict. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(
  [
    'SecAuditEngine',
    'SecAuditLog',
    'SecAuditLog2',
    'SecAuditLogDirMode',
    'SecAuditLogFileMode',
    'SecAuditLogFormat',
    'SecAuditLogParts',
    'SecAuditLogPrefix',
    'SecAuditLogRelevantStatus',
    'SecAuditLogStorageDir',
    'SecAuditLogType',
    'SecCacheTransformations',
    'SecConnEngine',
    'SecCookieFormat',
    'SecCookieV0Separator',
    'SecDataDir',
    'SecDebugLog',
    'SecDebugLogLevel',
    'SecDisableBackendCompression',
    'SecGuardianLog',
    'SecInterceptOnError',
    'SecPcreMatchLimit',
    'SecPcreMatchLimitRecursion',
    'SecRequestBodyInMemoryLimit',
    'SecRequestBodyNoFilesLimit',
    'SecSensorId',
    'SecServerSignature',
    'SecStatusEngine',
    'SecStreamInBodyInspection',
    'SecStreamOutBodyInspection',
    'SecTmpDir',
    'SecTmpSaveUploadedFiles',
    'SecUnicodeMapFile',
    'SecUploadDir',
    'SecUploadFileLimit',
    'SecUploadFileMode',
    'SecUploadKeepFiles',
    'SecXmlExternalEntity',
  ].map((name) => name.toLowerCase()),
);

/** The modes of `SecRuleEngine` and `ctl:ruleEngine`. Throws {@link DirectiveError}. */
export function engineMode(text: string): EngineMode {
  switch (text.toLowerCase()) {
    case 'on':
      return 'on';
    case 'off':
      return 'off';
    case 'detectiononly':
      return 'detection';
    default:
      throw new DirectiveError(`${text} is no mode of the engine: On, Off or DetectionOnly`);
  }
}

/** `On` or `Off`. Throws {@link DirectiveError}. */
export function switchValue(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower !== 'on' && lower !== 'off') throw new DirectiveError(`${text} is neither On nor Off`);
  return lower === 'on';
}

function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new DirectiveError(`${text} is no number`);
  return Number(text);
}

function limitAction(text: string): 'reject' | 'partial' {
  const lower = text.toLowerCase();
  if (lower === 'reject') return 'reject';
  if (lower === 'processpartial') return 'partial';
  throw new DirectiveError(`${text} is neither Reject nor ProcessPartial`);
}

const SETTERS: Readonly<Record<string, (settings: Writable, value: string, all: readonly string[]) => void>> =
  {
    secruleengine: (settings, value) => {
      settings.mode = engineMode(value);
    },
    secrequestbodyaccess: (settings, value) => {
      settings.requestBodyAccess = switchValue(value);
    },
    secrequestbodylimit: (settings, value) => {
      settings.requestBodyLimit = count(value);
    },
    secrequestbodylimitaction: (settings, value) => {
      settings.requestBodyLimitAction = limitAction(value);
    },
    secrequestbodyjsondepthlimit: (settings, value) => {
      settings.jsonDepthLimit = count(value);
    },
    secresponsebodyaccess: (settings, value) => {
      settings.responseBodyAccess = switchValue(value);
    },
    secresponsebodylimit: (settings, value) => {
      settings.responseBodyLimit = count(value);
    },
    secresponsebodylimitaction: (settings, value) => {
      settings.responseBodyLimitAction = limitAction(value);
    },
    secresponsebodymimetype: (settings, _, all) => {
      settings.responseBodyTypes = new Set(
        all.flatMap((types) => types.split(/\s+/)).map((type) => type.toLowerCase()),
      );
    },
    secresponsebodymimetypesclear: (settings) => {
      settings.responseBodyTypes = new Set();
    },
    secargumentslimit: (settings, value) => {
      settings.argumentsLimit = count(value);
    },
    secargumentseparator: (settings, value) => {
      if (value.length !== 1) throw new DirectiveError('the separator of arguments is one character');
      settings.argumentSeparator = value;
    },
    seccollectiontimeout: (settings, value) => {
      settings.collectionTimeoutSeconds = count(value);
    },
    secwebappid: (settings, value) => {
      settings.webAppId = value;
    },
    seccomponentsignature: (settings, value) => {
      settings.componentSignature = value;
    },
  };

/** Takes over a directive that sets something; false for one that is none of these. Throws {@link DirectiveError}. */
export function applySetting(settings: Writable, directive: Directive): boolean {
  const name = directive.name.toLowerCase();
  if (WITHOUT_EFFECT.has(name)) return true;
  const set = Object.hasOwn(SETTERS, name) ? SETTERS[name] : undefined;
  if (set === undefined) return false;
  const [value] = directive.arguments;
  if (value === undefined && name !== 'secresponsebodymimetypesclear') {
    throw new DirectiveError(`${directive.name} wants a value`);
  }
  set(settings, value ?? '', directive.arguments);
  return true;
}
