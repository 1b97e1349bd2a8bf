import { AnyValue } from './any-value.ts';
import { Lessons } from './lessons.ts';
import type { EndpointLimits, ModelBudget } from './limits.ts';
import { ParameterTable } from './parameter-table.ts';
import { PathTree } from './path-tree.ts';

/** New places in the tree of paths that one client makes at once. */
const NEW_PATHS = 60;
/** Lessons about header fields that one client gives at once. */
const FIELD_LESSONS = 40;

/** What is usual for a host: its paths, the header fields of its clients, and what values of parameters look like. */
export class HostModel {
  readonly paths: PathTree;
  readonly fields: ParameterTable;
  /** Parameters by name, of whichever endpoint. */
  readonly parameters: ParameterTable;
  readonly anyValue = new AnyValue();
  readonly newPaths = new Lessons(NEW_PATHS);
  readonly fieldLessons = new Lessons(FIELD_LESSONS);
  decayedMs = 0;

  constructor(limits: EndpointLimits, budget: ModelBudget) {
    this.paths = new PathTree(limits.pathNodes, budget);
    this.fields = new ParameterTable(budget, this.anyValue, undefined);
    this.parameters = new ParameterTable(budget, this.anyValue, undefined);
  }

  /** Requests that it learned from. */
  get weight(): number {
    return this.paths.root.weight;
  }

  decay(factor: number): void {
    this.paths.decay(factor);
    this.fields.decay(factor);
    this.parameters.decay(factor);
    this.anyValue.decay(factor);
  }

  /** Gives its models back. */
  release(): void {
    this.paths.release();
    this.fields.release();
    this.parameters.release();
  }
}
