/** The console in Chromium: its first view, and what live events cost it. */

import { parseArgs } from 'node:util';
import type { Browser, CDPSession } from 'playwright-core';
import { DESK, openBrowser, UNTESTABLE } from '../../test/console/browser.ts';
import { Demonstration } from '../../test/console/demonstration.ts';
import { BusyStream } from './busy-stream.ts';

const HELP = `usage: node bench/console/run.ts [options]

Starts the demonstration and Chromium, opens pages of the console, and prints what their first view takes and what live
events cost: tables for docs/performance.md. Ends with 1 where a goal is not reached.

  --seconds N       of live events on each page (default 30)
  --per-minute N    live events (default 10000)
  --rounds N        first views of each page, of which the middle one counts (default 5)
`;

/** To reach: milliseconds and bytes of a first view, milliseconds of a frame. */
const GOAL = { viewMs: 1000, bytes: 350_000, frameMs: 50 } as const;
const FIRST_VIEWS = ['/', '/timeline', '/flows', '/requests', '/settings', '/panel', '/login'] as const;
const LIVE_PAGES = ['/flows?view=live', '/requests?view=live', '/'] as const;
/** A page comes to rest before it is measured. */
const SETTLE_MS = 3000;

interface View {
  readonly domMs: number;
  readonly paintMs: number;
  /** Until the page's heading stood there. */
  readonly headingMs: number;
  /** As they were transferred: what the console consists of, and what it asked the API. */
  readonly codeBytes: number;
  readonly dataBytes: number;
  readonly requests: number;
}

interface Live {
  readonly events: number;
  readonly longTasks: number;
  readonly longestMs: number;
  readonly longFrames: number;
  readonly worstFrameMs: number;
  /** Share of a core that the page's thread took. */
  readonly busy: number;
  readonly heapMb: number;
}

async function firstView(browser: Browser, origin: string, path: string): Promise<View> {
  const context = await browser.newContext({ viewport: DESK });
  try {
    const page = await context.newPage();
    const sizes: Promise<{ readonly isData: boolean; readonly bytes: number }>[] = [];
    page.on('requestfinished', (request) => {
      if (request.resourceType() === 'eventsource') return;
      const isData = new URL(request.url()).pathname.startsWith('/api/');
      sizes.push(request.sizes().then(({ responseBodySize: bytes }) => ({ isData, bytes })));
    });
    const begun = performance.now();
    await page.goto(`${origin}${path}`);
    if (path === '/login' || path === '/panel') await page.locator('main, h1, h2').first().waitFor();
    else await page.getByRole('heading', { level: 1 }).waitFor();
    const headingMs = performance.now() - begun;
    // What is fetched for the first view, too: data, and parts of the page.
    await page.waitForTimeout(1500);
    const [domMs, paintMs] = (await page.evaluate(
      `[performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd,
        performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN]`,
    )) as readonly [number, number];
    const all = await Promise.all(sizes);
    const sum = (data: boolean): number =>
      all.reduce((total, { isData, bytes }) => total + (isData === data ? bytes : 0), 0);
    return { domMs, paintMs, headingMs, codeBytes: sum(false), dataBytes: sum(true), requests: all.length };
  } finally {
    await context.close();
  }
}

const WATCH = `
  globalThis.long = []; globalThis.frames = []; globalThis.watching = false;
  new PerformanceObserver((list) => {
    if (watching) for (const { duration } of list.getEntries()) long.push(duration);
  }).observe({ type: 'longtask' });
  let last = performance.now();
  const frame = (now) => { if (watching) frames.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
`;

async function underEvents(
  browser: Browser,
  target: string,
  path: string,
  { seconds, perMinute }: { readonly seconds: number; readonly perMinute: number },
): Promise<Live> {
  const stream = await BusyStream.open(target, perMinute);
  const context = await browser.newContext({ viewport: DESK });
  try {
    const page = await context.newPage();
    await page.addInitScript(WATCH);
    await page.goto(`${stream.origin}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(SETTLE_MS);
    const session = await context.newCDPSession(page);
    await session.send('Performance.enable');
    const before = await used(session);
    const events = stream.added;
    await page.evaluate('watching = true');
    await page.waitForTimeout(seconds * 1000);
    const [long, frames] = (await page.evaluate('watching = false, [long, frames]')) as readonly [
      number[],
      number[],
    ];
    const after = await used(session);
    const late = frames.filter((ms) => ms > GOAL.frameMs);
    return {
      events: stream.added - events,
      longTasks: long.length,
      longestMs: Math.max(0, ...long),
      longFrames: late.length,
      worstFrameMs: Math.max(0, ...frames),
      busy: (after.seconds - before.seconds) / seconds,
      heapMb: after.heapBytes / 1e6,
    };
  } finally {
    await context.close();
    stream.close();
  }
}

/** How long the page's thread has worked until now, and what memory it holds. */
async function used(session: CDPSession): Promise<{ readonly seconds: number; readonly heapBytes: number }> {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { seconds: value('TaskDuration'), heapBytes: value('JSHeapUsedSize') };
}

function middle<Row>(rows: readonly Row[], by: (row: Row) => number): Row {
  const sorted = rows.toSorted((one, other) => by(one) - by(other));
  return sorted[Math.floor(sorted.length / 2)] as Row;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    'per-minute': { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const [seconds, perMinute, rounds] = [values.seconds, values['per-minute'], values.rounds].map(Number) as [
  number,
  number,
  number,
];

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (![seconds, perMinute, rounds].every((value) => value >= 1)) {
    process.stderr.write(
      `console: --seconds, --per-minute and --rounds take numbers of at least 1\n\n${HELP}`,
    );
    return 2;
  }
  if (UNTESTABLE !== false) {
    process.stderr.write(`console: not measured: ${UNTESTABLE}\n`);
    return 0;
  }
  const [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
  let reached = true;
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    say(
      '| first view | DOM ready, ms | first paint, ms | heading, ms | kB of the console | kB of data | requests |',
    );
    say('| --- | --- | --- | --- | --- | --- | --- |');
    for (const path of FIRST_VIEWS) {
      const views: View[] = [];
      for (let round = 0; round < rounds; round++)
        views.push(await firstView(browser, demonstration.origin, path));
      const { domMs, paintMs, headingMs, codeBytes, dataBytes, requests } = middle(
        views,
        (view) => view.headingMs,
      );
      reached &&= headingMs <= GOAL.viewMs && codeBytes <= GOAL.bytes;
      say(
        `| ${path} | ${domMs.toFixed(0)} | ${paintMs.toFixed(0)} | ${headingMs.toFixed(0)} | ${(codeBytes / 1000).toFixed(0)} | ${(dataBytes / 1000).toFixed(0)} | ${requests} |`,
      );
    }
    say('');
    say(
      '| live | events | tasks over 50 ms | longest, ms | frames over 50 ms | worst, ms | of a core | heap, MB |',
    );
    say('| --- | --- | --- | --- | --- | --- | --- | --- |');
    for (const path of LIVE_PAGES) {
      const live = await underEvents(browser, demonstration.origin, path, { seconds, perMinute });
      reached &&= live.longTasks === 0;
      say(
        `| ${path} | ${live.events} | ${live.longTasks} | ${live.longestMs.toFixed(0)} | ${live.longFrames} | ${live.worstFrameMs.toFixed(0)} | ${(100 * live.busy).toFixed(0)} % | ${live.heapMb.toFixed(0)} |`,
      );
    }
  } finally {
    await browser.close();
    await demonstration.end();
  }
  return reached ? 0 : 1;
}

process.exitCode = await main();
