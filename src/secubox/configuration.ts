import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { correlationPlan } from './correlation-plan.ts';
import { DPI_DUAL, type Mapping, type Value } from './options.ts';
import { parseUci, UciError, type UciMistake, type UciOption, type UciSection } from './uci.ts';

/** Where OpenWrt has the configuration of dpi-dual. */
export const DPI_DUAL_PATH = '/etc/config/dpi-dual';

/** What became of one option that the file has. */
export interface OptionReport {
  /** Where its name stands. */
  readonly line: number;
  readonly column: number;
  /** As in `uci show`: `lan.client_retention`. */
  readonly option: string;
  /** The setting of `weir.yaml` that it became, or nothing. */
  readonly setting: string | undefined;
  /** Why it is not followed, or nothing. */
  readonly ignored: string | undefined;
  /** How it is followed other than dpi-dual did, or nothing. */
  readonly note: string | undefined;
}

/** What dpi-dual's own files are to be; times in seconds. */
export interface StatusPlan {
  readonly folder: string;
  readonly intervalSeconds: number;
  readonly tapInterface: string;
  readonly lanInterface: string;
  /** How far back `protocols` of dpi-flows.json counts. */
  readonly flowSeconds: number;
  /** Which files are written. */
  readonly flows: boolean;
  readonly lan: boolean;
  readonly clients: boolean;
  readonly destinations: boolean;
  readonly protocols: boolean;
}

/** `/etc/config/dpi-dual` as weir understands it. */
export interface DpiDual {
  /** `dual`, `mitm-only` or `tap-only`. */
  readonly mode: string;
  /** Why nothing is to run: it is switched off, or only the active stream is wanted, which does not run alone here. */
  readonly off: string | undefined;
  /** The settings as a document of `weir.yaml`; nothing in it that dpi-dual does not decide. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly status: StatusPlan;
  /** Whether the decisions of CrowdSec are wanted. */
  readonly crowdsec: boolean;
  /** Each option that the file has, in its order, and what became of it. */
  readonly options: readonly OptionReport[];
}

/** A key that CrowdSec gave weir: `cscli bouncers add weir -o raw`. dpi-dual asked CrowdSec's command instead. */
export const CROWDSEC_KEY = '/etc/weir/crowdsec-bouncer.key';

/** Where the addon in mitmproxy asks when nobody says otherwise. */
const MITMPROXY_SOCKET = '/run/weir/mitmproxy.sock';

/** Reads the file; throws {@link UciError} with line and column of each mistake, or the error of reading it. */
export function readDpiDual(path = DPI_DUAL_PATH): DpiDual {
  return parseDpiDual(readFileSync(path, 'utf8'), path);
}

/** True for a file that is dpi-dual's, by its name or because one of its sections is dpi-dual's. */
export function isDpiDual(text: string, path: string): boolean {
  return basename(path) === basename(DPI_DUAL_PATH) || SECTION.test(text);
}

/** The first line of one of dpi-dual's sections; no line of YAML that weir would take looks like it. */
const SECTION = new RegExp(
  `^\\s*config\\s+\\S+\\s+(['"]?)(?:${Object.keys(DPI_DUAL).join('|')})\\1\\s*(?:[#;]|$)`,
  'm',
);

/** Understands the text of the file; throws {@link UciError}. `path` is for messages. */
export function parseDpiDual(text: string, path = DPI_DUAL_PATH): DpiDual {
  const mistakes: UciMistake[] = [];
  const options: OptionReport[] = [];
  const values = defaults();
  for (const section of parseUci(text, path)) {
    for (const option of section.options.values()) options.push(take(section, option, values, mistakes));
  }
  if (mistakes.length > 0) throw new UciError(path, mistakes);
  const truth = (setting: string): boolean => values.get(setting) === true;
  const name = (setting: string): string => String(values.get(setting));
  const count = (setting: string): number => Number(values.get(setting));
  const said = {
    flag: truth,
    text: name,
    count,
    list: (setting: string): readonly string[] => [...((values.get(setting) as readonly string[]) ?? [])],
  };
  const correlation = correlationPlan(said);
  const passive = name('files.mode') !== 'mitm-only' && truth('files.tap');
  const active = name('files.mode') !== 'tap-only' && truth('web.enabled');
  const mirrored = passive && name('capture.mirror.mode') === 'software';
  return {
    mode: name('files.mode'),
    off: offReason(truth('files.enabled'), passive || truth('lan.enabled'), name('files.mode')),
    document: {
      capture: {
        // Without the stream of the mirror, the LAN's own interface is what there is to see.
        interface: passive ? name('capture.interface') : name('files.lanInterface'),
        mirror: {
          mode: passive ? name('capture.mirror.mode') : 'off',
          ...(mirrored ? { source: name('capture.mirror.source') } : {}),
        },
      },
      web: {
        enabled: active,
        // The way of dpi-dual's own requests: integrations/mitmproxy.
        mitmproxy: { socket: active ? MITMPROXY_SOCKET : '' },
        buffer: {
          requests: count('web.buffer.requests'),
          analyse: truth('web.buffer.analyse'),
          // A folder of its own: what dpi-dual has left in this one stays.
          folder: `${name('web.buffer.folder')}/weir`,
        },
      },
      ...correlation.document,
      lan: { enabled: truth('lan.enabled'), retention: `${count('lan.retention')}s` },
      status: {
        enabled: true,
        folder: name('status.folder'),
        interval: `${count('status.interval')}s`,
      },
    },
    status: {
      folder: name('status.folder'),
      intervalSeconds: count('status.interval'),
      tapInterface: name('capture.interface'),
      lanInterface: name('files.lanInterface'),
      flowSeconds: count('files.flowSeconds'),
      flows: passive,
      lan: truth('lan.enabled'),
      clients: truth('lan.enabled') && truth('files.clients'),
      destinations: truth('lan.enabled') && truth('files.destinations'),
      protocols: truth('lan.enabled') && truth('files.protocols'),
    },
    crowdsec: correlation.crowdsec,
    options: options
      .toSorted((a, b) => a.line - b.line)
      .map((one) => ({ ...one, ...correlation.remarks.get(one.option) })),
  };
}

/** The options of the file as lines for a person: what they became, or why they are not followed. */
export function explainDpiDual(read: DpiDual): string[] {
  const width = Math.max(0, ...read.options.map(({ option }) => option.length));
  return read.options.map(({ option, setting, ignored, note }) => {
    const fate = setting === undefined ? `ignored: ${ignored}` : (SETTINGS_OF_FILES.get(setting) ?? setting);
    return `${option.padEnd(width)}  ${fate}${note === undefined ? '' : `: ${note}`}`;
  });
}

/** What decides about dpi-dual's files and has no setting of its own. */
const SETTINGS_OF_FILES: ReadonlyMap<string, string> = new Map([
  ['files.enabled', 'whether weir runs at all'],
  ['files.mode', 'whether the passive stream runs'],
  ['files.correlation', 'correlation.enabled (off where it is 0)'],
  ['files.decaySeconds', 'correlation.decay, which is points in an hour'],
  ['files.crowdsec', `respond.crowdsec, where the key of a bouncer is in ${CROWDSEC_KEY}`],
  ['files.tap', 'capture.mirror.mode (off where it is 0)'],
  ['files.flowSeconds', 'how far back dpi-flows.json counts'],
  ['files.lanInterface', "the LAN's interface in lan-flows.json"],
  ['files.clients', 'whether lan-clients.json is written'],
  ['files.destinations', 'whether lan-destinations.json is written'],
  ['files.protocols', 'whether lan-protocols.json is written'],
]);

function offReason(enabled: boolean, work: boolean, mode: string): string | undefined {
  if (!enabled) return 'settings.enabled is 0';
  if (work) return undefined;
  const passive = mode === 'mitm-only' ? 'settings.mode is mitm-only' : 'tap.enabled is 0';
  return `${passive} and lan.enabled is 0, and the active stream alone is run by 'weir proxy', or by weir.yaml`;
}

function take(
  section: UciSection,
  option: UciOption,
  values: Map<string, Value>,
  mistakes: UciMistake[],
): OptionReport {
  const report = {
    line: option.line,
    column: option.column,
    option: `${section.name || `@${section.type}`}.${option.name}`,
    note: undefined,
  };
  const mapping = mappingOf(section.name, option.name);
  if (mapping === undefined) {
    const ignored = section.name in DPI_DUAL ? 'dpi-dual has no such option' : 'dpi-dual has no such section';
    return { ...report, setting: undefined, ignored };
  }
  const list: string[] = [];
  for (const { text, line, column } of option.values) {
    const read = mapping.kind?.(text);
    if (read === undefined) continue;
    if ('mistake' in read) mistakes.push({ line, column, message: `${report.option} ${read.mistake}` });
    else if ('setting' in mapping) values.set(mapping.setting, read.value);
    list.push(text);
  }
  if ('setting' in mapping && Array.isArray(mapping.otherwise)) values.set(mapping.setting, list);
  return 'setting' in mapping
    ? { ...report, setting: mapping.setting, ignored: undefined }
    : { ...report, setting: undefined, ignored: mapping.ignored };
}

/** What is wrong with a value for an option, in words that follow its name; undefined where nothing is. */
export function optionMistake(section: string, option: string, text: string): string | undefined {
  const read = mappingOf(section, option)?.kind?.(text);
  return read !== undefined && 'mistake' in read ? read.mistake : undefined;
}

function mappingOf(section: string, option: string): Mapping | undefined {
  const known = Object.hasOwn(DPI_DUAL, section) ? DPI_DUAL[section] : undefined;
  return known !== undefined && Object.hasOwn(known, option) ? known[option] : undefined;
}

function defaults(): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const section of Object.values(DPI_DUAL)) {
    for (const mapping of Object.values(section)) {
      if ('setting' in mapping) values.set(mapping.setting, mapping.otherwise);
    }
  }
  return values;
}
