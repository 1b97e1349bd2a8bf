import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, PHONE, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { takeScreenshot } from './screenshots.ts';

/** So long the overview is looked at before: its charts show what passed meanwhile. */
const LOOKED_AT_MS = 150_000;
/** At first the packets of the time before the start are read, at once. */
const CAUGHT_UP_MS = 15_000;
/** In the bundled captures: scans, then guesses at SSH. */
const INTRUDER = '198.51.100.66';
const WANTED = process.env.WEIR_SCREENSHOTS === undefined && "only 'make screenshots' takes them";

/** Pictures of the README, by name: where they are taken, and what has to stand there. */
const PICTURES: readonly {
  readonly name: string;
  readonly path: string;
  readonly prepare: (page: Page) => Promise<void>;
}[] = [
  {
    name: 'timeline',
    path: `/timeline?address=${INTRUDER}`,
    prepare: async (page) => {
      const card = page.getByRole('article').filter({ hasText: INTRUDER }).first();
      await card.getByRole('button').first().click();
      await card.getByRole('region', { name: 'Evidence' }).waitFor();
    },
  },
  {
    name: 'flows',
    path: '/flows?q=protocol%3Ahttp%20name%3Awww.example.com',
    prepare: async (page) => {
      const row = page.getByRole('grid', { name: 'Flows' }).locator('.table-data').nth(3);
      await row.getByRole('gridcell').first().click();
      const panel = page.getByRole('complementary', { name: 'Details' });
      await panel.getByRole('tab', { name: 'Conversation' }).click();
      await panel
        .getByText(/GET \//)
        .first()
        .waitFor();
    },
  },
  {
    name: 'settings',
    path: '/settings?section=web',
    prepare: async (page) => {
      await page.getByLabel('web.waf.budget', { exact: true }).waitFor();
    },
  },
];

describe('pictures for the README', { skip: UNTESTABLE || WANTED, timeout: 600_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  test('the overview, after a while', async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.waitForTimeout(CAUGHT_UP_MS);
    await page.goto('/');
    await page.waitForTimeout(LOOKED_AT_MS);
    await inBothThemes(page, 'overview');
    await page.setViewportSize(PHONE);
    await page.waitForTimeout(500);
    await inBothThemes(page, 'overview-phone');
  });

  for (const { name, path, prepare } of PICTURES) {
    test(name, async (context) => {
      const { page } = await visit(context, browser, demonstration.origin);
      await page.goto(path);
      await prepare(page);
      await inBothThemes(page, name);
    });
  }
});

async function inBothThemes(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(300);
    await takeScreenshot(page, `${name}-${colorScheme}`, 'README');
  }
}
