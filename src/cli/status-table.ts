import type { SystemStatus } from '../control/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import { clip, formatDuration, printable } from '../output/summary/format.ts';
import type { Paint } from '../output/summary/paint.ts';
import { TOP_LEVEL } from '../tap/load.ts';
import { webLines } from './status-web.ts';

/** Width of the words before the figures. */
const LABEL = 11;
/** Seconds that a rate is the mean of, once there were so many. */
const RATE_SECONDS = 10;
/** The name of one of several sensors. */
const WORKER = /^sensor-\d+$/;
/** Characters of the names of captures. */
const SOURCE = 72;

/** What a process tells of itself, looked at with care: it may be of another version. */
type Figures = Readonly<Record<string, unknown>>;

/** The state in words; `now` in milliseconds since 1970. */
export function renderStatus(answer: SystemStatus, now: number, colors: Paint): string {
  const sensor = part(answer.statistics, 'sensor');
  const hub = part(answer.statistics, 'hub');
  const lines: string[] = [];
  const line = (label: string, words: string): void => {
    lines.push(`  ${colors.dim(label.padEnd(LABEL))}${printable(words)}`);
  };
  const file = answer.configuration === undefined ? 'the defaults' : answer.configuration;
  const head = `${colors.bold(`weir is ${answer.state}`)}, up ${age(answer.since, now)}, by ${printable(file)}`;
  if (sensor !== undefined) sensorLines(sensor, line);
  const workers = answer.processes.map(({ name }) => name).filter((name) => WORKER.test(name));
  for (const [i, name] of workers.entries()) {
    line(i === 0 ? 'sensors' : '', workerWords(name, part(answer.statistics, name)));
  }
  if (hub !== undefined) {
    const since = answer.processes.find(({ name }) => name === 'hub')?.since;
    hubLines(hub, Math.floor((now - Date.parse(since ?? '')) / 1000), line);
  }
  const proxy = part(answer.statistics, 'proxy');
  if (proxy !== undefined) webLines(proxy, line);
  const width = Math.max(...answer.processes.map(({ name }) => name.length)) + 2;
  for (const [i, one] of answer.processes.entries()) {
    line(i === 0 ? 'processes' : '', processWords(one, now, width));
  }
  const found = warnings(answer, sensor, hub);
  return `${[head, '', ...lines, ...(found.length === 0 ? [] : ['']), ...found.map((text) => `  ${colors.alarm('!')} ${printable(text)}`)].join('\n')}\n`;
}

type Line = (label: string, words: string) => void;

function sensorLines(sensor: Figures, line: Line): void {
  const capture = part(sensor, 'capture') ?? {};
  const live = sensor.live === true;
  const source = typeof sensor.source === 'string' ? clip(sensor.source, SOURCE) : '';
  line('captures', `${source}${live ? ', live' : reading(sensor, capture)}`);
  const packets = [formatCount(count(sensor, 'packets'))];
  const { rate, seconds } = liveRate(capture);
  if (rate !== undefined) packets.push(`${perSecond(rate)} (last ${seconds} s)`);
  const bytes = number(capture, live ? 'bytes' : 'bytesRead');
  if (bytes !== undefined) packets.push(formatBytes(bytes));
  const matched = number(sensor, 'matched');
  if (matched !== undefined && matched !== count(sensor, 'packets'))
    packets.push(`${formatCount(matched)} match the filter`);
  line('packets', packets.join(', '));
  if (live) line('lost', lostWords(capture));
  const load = part(sensor, 'load');
  if (count(load, 'peak') > 0) line('load', loadWords(load));
  const ring = part(sensor, 'ring');
  if (ring !== undefined) {
    const where = typeof ring.folder === 'string' ? ` in ${ring.folder}` : '';
    line('kept', `${counted(count(ring, 'files'), 'file')}, ${formatBytes(count(ring, 'bytes'))}${where}`);
  }
  line(
    'flows',
    `${formatCount(count(sensor, 'flowsAlive'))} alive, ${formatCount(count(sensor, 'flows'))} since the start`,
  );
}

/** `age`: seconds since the hub began. */
function hubLines(hub: Figures, age: number, line: Line): void {
  const open = number(hub, 'openFlows');
  if (open !== undefined) {
    const rate = formatBytes(Math.round(count(hub, 'openBitsPerSecond') / 8));
    line('under way', open === 0 ? 'no open flow' : `${counted(open, 'open flow')}, ${rate}/s`);
  }
  const records = [`${formatCount(count(hub, 'records'))} since the start`];
  const each = number(hub, 'recordsPerSecond');
  if (each !== undefined && age > 0) {
    records.push(`${perSecond(each)} (last ${Math.min(age, RATE_SECONDS)} s)`);
  }
  line('records', records.join(', '));
  const store = part(hub, 'store');
  line('history', store === undefined ? 'none is kept' : historyWords(store));
  const lan = part(hub, 'lan');
  line(
    'clients',
    lan === undefined ? 'the local network is not followed' : formatCount(count(lan, 'clients')),
  );
}

function historyWords(store: Figures): string {
  const bytes = count(store, 'bytes');
  const where = typeof store.folder === 'string' ? ` in ${store.folder}` : '';
  const quota = number(store, 'quotaBytes');
  if (quota === undefined) return formatBytes(bytes) + where;
  const percent = (bytes / quota) * 100;
  const share = percent < 0.1 ? 'under 0.1 %' : `${percent.toFixed(1)} %`;
  return `${formatBytes(bytes)} of ${formatBytes(quota)} (${share})${where}`;
}

/** One of several sensors: its part of the packets, and what was lost of it, by cause. */
function workerWords(name: string, sensor: Figures | undefined): string {
  if (sensor === undefined) return `${name}  no answer`;
  const capture = part(sensor, 'capture') ?? {};
  const lost = [
    [count(capture, 'dropped'), 'packet', 'by the ring in memory'],
    [count(part(sensor, 'ring'), 'unwritten'), 'packet', 'to the ring on disk'],
    [count(sensor, 'recordsDropped'), 'record', 'before the bus'],
  ] as const;
  const losses = lost
    .filter(([amount]) => amount > 0)
    .map(([amount, noun, where]) => `${counted(amount, noun)} lost ${where}`);
  return [
    `${name}  ${counted(count(sensor, 'packets'), 'packet')}`,
    `${counted(count(sensor, 'flowsAlive'), 'flow')} alive`,
    ...(losses.length === 0 ? ['none lost'] : losses),
  ].join(', ');
}

/** `width`: characters of the column of names. */
function processWords(one: SystemStatus['processes'][number], now: number, width: number): string {
  const words = [`${one.name.padEnd(width)}${one.state}`];
  if (one.pid !== undefined) {
    words.push(
      `pid ${one.pid}`,
      `up ${age(one.since, now)}`,
      formatBytes(one.residentBytes),
      `as ${one.user}`,
    );
  }
  return words.join(', ');
}

/** What of captures is read. */
function reading(sensor: Figures, capture: Figures): string {
  const files = number(capture, 'files');
  const done = number(capture, 'filesDone');
  if (files === undefined || done === undefined) return '';
  if (sensor.working === false) return `, all of ${counted(files, 'file')} read`;
  return `, ${formatCount(done)} of ${counted(files, 'file')} read`;
}

/** Packets per second of the last intervals of the ring. */
function liveRate(capture: Figures): { readonly rate: number | undefined; readonly seconds: number } {
  const intervals = Array.isArray(capture.intervals) ? capture.intervals.slice(-RATE_SECONDS) : [];
  if (intervals.length === 0) return { rate: undefined, seconds: 0 };
  const sum = intervals.reduce((all: number, one: Figures) => all + count(one, 'packets'), 0);
  return { rate: sum / intervals.length, seconds: intervals.length };
}

function lostWords(capture: Figures): string {
  const dropped = count(capture, 'dropped');
  if (dropped === 0) return 'none';
  const share = (dropped / Math.max(1, count(capture, 'packets'))) * 100;
  return `${counted(dropped, 'packet')} (${share.toPrecision(2)} %), the ring was full in ${counted(count(capture, 'lossyIntervals'), 'second')}`;
}

/** How much of the flows is inspected under load. */
function loadWords(load: Figures | undefined): string {
  const level = count(load, 'level');
  const now =
    level === 0
      ? 'every flow is inspected'
      : level < TOP_LEVEL
        ? `1 new flow in ${2 ** level} is`
        : 'no new flow is';
  const more = level === 0 ? '' : ' inspected, and all of capture.critical';
  return `level ${level}: ${now}${more}; highest ${count(load, 'peak')}, ${counted(count(load, 'changes'), 'change')}, ${counted(count(load, 'sampledOut'), 'flow')} left out`;
}

/** What somebody should look at; none when all is well. */
function warnings(answer: SystemStatus, sensor: Figures | undefined, hub: Figures | undefined): string[] {
  const found: string[] = [];
  const warn = (times: number, words: string): void => {
    if (times > 0) found.push(words);
  };
  for (const { name, state, restarts, lastEnd, waitsMs } of answer.processes) {
    if (state === 'waiting') {
      found.push(`${name} ended (${lastEnd}) and is started again after ${(waitsMs.at(-1) ?? 0) / 1000} s`);
    } else if (answer.state === 'running' && state !== 'running') found.push(`${name} is ${state}`);
    else if (answer.statistics[name] === undefined && state === 'running')
      found.push(`${name} does not answer`);
    warn(
      restarts,
      `${name} was started again ${restarts === 1 ? 'once' : `${restarts} times`}; it ended with: ${lastEnd}`,
    );
  }
  const capture = part(sensor, 'capture');
  const dropped = count(capture, 'dropped');
  warn(
    dropped,
    `${counted(dropped, 'packet')} lost because the ring was full: a larger capture.buffer or a narrower capture.filter helps`,
  );
  warn(
    count(part(sensor, 'load'), 'level'),
    'the load is too high for every flow to be inspected: a larger capture.buffer, more capture.workers or a narrower capture.filter helps',
  );
  const ring = part(sensor, 'ring');
  const unwritten = count(ring, 'unwritten');
  const problem = typeof ring?.problem === 'string' ? `: ${ring.problem}` : '';
  warn(unwritten, `${counted(unwritten, 'packet')} not kept in the ring on disk${problem}`);
  const unsent = count(sensor, 'recordsDropped');
  warn(unsent, `${counted(unsent, 'record')} lost before the bus: its queue was full`);
  for (const one of answer.bus.subscribers) {
    const { name, dropped: lost, queuedBytes, limitBytes } = one;
    warn(lost, `${counted(lost, 'record')} lost on the way to ${name}: it is too slow for processes.queue`);
    if (queuedBytes > limitBytes / 2) {
      found.push(`${formatBytes(queuedBytes)} of ${formatBytes(limitBytes)} wait for ${name}`);
    }
  }
  const malformed = count(hub, 'malformed');
  warn(malformed, `${counted(malformed, 'record')} malformed`);
  storeWarnings(part(hub, 'store'), warn);
  const lan = part(hub, 'lan');
  const away = count(lan, 'addressesTurnedAway') + count(lan, 'devicesTurnedAway');
  warn(
    away,
    `${counted(away, 'client address', 'client addresses')} found no room in the view of the local network`,
  );
  return found;
}

function storeWarnings(store: Figures | undefined, warn: (times: number, words: string) => void): void {
  const damaged = count(store, 'damaged');
  warn(damaged, `${counted(damaged, 'file')} of the history found damaged and moved aside`);
  const removed = count(part(store, 'removed'), 'quota');
  warn(
    removed,
    `${counted(removed, 'record')} removed before their time: store.quota is too small for store.retention`,
  );
}

function part(of: Figures | undefined, name: string): Figures | undefined {
  const value = of?.[name];
  return typeof value === 'object' && value !== null ? (value as Figures) : undefined;
}

function number(of: Figures | undefined, name: string): number | undefined {
  const value = of?.[name];
  return typeof value === 'number' ? value : undefined;
}

function count(of: Figures | undefined, name: string): number {
  return number(of, name) ?? 0;
}

function counted(amount: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(amount)} ${amount === 1 ? noun : plural}`;
}

function perSecond(rate: number): string {
  return `${rate >= 10 || rate === 0 ? formatCount(Math.round(rate)) : rate.toFixed(1)}/s`;
}

function age(since: string | undefined, now: number): string {
  const milliseconds = now - Date.parse(since ?? '');
  return Number.isNaN(milliseconds) ? 'unknown' : formatDuration(Math.max(0, milliseconds) * 1000);
}
