import type { EngineMode, RuleSelection } from './engine/rule.ts';
import { parseIds, parseSelection } from './engine/select.ts';
import { hostsOf, isBelow, isHost, pathsOf } from './policy-match.ts';
import { type PolicyEntry, PolicyError, type PolicyOptions, policyFaults } from './policy-options.ts';
import type { HttpRequest } from './request.ts';
import { parseTargets, type Target } from './seclang/target.ts';

/** A target that is left out of the rules that a selection means. */
export interface ExcludedTarget {
  readonly select: RuleSelection;
  readonly target: Target;
}

/** What holds for one request. */
export interface PolicySettings {
  /** Undefined: what the rule files say. */
  readonly mode: EngineMode | undefined;
  readonly samplePercent: number;
  readonly excludedRules: readonly RuleSelection[];
  readonly excludedTargets: readonly ExcludedTarget[];
  readonly paranoiaLevel: number | undefined;
  readonly detectionParanoiaLevel: number | undefined;
  readonly inboundThreshold: number | undefined;
  readonly outboundThreshold: number | undefined;
  /** Variables of `TX` that rules find set and cannot change. */
  readonly variables: ReadonlyMap<string, string>;
}

/** How many requests were to be judged, and how many were not. */
export interface PolicyCounts {
  readonly judged: number;
  /** Left out by the sample. */
  readonly unsampled: number;
  /** Their host or path is not looked at. */
  readonly off: number;
}

const NOTHING: PolicySettings = settings({});
const STRICTNESS: Readonly<Record<EngineMode, number>> = { off: 0, detection: 1, on: 2 };

/** How requests are judged by host and path. */
export class Policy {
  private readonly entries: readonly { readonly entry: PolicyEntry; readonly settings: PolicySettings }[];
  private readonly salt: string;
  private judged = 0;
  private unsampled = 0;
  private off = 0;

  /** Throws a {@link PolicyError} that lists every mistake. */
  constructor(options: PolicyOptions) {
    const faults = policyFaults(options);
    if (faults.length > 0) throw new PolicyError(faults);
    this.salt = options.sampleSalt ?? '';
    this.entries = options.entries.map((entry) => ({
      entry: { ...entry, host: entry.host?.toLowerCase() },
      settings: settings(entry),
    }));
  }

  get counts(): PolicyCounts {
    return { judged: this.judged, unsampled: this.unsampled, off: this.off };
  }

  /**
   * What holds for a request: the first entry whose host and path are meant. A request that can be read in more than
   * one way (two hosts, a path with `..` or escapes in it) and that would get different entries gets the stricter of
   * every setting, and no exclusions: it must not choose the entry that lets it through.
   */
  settingsFor(request: HttpRequest): PolicySettings {
    if (this.entries.length === 0) return NOTHING;
    let found: PolicySettings | undefined;
    const paths = pathsOf(request.target);
    for (const host of hostsOf(request)) {
      for (const path of paths) {
        const own = this.first(host, path);
        if (found === undefined) found = own;
        else if (found !== own) found = stricter(found, own);
      }
    }
    return found ?? NOTHING;
  }

  /**
   * Whether a request is judged; counts. `key` is what the sample goes by, so that whoever has the same key is always
   * treated alike: the client's address where nothing else is given.
   */
  isJudged(of: PolicySettings, request: HttpRequest, key = request.client?.address ?? ''): boolean {
    if (of.mode === 'off') {
      this.off++;
      return false;
    }
    if (of.samplePercent < 100 && share(`${this.salt}\0${key}`) >= of.samplePercent / 100) {
      this.unsampled++;
      return false;
    }
    this.judged++;
    return true;
  }

  private first(host: string, path: string): PolicySettings {
    for (const { entry, settings: own } of this.entries) {
      if (entry.host !== undefined && !isHost(host, entry.host)) continue;
      if (entry.path !== undefined && !isBelow(path, entry.path)) continue;
      return own;
    }
    return NOTHING;
  }
}

function settings(entry: PolicyEntry): PolicySettings {
  return withVariables({
    mode: entry.mode,
    samplePercent: entry.samplePercent ?? 100,
    excludedRules: (entry.excludedRules ?? []).flatMap(parseRules),
    excludedTargets: (entry.excludedTargets ?? []).flatMap(({ rules, targets }) =>
      rules
        .flatMap(parseRules)
        .flatMap((select) => parseTargets(targets).map((target) => ({ select, target }))),
    ),
    paranoiaLevel: entry.paranoiaLevel,
    detectionParanoiaLevel: entry.detectionParanoiaLevel ?? entry.paranoiaLevel,
    inboundThreshold: entry.inboundThreshold,
    outboundThreshold: entry.outboundThreshold,
  });
}

/** Rules by id (`942100`), range (`942000-942999`) or tag (`tag:attack-sqli`). Throws a `DirectiveError`. */
export function parseRules(text: string): RuleSelection[] {
  return text.startsWith('tag:') ? [parseSelection('tag', text.slice(4))] : parseIds(text);
}

/** Names in CRS 3 and 4 of what a policy sets. */
function withVariables(of: Omit<PolicySettings, 'variables'>): PolicySettings {
  const variables = new Map<string, string>();
  const set = (value: number | undefined, ...names: readonly string[]): void => {
    if (value !== undefined) for (const name of names) variables.set(name, String(value));
  };
  set(of.paranoiaLevel, 'blocking_paranoia_level', 'paranoia_level');
  set(of.detectionParanoiaLevel, 'detection_paranoia_level', 'executing_paranoia_level');
  set(of.inboundThreshold, 'inbound_anomaly_score_threshold');
  set(of.outboundThreshold, 'outbound_anomaly_score_threshold');
  return { ...of, variables };
}

function stricter(one: PolicySettings, other: PolicySettings): PolicySettings {
  return withVariables({
    mode: stricterMode(one.mode, other.mode),
    samplePercent: Math.max(one.samplePercent, other.samplePercent),
    excludedRules: [],
    excludedTargets: [],
    paranoiaLevel: most(one.paranoiaLevel, other.paranoiaLevel),
    detectionParanoiaLevel: most(one.detectionParanoiaLevel, other.detectionParanoiaLevel),
    inboundThreshold: least(one.inboundThreshold, other.inboundThreshold),
    outboundThreshold: least(one.outboundThreshold, other.outboundThreshold),
  });
}

/** What the rule files say may be stricter than `detection` and `off`, but not than `on`. */
function stricterMode(one: EngineMode | undefined, other: EngineMode | undefined): EngineMode | undefined {
  if (one === 'on' || other === 'on') return 'on';
  if (one === undefined || other === undefined) return undefined;
  return STRICTNESS[one] > STRICTNESS[other] ? one : other;
}

function most(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.max(one, other);
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : other === undefined ? one : Math.min(one, other);
}

/** A number from 0 to 1 that a text always gives: FNV-1a with the finish of MurmurHash3, which spreads short texts. */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
