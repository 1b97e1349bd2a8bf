import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, PHONE, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { assertAccessible, assertFits, assertSteady, watchShifts } from './examine.ts';
import { ATTACKER, PLACES, type Place } from './places.ts';
import { takeScreenshot } from './screenshots.ts';

const TIMEOUT_MS = 60_000;

describe('every page of the console', { skip: UNTESTABLE, timeout: 180_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
    // Twice: told of, then banned.
    for (let time = 0; time < 2; time++) await demonstration.attack(ATTACKER);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  for (const place of PLACES) {
    test(`${place.name} shows records, holds still and is accessible`, {
      timeout: TIMEOUT_MS,
    }, async (context) => {
      const { page } = await visit(context, browser, demonstration.origin);
      await watchShifts(page);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.goto(place.path);
      await page.getByRole('heading', { level: 1, name: place.name }).waitFor();
      await seen(page, place);
      await assertSteady(page, place.name);
      await assertFits(page, place.name);
      await assertAccessible(page, `${place.name}, light`);
      await takeScreenshot(page, `${fileName(place)}-light`);
      await page.emulateMedia({ colorScheme: 'dark' });
      await assertAccessible(page, `${place.name}, dark`);
      await takeScreenshot(page, `${fileName(place)}-dark`);
    });

    test(`${place.name} fits a phone`, { timeout: TIMEOUT_MS }, async (context) => {
      const { page } = await visit(context, browser, demonstration.origin, {
        viewport: PHONE,
        isMobile: true,
        hasTouch: true,
      });
      await watchShifts(page);
      await page.goto(place.path);
      await seen(page, place);
      await assertFits(page, `${place.name} on a phone`);
      await assertSteady(page, `${place.name} on a phone`);
      await takeScreenshot(page, `${fileName(place)}-phone`);
      await page.emulateMedia({ colorScheme: 'dark' });
      await takeScreenshot(page, `${fileName(place)}-phone-dark`);
    });
  }
});

/** Waits until the records are there. */
async function seen(page: Page, { shows }: Place): Promise<void> {
  for (const words of shows)
    await page.getByRole('main').getByText(words).filter({ visible: true }).first().waitFor();
}

function fileName({ name }: Place): string {
  return name.toLowerCase();
}
