import { DirectiveError } from '../seclang/mistake.ts';
import type { RuleSelection } from './rule.ts';

/** What of a rule a selection looks at. */
interface Selectable {
  readonly id: number;
  readonly tags: readonly string[];
  readonly link: { readonly message: { readonly source: string } | undefined };
}

/** Reads identifiers and ranges of them: `941100`, `941100-941999`. Throws {@link DirectiveError}. */
export function parseIds(text: string): RuleSelection[] {
  return text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(\d+)(?:-(\d+))?$/.exec(part);
      if (match === null) throw new DirectiveError(`${part} is no rule id and no range of them`);
      const first = Number(match[1]);
      return { by: 'id', first, last: Number(match[2] ?? first) };
    });
}

/** Rules with a tag or a message: the whole of it, as ModSecurity 3 compares them. Throws {@link DirectiveError}. */
export function parseSelection(by: 'tag' | 'message', text: string): RuleSelection {
  if (text === '') throw new DirectiveError(`no ${by} is named`);
  return { by, text };
}

/** Whether a rule is among the selected. */
export function selects(selection: RuleSelection, rule: Selectable): boolean {
  switch (selection.by) {
    case 'id':
      return rule.id >= selection.first && rule.id <= selection.last;
    case 'tag':
      return rule.tags.includes(selection.text);
    case 'message':
      return rule.link.message?.source === selection.text;
    default:
      return selection satisfies never;
  }
}
