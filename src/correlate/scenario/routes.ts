import type { Scenario } from './scenario.ts';

/** Kinds and services that lists are remembered for. */
const MOST_KINDS = 4096;

/** Which scenarios an observation is shown to: those whose filter could be true for its kind and service. */
export class Routes<T extends { readonly scenario: Scenario }> {
  private readonly all: readonly T[];
  private readonly byKind = new Map<string, Map<string, readonly T[]>>();
  private size = 0;

  constructor(all: readonly T[]) {
    this.all = all;
  }

  of(kind: string, service: string): readonly T[] {
    let byService = this.byKind.get(kind);
    if (byService === undefined) {
      byService = new Map();
      this.byKind.set(kind, byService);
    }
    let found = byService.get(service);
    if (found === undefined) {
      found = this.all.filter(
        ({ scenario }) => takes(scenario.kinds, kind) && takes(scenario.services, service),
      );
      if (this.size >= MOST_KINDS) {
        this.byKind.clear();
        this.size = 0;
      } else {
        byService.set(service, found);
        this.size++;
      }
    }
    return found;
  }
}

function takes(wanted: ReadonlySet<string> | undefined, text: string): boolean {
  return wanted === undefined || wanted.has(text);
}
