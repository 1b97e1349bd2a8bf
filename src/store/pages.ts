import { type FlowAnswer, flowOf } from './answers.ts';
import { type Cell, EVENT_COLUMNS, type EveRecord, FLOW_COLUMNS, toFlowRecord } from './columns.ts';
import { limitOf, type Selection, source, typeName } from './questions.ts';
import { DAY_US, dayStart } from './record-time.ts';
import type { Storage } from './storage.ts';
import { StoreError } from './store-error.ts';

/** A place in the order of records: behind a record, and behind so many that are wholly like it. */
export interface Position {
  /** Time of the record, microseconds. */
  readonly timeUs: number;
  /** What tells it from others of its time: a number in decimal digits. */
  readonly tie: string;
  readonly skip: number;
}

/** Which part of the records is wanted. */
export interface PageWish {
  /** 1 to 10,000. */
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
  /** Where the page before ended. */
  readonly after?: Position;
}

/** A page; without `next` it is the last one. One that took long can have less than was asked for, and a next one. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next?: Position;
}

const MOST_ROWS = 10_000;
/** Characters of JSON of a page: less than an answer of the running weir may have. */
const MOST_PAGE_CHARACTERS = 8 << 20;
/** Of the time that a question has, what may have gone when another stretch of time is begun. */
const PATIENCE = 0.5;
/** The first stretch, and how much longer each following one is. */
const FIRST_US = 240e6;
const GROWTH = 8;
const MOST_TIE = '18446744073709551615';

type Row = Readonly<Record<string, Cell | number>>;

/** Flows, page by page. */
export function askFlowPage(
  storage: Storage,
  selection: Selection,
  wish: PageWish,
): Promise<Page<FlowAnswer>> {
  const columns = FLOW_COLUMNS.map(({ name }) => name);
  const shown = columns.filter((name) => name !== 'more');
  return pageOf(storage, ['flow'], selection, wish, { shown, tie: columns }, flowOf);
}

/** Whole records, page by page; of some types, or all but flows. */
export function askRecordPage(
  storage: Storage,
  types: readonly string[] | undefined,
  selection: Selection,
  wish: PageWish,
): Promise<Page<EveRecord>> {
  const known = types?.map(typeName);
  if (known?.includes('flow') === true) {
    const columns = FLOW_COLUMNS.map(({ name }) => name);
    return pageOf(storage, known, selection, wish, { shown: columns, tie: columns }, (row) =>
      toFlowRecord(row as Readonly<Record<string, Cell>>),
    );
  }
  const columns = { shown: ['time', 'record'], tie: EVENT_COLUMNS.slice(-1).map(({ name }) => name) };
  return pageOf(
    storage,
    known,
    selection,
    wish,
    columns,
    (row) => JSON.parse(row.record as string) as EveRecord,
  );
}

/** Stretch by stretch of time, from the end that is wanted first: what is far from it is read only where needed. */
async function pageOf<T>(
  storage: Storage,
  types: readonly string[] | undefined,
  selection: Selection,
  wish: PageWish,
  columns: { readonly shown: readonly string[]; readonly tie: readonly string[] },
  read: (row: Row) => T,
): Promise<Page<T>> {
  const { after, order } = wish;
  const limit = Number(limitOf(wish.limit, MOST_ROWS));
  const isDown = order === 'newest';
  const direction = isDown ? 'DESC' : 'ASC';
  const found: Row[] = [];
  let characters = 0;
  const began = performance.now();
  for (const span of spansOf(storage, await oldestUs(storage), selection, wish)) {
    if (performance.now() - began > storage.limits.questionTimeoutMs * PATIENCE) {
      return { rows: found.map(read), next: atEdge(isDown ? span.untilUs - 1 : span.sinceUs, isDown) };
    }
    const { sql, parameters } = source(storage, types, { ...selection, ...span });
    const ask = await storage.askSome(
      `SELECT * FROM (SELECT ${columns.shown.join(', ')}, hash(${columns.tie.join(', ')}) AS tie FROM ${sql})
       ${after === undefined ? '' : `WHERE time ${isDown ? '<' : '>'} $at OR (time = $at AND tie ${isDown ? '<=' : '>='} CAST($tie AS UBIGINT))`}
       ORDER BY time ${direction}, tie ${direction} LIMIT $limit OFFSET $skip`,
      {
        ...parameters,
        ...(after === undefined ? {} : { at: storage.database.time(after.timeUs), tie: after.tie }),
        limit: BigInt(limit + 1 - found.length),
        // What is like the last one of the page before lies in the first stretch.
        skip: BigInt(after !== undefined && contains(span, after.timeUs) ? after.skip : 0),
      },
      MOST_PAGE_CHARACTERS - characters,
    );
    found.push(...ask.rows);
    characters += ask.rows.reduce((sum, row) => sum + charactersOf(row), 0);
    const isMore = ask.isCut || found.length > limit;
    if (!isMore) continue;
    const rows = found.slice(0, limit);
    const next = behind(rows, after);
    return next === undefined ? { rows: [] } : { rows: rows.map(read), next };
  }
  return { rows: found.map(read) };
}

function charactersOf(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, cell) => sum + (typeof cell === 'string' ? cell.length : 0),
    0,
  );
}

interface Span {
  readonly sinceUs: number;
  readonly untilUs: number;
}

function contains({ sinceUs, untilUs }: Span, timeUs: number): boolean {
  return timeUs >= sinceUs && timeUs < untilUs;
}

/** Stretches of time, each longer than the one before, that hold all that can be meant. */
function* spansOf(
  storage: Storage,
  oldest: number | undefined,
  { sinceUs = 0, untilUs = Number.MAX_SAFE_INTEGER }: Selection,
  { after, order }: PageWish,
): Generator<Span> {
  checkTimes(sinceUs, untilUs);
  if (oldest === undefined) return;
  const isDown = order === 'newest';
  const edge = after?.timeUs;
  let low = Math.max(sinceUs, oldest, isDown || edge === undefined ? 0 : edge);
  let high = Math.min(untilUs, storage.newestUs + 1, isDown && edge !== undefined ? edge + 1 : Infinity);
  for (let length = FIRST_US; low < high; length *= GROWTH) {
    const middle = isDown ? Math.max(low, high - length) : Math.min(high, low + length);
    yield isDown ? { sinceUs: middle, untilUs: high } : { sinceUs: low, untilUs: middle };
    if (isDown) high = middle;
    else low = middle;
  }
}

function checkTimes(...times: readonly number[]): void {
  if (times.every((us) => Number.isSafeInteger(us))) return;
  throw new StoreError('question', 'a time is a whole number of microseconds');
}

/** No record is older; undefined where there are none. */
async function oldestUs(storage: Storage): Promise<number | undefined> {
  const [row] = await storage.ask(
    'SELECT min(time) AS time FROM (SELECT time FROM flow UNION ALL SELECT time FROM event)',
  );
  const day = storage.parts.all[0]?.day;
  const recent = row?.time === null || row?.time === undefined ? undefined : Number(row.time);
  if (day === undefined) return recent;
  // A part holds records of its day alone.
  return Math.min(dayStart(day), recent ?? dayStart(day) + DAY_US);
}

/** The place behind the last of these rows. */
function behind(rows: readonly Row[], after: Position | undefined): Position | undefined {
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const isLike = (row: Row): boolean => row.time === last.time && row.tie === last.tie;
  const first = rows.findLastIndex((row) => !isLike(row)) + 1;
  const timeUs = Number(last.time);
  const tie = String(last.tie);
  const before = first === 0 && after?.timeUs === timeUs && after.tie === tie ? after.skip : 0;
  return { timeUs, tie, skip: before + rows.length - first };
}

/** The place before all records of a time. */
function atEdge(timeUs: number, isDown: boolean): Position {
  return { timeUs, tie: isDown ? MOST_TIE : '0', skip: 0 };
}
