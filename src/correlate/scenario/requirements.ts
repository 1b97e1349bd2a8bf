import type { Node } from './expression/index.ts';

/**
 * The texts of which `evt.Meta.KEY` must be one for a filter to be true; undefined when any may be. So an observation
 * is shown to those scenarios alone that can take it.
 */
export function requiredTexts(filter: Node, key: string): ReadonlySet<string> | undefined {
  if (filter.kind === 'let') return requiredTexts(filter.body, key);
  if (filter.kind !== 'binary') return undefined;
  const { operator, left, right } = filter;
  if (operator === 'and') {
    const first = requiredTexts(left, key);
    const second = requiredTexts(right, key);
    if (first === undefined || second === undefined) return first ?? second;
    return first.intersection(second);
  }
  if (operator === 'or') {
    const first = requiredTexts(left, key);
    const second = requiredTexts(right, key);
    return first === undefined || second === undefined ? undefined : first.union(second);
  }
  if (operator === '==') {
    if (isMeta(left, key)) return textOf(right);
    return isMeta(right, key) ? textOf(left) : undefined;
  }
  if (operator !== 'in' || !isMeta(left, key) || right.kind !== 'list') return undefined;
  const texts = right.items.map(textOf);
  if (texts.some((each) => each === undefined)) return undefined;
  return texts.reduce<ReadonlySet<string>>((all, each) => all.union(each ?? new Set()), new Set());
}

function isMeta(node: Node, key: string): boolean {
  if (!isMember(node, key) || node.kind !== 'member') return false;
  const { object } = node;
  if (!isMember(object, 'Meta') || object.kind !== 'member') return false;
  return object.object.kind === 'name' && object.object.name === 'evt';
}

function isMember(node: Node, key: string): boolean {
  return node.kind === 'member' && node.property.kind === 'constant' && node.property.value === key;
}

function textOf(node: Node): ReadonlySet<string> | undefined {
  return node.kind === 'constant' && typeof node.value === 'string' ? new Set([node.value]) : undefined;
}
