import type { Decision } from '../event/index.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../net/index.ts';

/** Decisions about networks, found by an address or a network within them: one look-up for each length that occurs. */
export class RangeIndex {
  /** By version and length, then by the network as text. */
  private readonly lengths = new Map<string, Map<string, Decision[]>>();
  private count = 0;

  /** Decisions that are held. */
  get size(): number {
    return this.count;
  }

  /** Adds a decision whose value is a network in its short form. */
  add(decision: Decision): void {
    const group = groupOf(decision.value);
    const networks = this.lengths.get(group) ?? new Map<string, Decision[]>();
    this.lengths.set(group, networks);
    const decisions = networks.get(decision.value);
    if (decisions === undefined) networks.set(decision.value, [decision]);
    else decisions.push(decision);
    this.count++;
  }

  remove(decision: Decision): void {
    const group = groupOf(decision.value);
    const networks = this.lengths.get(group);
    const decisions = networks?.get(decision.value);
    const at = decisions?.indexOf(decision) ?? -1;
    if (networks === undefined || decisions === undefined || at < 0) return;
    decisions.splice(at, 1);
    this.count--;
    if (decisions.length === 0) networks.delete(decision.value);
    if (networks.size === 0) this.lengths.delete(group);
  }

  /** Decisions about networks that hold the whole of this one. */
  covering(prefix: Prefix): Decision[] {
    const found: Decision[] = [];
    if (this.count === 0) return found;
    const address = formatPrefix(prefix).split('/', 1)[0] ?? '';
    for (const [group, networks] of this.lengths) {
      const [version, length] = group.split('/');
      if (Number(version) !== prefix.version || Number(length) > prefix.length) continue;
      const network = parsePrefix(`${address}/${length}`);
      if (network !== undefined) found.push(...(networks.get(formatPrefix(network)) ?? []));
    }
    return found;
  }

  *all(): Generator<Decision> {
    for (const networks of this.lengths.values()) for (const decisions of networks.values()) yield* decisions;
  }
}

function groupOf(value: string): string {
  return `${value.includes(':') ? 6 : 4}/${value.slice(value.indexOf('/') + 1)}`;
}
