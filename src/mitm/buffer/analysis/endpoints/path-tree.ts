import { placeholderOf } from '../placeholder.ts';
import type { Segment } from '../reading.ts';
import { shownCount, shownName } from '../words.ts';
import type { ModelBudget } from './limits.ts';
import type { Oddity } from './parameter-table.ts';
import { bitsOf, explain, scoreOf } from './value-judgement.ts';
import { ValueModel } from './value-model.ts';

/** Names below one node; with more they are no names but values. */
export const MOST_CHILDREN = 100;
/** A name that has this share of a node's requests stays a name. */
const KEPT_SHARE = 0.05;
const WILDCARD = '{*}';
/** Requests from which a node says something. */
const SETTLED = 50;
const LEAST_CLIENTS = 3;
/** Points for each bit of surprise about a name that nobody asked for before. */
const NEW_NAME_POINTS = 1.5;
const LEAST_SCORE = 15;
const EVICTED_SHARE = 8;

/** A place in the tree. */
export interface PathNode {
  /** Requests that came by. */
  weight: number;
  /** Names below that were new, over the time. */
  novel: number;
  /** Its children have no names: there are too many. */
  isWild: boolean;
  readonly children: Map<string, PathNode>;
  /** What the segments below look like. */
  values: ValueModel | undefined;
}

/** A path in the tree. */
export interface Place {
  /** `/item/{n}`. */
  readonly template: string;
  readonly oddities: readonly Oddity[];
  /** All of it was seen before. */
  readonly isKnown: boolean;
}

/**
 * The paths of a host. Segments that are numbers, dates, identifiers and tokens are one, and so are names of which
 * there are many, such as those of articles.
 */
export class PathTree {
  root: PathNode = newNode();
  nodes = 1;
  private readonly mostNodes: number;
  private readonly budget: ModelBudget;

  constructor(mostNodes: number, budget: ModelBudget) {
    this.mostNodes = mostNodes;
    this.budget = budget;
  }

  /** Where a path is, and what is unusual about it. */
  judge(segments: readonly Segment[]): Place {
    const oddities: Oddity[] = [];
    let template = '';
    let node: PathNode | undefined = this.root;
    for (const segment of segments) {
      const name = node === undefined ? nameOf(segment.text) : childName(node, segment.text);
      if (node !== undefined) {
        const oddity = judgeSegment(node, segment, name, template);
        if (oddity !== undefined) oddities.push(oddity);
      }
      template += `/${shownName(name)}`;
      node = node?.children.get(name);
    }
    return { template: template === '' ? '/' : template, oddities, isKnown: node !== undefined };
  }

  /** Takes a path as usual. */
  learn(segments: readonly Segment[], weight: number, client: number): void {
    if (this.nodes + segments.length > this.mostNodes) this.prune();
    let node = this.root;
    node.weight += weight;
    for (const segment of segments) {
      node.values ??= this.budget.take() ? new ValueModel(false) : undefined;
      node.values?.learn(segment.shape, weight, client);
      let name = childName(node, segment.text);
      let child = node.children.get(name);
      if (child === undefined) {
        if (node.children.size >= MOST_CHILDREN) {
          this.collapse(node);
          name = childName(node, segment.text);
          // Endings of names are bounded as well.
          if (node.children.size >= MOST_CHILDREN && !node.children.has(name)) name = WILDCARD;
        }
        child = node.children.get(name) ?? this.addChild(node, name);
        node.novel += weight;
      }
      child.weight += weight;
      if (node.weight > 4096) halve(node);
      node = child;
    }
  }

  decay(factor: number): void {
    const each = (node: PathNode): void => {
      node.weight *= factor;
      node.novel *= factor;
      node.values?.decay(factor);
      for (const [name, child] of node.children) {
        each(child);
        if (child.weight < 0.05) this.remove(node, name);
      }
    };
    each(this.root);
  }

  /** Gives its models back. */
  release(): void {
    this.drop(this.root);
    this.root = newNode();
    this.nodes = 1;
  }

  addChild(node: PathNode, name: string): PathNode {
    const child = newNode();
    node.children.set(name, child);
    this.nodes++;
    return child;
  }

  /** From here on the node's children have no names, but for those that many ask for. */
  private collapse(node: PathNode): void {
    node.isWild = true;
    for (const [name, child] of [...node.children]) {
      if (name.startsWith('{') || child.weight >= KEPT_SHARE * node.weight) continue;
      const wild = wildcardOf(name);
      const into = node.children.get(wild);
      // What was below the names differs; the first one's is as good as any.
      if (into === undefined) node.children.set(wild, child);
      else {
        into.weight += child.weight;
        this.drop(child);
        this.nodes--;
      }
      node.children.delete(name);
    }
  }

  /** Removes the eighth of the nodes without children that were used least. */
  private prune(): void {
    const leaves: { readonly parent: PathNode; readonly name: string; readonly weight: number }[] = [];
    const collect = (parent: PathNode): void => {
      for (const [name, child] of parent.children) {
        if (child.children.size === 0) leaves.push({ parent, name, weight: child.weight });
        else collect(child);
      }
    };
    collect(this.root);
    leaves.sort((a, b) => a.weight - b.weight);
    for (const { parent, name } of leaves.slice(0, Math.ceil(leaves.length / EVICTED_SHARE))) {
      this.remove(parent, name);
    }
  }

  private remove(parent: PathNode, name: string): void {
    const child = parent.children.get(name);
    if (child === undefined) return;
    this.drop(child);
    this.nodes--;
    parent.children.delete(name);
  }

  /** Gives back what hangs below a node, and its own model. */
  private drop(node: PathNode): void {
    if (node.values !== undefined) this.budget.give(1);
    for (const child of node.children.values()) {
      this.drop(child);
      this.nodes--;
    }
  }
}

/** A node that nothing is known of. */
export function newNode(): PathNode {
  return { weight: 0, novel: 0, isWild: false, children: new Map(), values: undefined };
}

function halve(node: PathNode): void {
  node.weight /= 2;
  node.novel /= 2;
  for (const child of node.children.values()) child.weight /= 2;
}

function nameOf(text: string): string {
  // Nobody passes a name off as a placeholder.
  return text.startsWith('{') ? '{braces}' : (placeholderOf(text) ?? text);
}

function childName(node: PathNode, text: string): string {
  const name = nameOf(text);
  if (!node.isWild || node.children.has(name) || name.startsWith('{')) return name;
  const wild = wildcardOf(name);
  return node.children.has(wild) || node.children.size < MOST_CHILDREN ? wild : WILDCARD;
}

/** `{*}`, with the ending of a file's name. */
function wildcardOf(name: string): string {
  const ending = /\.[a-z][a-z0-9]{0,4}$/.exec(name.slice(-6))?.[0] ?? '';
  return WILDCARD + ending;
}

function judgeSegment(
  node: PathNode,
  { shape }: Segment,
  name: string,
  template: string,
): Oddity | undefined {
  const { values, weight } = node;
  if (values === undefined || values.weight < SETTLED || values.clients < LEAST_CLIENTS) return undefined;
  const known = node.children.has(name);
  // A name that is known is usual however seldom it is asked for; values have to look like the others.
  if (known && !name.startsWith('{')) return undefined;
  const value = scoreOf(values, shape);
  const novelty = known ? 0 : bitsOf(node.novel, weight) * NEW_NAME_POINTS;
  const score = 100 - ((100 - value) * (100 - novelty)) / 100;
  if (score < LEAST_SCORE) return undefined;
  const said = value >= 4 ? explain(values, shape) : `not seen in ${shownCount(weight)} requests`;
  return { score, text: `path below ${template === '' ? '/' : template}: ${said}` };
}
