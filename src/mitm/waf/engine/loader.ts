import { dirname, isAbsolute, join } from 'node:path';
import { OperatorError, OperatorUnavailable } from '../operator/index.ts';
import type { OperatorEnvironment } from '../operator/operator.ts';
import { compileByPlan, compilePattern } from '../pattern/compile.ts';
import type { Pattern } from '../pattern/pattern.ts';
import { PhraseMatcher } from '../pattern/phrases.ts';
import type { Plans } from '../pattern/plan.ts';
import { Prefilter } from '../pattern/prefilter.ts';
import { type Action, parseActions } from '../seclang/action.ts';
import { type Directive, parseDirectives } from '../seclang/directive.ts';
import { DIRECTIVE_NAMES } from '../seclang/directive-names.ts';
import { DirectiveError, type Mistake, mistakeText, RulesError } from '../seclang/mistake.ts';
import { nearMiss } from '../seclang/near-miss.ts';
import { parseTargets } from '../seclang/target.ts';
import { chains, checkActions } from './actions.ts';
import { Builder } from './build.ts';
import { type Draft, draftOf, has, lastValue, parseLink, phaseOf } from './draft.ts';
import type { EngineSettings, Phase, Rule, RuleSelection } from './rule.ts';
import type { RuleFiles } from './rule-files.ts';
import { RuleSet } from './rule-set.ts';
import { parseIds, parseSelection, selects } from './select.ts';
import { applySetting, DEFAULT_SETTINGS } from './settings.ts';
import { Subjects } from './subjects.ts';

const MOST_BYTES = 64 << 20;
const DEEPEST_INCLUDE = 16;
const MOST_FILES = 4096;
const NO_RULE: ReadonlySet<string> = new Set(['secremoterules', 'secremoterulesfailaction']);

/** What stands between rules: where `skipAfter` goes on. */
interface Marker {
  readonly marker: string;
  readonly file: string;
  readonly line: number;
}

/** Reads directives, and makes rules of them at the end. */
export class Loader {
  private readonly mistakes: Mistake[] = [];
  private readonly warnings: string[] = [];
  private readonly settings: { -readonly [name in keyof EngineSettings]: EngineSettings[name] } = {
    ...DEFAULT_SETTINGS,
  };
  private drafts: (Draft | Marker)[] = [];
  private readonly defaults = new Map<Phase, readonly Action[]>();
  /** Default actions that hold for a rule, and the folder of its file. */
  private readonly places = new WeakMap<
    Draft,
    { readonly defaults: readonly Action[]; readonly folder: string }
  >();
  private readonly ids = new Map<number, string>();
  /** The rule whose chain goes on. */
  private open: Draft | undefined;
  private bytes = 0;
  private included = 0;
  /** The files that are being read, each included by the one before. */
  private readonly reading: string[] = [];
  private readonly files: RuleFiles;
  private readonly plans: Plans;

  constructor(files: RuleFiles, plans: Plans) {
    this.files = files;
    this.plans = plans;
  }

  file(path: string, shown: string, depth: number, from: Directive | undefined): void {
    let text: string;
    try {
      text = this.read(path);
    } catch (error) {
      const place = from ?? { file: shown, line: 1 };
      this.mistake(
        place,
        `${shown} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    this.reading.push(path);
    this.text(text, shown, dirname(path), depth);
    this.reading.pop();
  }

  private read(path: string): string {
    const text = this.files.read(path, MOST_BYTES - this.bytes);
    this.bytes += text.length;
    return text;
  }

  text(text: string, name: string, folder: string, depth: number): void {
    const { directives, mistakes } = parseDirectives(text, name);
    this.mistakes.push(...mistakes);
    for (const directive of directives) {
      try {
        this.directive(directive, folder, depth);
      } catch (error) {
        if (!(error instanceof DirectiveError)) throw error;
        this.mistake(directive, error.message);
      }
    }
  }

  private directive(directive: Directive, folder: string, depth: number): void {
    const name = directive.name.toLowerCase();
    const wasOpen = this.open;
    switch (name) {
      case 'secrule':
      case 'secaction':
        this.rule(directive, folder);
        return;
      case 'secmarker':
        this.drafts.push({
          marker: directive.arguments[0] ?? '',
          file: directive.file,
          line: directive.line,
        });
        break;
      case 'secdefaultaction': {
        const actions = parseActions(directive.arguments[0] ?? '');
        checkActions(actions);
        const phase = phaseOf(actions);
        if (phase === undefined) throw new DirectiveError('SecDefaultAction names no phase');
        this.defaults.set(phase, actions);
        break;
      }
      case 'include':
      case 'includeoptional':
        this.include(directive, folder, depth);
        break;
      case 'secruleremovebyid':
        this.remove(directive.arguments.flatMap(parseIds));
        break;
      case 'secruleremovebytag':
        this.remove(directive.arguments.map((tag) => parseSelection('tag', tag)));
        break;
      case 'secruleremovebymsg':
        this.remove(directive.arguments.map((message) => parseSelection('message', message)));
        break;
      case 'secruleupdatetargetbyid':
        this.updateTargets(directive, parseIds(directive.arguments[0] ?? ''));
        break;
      case 'secruleupdatetargetbytag':
        this.updateTargets(directive, [parseSelection('tag', directive.arguments[0] ?? '')]);
        break;
      case 'secruleupdatetargetbymsg':
        this.updateTargets(directive, [parseSelection('message', directive.arguments[0] ?? '')]);
        break;
      case 'secruleupdateactionbyid':
        this.updateActions(directive);
        break;
      default:
        if (NO_RULE.has(name))
          throw new DirectiveError(`${directive.name}: weir loads rules from files alone`);
        if (!applySetting(this.settings, directive)) {
          const meant = nearMiss(directive.name, DIRECTIVE_NAMES);
          throw new DirectiveError(`${directive.name} is no directive that weir knows${meant}`);
        }
    }
    if (wasOpen !== undefined) {
      this.open = undefined;
      throw new DirectiveError(`rule ${wasOpen.id} ends with chain, and ${directive.name} follows it`);
    }
  }

  private rule(directive: Directive, folder: string): void {
    const link = parseLink(directive);
    const { open } = this;
    this.open = undefined;
    let draft: Draft;
    if (open !== undefined) {
      draft = open;
      if (has(link.actions, 'id')) throw new DirectiveError(`the chain of rule ${open.id} is not finished`);
      draft.links.push(link);
    } else {
      draft = draftOf(link);
      const before = this.ids.get(draft.id);
      if (before !== undefined) throw new DirectiveError(`rule ${draft.id} is there already: ${before}`);
      this.ids.set(draft.id, `${draft.file}:${draft.line}`);
      this.drafts.push(draft);
      this.places.set(draft, { defaults: this.defaults.get(draft.phase) ?? [], folder });
    }
    if (chains(link.actions)) this.open = draft;
  }

  private include(directive: Directive, folder: string, depth: number): void {
    if (depth >= DEEPEST_INCLUDE) throw new DirectiveError(`files include each other ${depth} deep`);
    for (const pattern of directive.arguments) {
      const path = isAbsolute(pattern) ? pattern : join(folder, pattern);
      const found = /[*?[]/.test(path) ? this.files.find(path) : [path];
      if (found.length === 0 && directive.name.toLowerCase() === 'include') {
        throw new DirectiveError(`${pattern} names no file`);
      }
      for (const file of found) {
        if (this.reading.includes(file)) throw new DirectiveError(`${file} includes itself`);
        if (++this.included > MOST_FILES)
          throw new DirectiveError(`more than ${MOST_FILES} files are included`);
        this.file(file, file, depth + 1, directive);
      }
    }
  }

  private remove(selections: readonly RuleSelection[]): void {
    this.drafts = this.drafts.filter(
      (draft) => 'marker' in draft || !selections.some((selection) => selects(selection, selectable(draft))),
    );
  }

  private updateTargets(directive: Directive, selections: readonly RuleSelection[]): void {
    const added = parseTargets(directive.arguments[1] ?? '');
    for (const draft of this.selected(selections)) {
      const [first] = draft.links;
      if (first?.targets !== undefined) first.targets = [...first.targets, ...added];
    }
  }

  private updateActions(directive: Directive): void {
    const actions = parseActions(directive.arguments[1] ?? '');
    checkActions(actions);
    if (has(actions, 'id') || has(actions, 'phase')) {
      throw new DirectiveError('id and phase of a rule cannot be changed');
    }
    for (const draft of this.selected(parseIds(directive.arguments[0] ?? ''))) {
      const [first] = draft.links;
      if (first === undefined) continue;
      // Of `t` and its like a rule may have several: the new ones replace the old.
      const replaced = new Set(actions.map(({ name }) => name));
      const kept = first.actions.filter(
        ({ name }) => !replaced.has(name) || name === 'tag' || name === 'setvar',
      );
      first.actions = [...kept, ...actions];
      draft.tags = first.actions.filter(({ name }) => name === 'tag').map(({ value }) => value);
    }
  }

  private selected(selections: readonly RuleSelection[]): Draft[] {
    return this.drafts.filter(
      (draft): draft is Draft =>
        !('marker' in draft) && selections.some((selection) => selects(selection, selectable(draft))),
    );
  }

  private mistake(place: { readonly file: string; readonly line: number }, message: string): void {
    this.mistakes.push({ file: place.file, line: place.line, message });
  }

  /** Makes the rules of what was read, one in each step. */
  *finish(settings: Partial<EngineSettings> | undefined): Generator<void, RuleSet> {
    if (this.open !== undefined) {
      this.mistake(this.open, `rule ${this.open.id} ends with chain, and no rule follows it`);
    }
    const subjects = new Subjects();
    const builder = new Builder(subjects);
    const rules = yield* this.build(builder);
    if (this.mistakes.length > 0) throw new RulesError(this.mistakes);
    return new RuleSet(
      rules,
      { ...this.settings, ...settings },
      new Prefilter(builder.required, this.plans.automata),
      builder.required.length,
      subjects,
      this.warnings,
    );
  }

  private environment(folder: string): OperatorEnvironment {
    return {
      readFile: (name) => {
        const path = isAbsolute(name) ? name : join(folder, name);
        try {
          return this.read(path);
        } catch (error) {
          throw new OperatorError(
            `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      },
      compilePattern: (source) => this.pattern(source),
      compilePhrases: (phrases) => new PhraseMatcher(phrases, this.plans.automata),
    };
  }

  private pattern(source: string): Pattern {
    const known = this.plans.patterns.get(source);
    if (known !== undefined) return compileByPlan(source, known);
    const pattern = compilePattern(source);
    if (pattern.plan !== undefined) this.plans.patterns.set(source, pattern.plan);
    return pattern;
  }

  private *build(builder: Builder): Generator<void, Rule[]> {
    const rules: Rule[] = [];
    const byPhase = new Map<Phase, number>();
    /** Places of markers: how many rules of each phase stand before it. */
    const markers = new Map<string, ReadonlyMap<Phase, number>>();
    const skips: { readonly rule: Rule; readonly label: string; readonly place: number }[] = [];
    for (const draft of this.drafts) {
      yield;
      if ('marker' in draft) {
        markers.set(draft.marker, new Map(byPhase));
        continue;
      }
      const place = this.places.get(draft);
      const folder = place?.folder ?? '';
      try {
        const rule = builder.rule(draft, place?.defaults ?? [], this.environment(folder));
        const label = lastValue(draft.links[0]?.actions ?? [], 'skipafter');
        if (label !== undefined) skips.push({ rule, label, place: rules.length });
        rules.push(rule);
        byPhase.set(rule.phase, (byPhase.get(rule.phase) ?? 0) + 1);
      } catch (error) {
        if (error instanceof OperatorUnavailable) {
          this.warnings.push(
            mistakeText({ ...draft, message: `rule ${draft.id} is left out: ${error.message}` }),
          );
        } else if (error instanceof DirectiveError || error instanceof OperatorError) {
          this.mistake(draft, `rule ${draft.id}: ${error.message}`);
        } else throw error;
      }
    }
    for (const { rule, label, place } of skips) {
      const marker = markers.get(label);
      if (marker === undefined) {
        const meant = nearMiss(label, markers.keys());
        this.mistake(rule, `rule ${rule.id}: there is no marker ${label} to skip to${meant}`);
      } else rules[place] = { ...rule, skipTo: marker.get(rule.phase) ?? 0 };
    }
    return rules;
  }
}

function selectable(draft: Draft): Parameters<typeof selects>[1] {
  return { id: draft.id, tags: draft.tags, link: { message: { source: draft.message } } };
}
