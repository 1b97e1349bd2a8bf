import assert from 'node:assert/strict';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** The sum of layout shifts of a first view may be so much. */
const MOST_SHIFT = 0.02;
const WORST_SHOWN = 12;

/** Fails where axe finds something that WCAG 2.0 A or AA asks for and the page has not. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa']).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, WORST_SHOWN).map(({ target, any, html }) => {
      const reason = any[0]?.message ?? help;
      return `${id}: ${target.join(' ')}: ${reason} ${html.slice(0, 120)}`;
    }),
  );
  assert.deepEqual(found.slice(0, WORST_SHOWN), [], `${what}: accessibility`);
}

/** Fails where the page is wider than the window. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const [content, window] = (await page.evaluate(
    '[document.scrollingElement.scrollWidth, innerWidth]',
  )) as readonly [number, number];
  assert.ok(content <= window, `${what} is ${content} px wide in a window of ${window}`);
}

/** A shift of what was already seen, and what moved. */
interface Shift {
  readonly value: number;
  readonly moved: readonly string[];
}

/** Notes every layout shift of the pages that are opened from now on. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(`
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const moved = sources.map(({ node }) => node?.outerHTML?.slice(0, 90) ?? node?.textContent?.slice(0, 40) ?? '');
        shifts.push({ value, moved });
      }
    }).observe({ type: 'layout-shift', buffered: true });
  `);
}

/** Fails where what was seen has moved too much since the page was opened. */
export async function assertSteady(page: Page, what: string): Promise<void> {
  const shifts = (await page.evaluate('shifts')) as readonly Shift[];
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  const worst = shifts.toSorted((one, other) => other.value - one.value).slice(0, 3);
  assert.ok(sum < MOST_SHIFT, `${what} shifts by ${sum.toFixed(3)}: ${JSON.stringify(worst)}`);
}
