import { OperatorError } from '../operator/operator.ts';
import { type Expression, partsOf } from './syntax.ts';
import { widthOf } from './width.ts';

/**
 * Refuses back references to groups that do not exist, and to groups that may not have taken part when the reference is
 * reached: PCRE fails there, JavaScript matches the empty text.
 */
export function checkReferences(root: Expression, groups: number): void {
  settle(root, new Set(), groups);
}

/** Checks references, given the groups that are set before the expression; returns those set after it. */
function settle(expression: Expression, set: ReadonlySet<number>, groups: number): ReadonlySet<number> {
  switch (expression.kind) {
    case 'sequence':
      return expression.items.reduce((before, item) => settle(item, before, groups), set);
    case 'alternation': {
      const after = expression.branches.map((branch) => settle(branch, set, groups));
      const [first = set, ...rest] = after;
      return new Set([...first].filter((group) => rest.every((other) => other.has(group))));
    }
    case 'repeat': {
      const after = settle(expression.item, set, groups);
      return expression.least > 0 ? after : set;
    }
    case 'capture':
      return new Set([...settle(expression.item, set, groups), expression.group]);
    case 'atomic':
      return settle(expression.item, set, groups);
    case 'look': {
      const after = settle(expression.item, set, groups);
      return expression.negative ? set : after;
    }
    case 'reference': {
      const { group, at } = expression;
      if (group > groups) fail(`a back reference to group ${group}, which does not exist`, at);
      if (!set.has(group)) fail(`a back reference to group ${group}, which may not have matched by then`, at);
      return set;
    }
    case 'empty':
    case 'byte':
    case 'assertion':
      return set;
    default:
      return expression satisfies never;
  }
}

/** Refuses lookbehinds of which a branch has no fixed length, as PCRE does. */
export function checkLookbehinds(root: Expression): void {
  if (root.kind === 'look' && root.direction === 'behind') {
    const { item } = root;
    const branches = item.kind === 'alternation' ? item.branches : [item];
    for (const branch of branches) {
      const [least, most] = widthOf(branch);
      if (least !== most) fail('a lookbehind whose length is not fixed', root.at);
    }
  }
  for (const part of partsOf(root)) checkLookbehinds(part);
}

function fail(what: string, at: number): never {
  throw new OperatorError(`regular expression: ${what} at offset ${at}`);
}
