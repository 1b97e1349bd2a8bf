import { FLOW_DURATION } from './fields.ts';

/** A record, parsed. */
export type QueryRecord = Readonly<Record<string, unknown>>;

/** A value of a record as it is compared. */
export type Scalar = string | number;

/** A path, taken apart once. */
type Steps = readonly { readonly name: string; readonly isEach: boolean }[];

const taken = new Map<string, Steps>();

/** What lies at a path of a record (see `QueryField.paths`): texts and numbers; nothing where there is none. */
export function valuesAt(record: QueryRecord, path: string): readonly Scalar[] {
  if (path === FLOW_DURATION) return duration(record);
  let steps = taken.get(path);
  if (steps === undefined) {
    steps = path
      .split('.')
      .map((name) =>
        name.endsWith('[]') ? { name: name.slice(0, -2), isEach: true } : { name, isEach: false },
      );
    taken.set(path, steps);
  }
  let values: unknown[] = [record];
  for (const { name, isEach } of steps) {
    const found: unknown[] = [];
    for (const value of values) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) continue;
      const inner = (value as QueryRecord)[name];
      if (!isEach) found.push(inner);
      else if (Array.isArray(inner)) for (const one of inner) found.push(one);
    }
    values = found;
    if (values.length === 0) return [];
  }
  return values.flatMap(scalar);
}

function scalar(value: unknown): Scalar[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  return typeof value === 'boolean' ? [String(value)] : [];
}

/** Microseconds between the first and the last packet of a flow. */
function duration(record: QueryRecord): number[] {
  const [start] = valuesAt(record, 'flow.start');
  const [end] = valuesAt(record, 'flow.end');
  const us = timeUs(end) - timeUs(start);
  return us >= 0 ? [us] : [];
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})\+0000$/;

/** A time as weir writes it; NaN for others. */
function timeUs(text: Scalar | undefined): number {
  const match = typeof text === 'string' ? TIME.exec(text) : null;
  return match === null ? Number.NaN : Date.parse(`${match[1]}Z`) * 1000 + Number(match[2]);
}
