import { parse } from 'yaml';
import type { EveFilter } from './eve-filter.ts';

/** What a case of suricata-verify sets: its configuration file, and its arguments. */
export interface SuricataSetup {
  readonly config?: string | null;
  readonly args?: readonly string[] | null;
}

type Tree = { readonly [name: string]: unknown };

/**
 * The options of `weir read` that do what a case's own configuration and arguments ask of Suricata, as far as there are
 * any; none where the case sets nothing that weir has an option for. What a case leaves out is not put in.
 */
export function weirArguments(setup: SuricataSetup, filters: readonly EveFilter[]): string[] {
  const settings = { ...settingsOf(setup.config), ...argumentsOf(setup.args ?? []) };
  const args: string[] = [];
  const option = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) args.push(`--${name}`, String(value));
  };
  const types = eveTypes(setup.config);
  if (types.dnsVersion === 2 || speakOfVersion2(filters)) option('eve-dns-version', 2);
  if (types.names.includes('netflow')) option('eve-types', types.names.join(','));
  const seed = settings['community-id-seed'];
  if (typeof seed === 'number' && seed > 0) option('community-seed', seed);
  if (isNo(settings['stream.midstream'])) args.push('--no-midstream');
  if (isYes(settings['stream.checksum-validation'])) option('checksums', 'all');
  const depth = sizeOf(settings['stream.reassembly.depth']);
  if (depth !== undefined && depth > 0) option('stream-depth', depth);
  option('body-limit', bodyLimit(settings));
  const line = sizeOf(settings['app-layer.protocols.ftp.max-line-length']);
  if (line !== undefined) option('header-limit', Math.max(line, 1024));
  return args;
}

/** Suricata has a limit for each direction, where 0 means none; weir one for both. */
function bodyLimit(settings: Readonly<Record<string, unknown>>): number | undefined {
  const limits = ['request', 'response']
    .map((side) => sizeOf(settings[`app-layer.protocols.http.libhtp.default-config.${side}-body-limit`]))
    .filter((limit) => limit !== undefined);
  if (limits.length === 0) return undefined;
  return limits.includes(0) ? LARGEST_BODY : Math.max(...limits);
}

/** What `--body-limit` takes at most. */
const LARGEST_BODY = 2 ** 31;

/** Values of a configuration by their path (`stream.midstream`), those of each EVE output by their name alone. */
function settingsOf(config: string | null | undefined): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  const tree = treeOf(config);
  flatten(tree, '', settings);
  for (const output of eveOutputs(tree)) Object.assign(settings, output);
  return settings;
}

/** `--set stream.midstream=true` of the arguments, as values by their path. */
function argumentsOf(args: readonly string[]): Record<string, unknown> {
  const found = args.join(' ').matchAll(/--set\s+([^\s=]+)=(\S+)/g);
  return Object.fromEntries([...found].map(([, path = '', value = '']) => [path, value]));
}

function flatten(value: unknown, path: string, into: Record<string, unknown>): void {
  if (!isTree(value)) {
    into[path] = value;
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    flatten(member, path === '' ? name : `${path}.${name}`, into);
  }
}

/** Record types that the EVE outputs name, and the version of DNS that they ask for. */
function eveTypes(config: string | null | undefined): {
  readonly names: readonly string[];
  readonly dnsVersion: number | undefined;
} {
  const names = new Set<string>();
  let dnsVersion: number | undefined;
  for (const { types } of eveOutputs(treeOf(config))) {
    for (const type of Array.isArray(types) ? (types as readonly unknown[]) : []) {
      const [name = '', options] = isTree(type) ? (Object.entries(type)[0] ?? []) : [String(type)];
      names.add(name === 'files' ? 'fileinfo' : name);
      if (name === 'dns' && isTree(options) && options.version !== undefined)
        dnsVersion = Number(options.version);
    }
  }
  return { names: [...names], dnsVersion };
}

function eveOutputs(tree: Tree): Tree[] {
  const outputs = Array.isArray(tree.outputs) ? (tree.outputs as readonly unknown[]) : [];
  return outputs.flatMap((output) =>
    isTree(output) && isTree(output['eve-log']) ? [output['eve-log']] : [],
  );
}

/**
 * Cases without a configuration of their own choose the version by `SURICATA_EVE_DNS_VERSION` in their environment,
 * which the corpus does not keep; what they expect tells. Only version 2 has queries, answers, and the first question's
 * members beside the lists.
 */
function speakOfVersion2(filters: readonly EveFilter[]): boolean {
  return filters.some(({ match = {}, requires }) => {
    if (match.event_type !== 'dns' || requires?.['lt-version'] !== undefined) return false;
    const type = match['dns.type'];
    return type === 'query' || type === 'answer' || match['dns.rrname'] !== undefined;
  });
}

/** A configuration that cannot be read sets nothing: some cases are about exactly that. */
function treeOf(config: string | null | undefined): Tree {
  if (!config) return {};
  try {
    const tree: unknown = parse(config, { version: '1.1', logLevel: 'silent' });
    return isTree(tree) ? tree : {};
  } catch {
    return {};
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNo(value: unknown): boolean {
  return value === false || value === 'false' || value === 'no';
}

function isYes(value: unknown): boolean {
  return value === true || value === 'true' || value === 'yes';
}

/** Bytes of `1mb`, `100 KiB` or 4096, whose units are powers of 1024 there; undefined for anything else. */
function sizeOf(value: unknown): number | undefined {
  const parts = /^(\d+)\s*(?:([kmg])i?b)?$/i.exec(String(value));
  if (parts === null) return undefined;
  return Number(parts[1]) * { k: 1 << 10, m: 1 << 20, g: 1 << 30, '': 1 }[(parts[2] ?? '').toLowerCase()]!;
}
