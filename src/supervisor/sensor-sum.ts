import { dirname } from 'node:path';

/** What a sensor tells of itself; other versions may tell other things. */
type Figures = Readonly<Record<string, unknown>>;

/**
 * What several sensors that share an interface tell of themselves as if one did. Counts are added up, the seconds of
 * `intervals` too, from the latest backwards; of seconds with losses those of the sensor with the most are taken, for
 * they are mostly the same ones, and of levels of load the highest. Those that do not answer are left out; undefined when none does.
 */
export function sumOfSensors(answers: readonly unknown[]): Figures | undefined {
  const sensors = answers.filter(isFigures);
  return sensors.length === 0 ? undefined : sumOf(sensors);
}

function sumOf(all: readonly Figures[]): Figures {
  const names = new Set(all.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      sumOfValues(
        name,
        all.map((one) => one[name]).filter((value) => value !== undefined),
      ),
    ]),
  );
}

function sumOfValues(name: string, values: readonly unknown[]): unknown {
  if (values.length === 0) return undefined;
  const [first] = values;
  switch (name) {
    case 'intervals':
      return sumOfIntervals(values.filter((one): one is unknown[] => Array.isArray(one)));
    case 'lossyIntervals':
    case 'level':
    case 'peak':
      return Math.max(0, ...values.filter(isNumber));
    case 'endUs':
      return first;
    case 'worst':
      return values.filter(isFigures).toSorted((a, b) => Number(b.dropped) - Number(a.dropped))[0];
    case 'folder':
      // Of the packets on disk: each sensor has one below it.
      return typeof first === 'string' && values.length > 1 ? dirname(first) : first;
    default:
  }
  if (values.every(isNumber)) return values.reduce((sum, one) => sum + one, 0);
  if (values.every((one) => typeof one === 'boolean')) return values.some(Boolean);
  return values.every(isFigures) ? sumOf(values) : first;
}

/** The second that has just ended is the last of each list, however long it is. */
function sumOfIntervals(lists: readonly (readonly unknown[])[]): unknown[] {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) =>
    sumOf(lists.map((list) => list.at(index - length)).filter(isFigures)),
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isFigures(value: unknown): value is Figures {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
