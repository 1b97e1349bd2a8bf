import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { assertAccessible } from './examine.ts';
import { SITE } from './places.ts';
import { takeScreenshot } from './screenshots.ts';

const TIMEOUT_MS = 60_000;
const TCPDUMP = spawnSync('tcpdump', ['--version']).status === 0 ? false : 'there is no tcpdump';
/** A visitor that the tests alone send. */
const OWN_VISITOR = '198.51.100.202';

describe('flows and requests', { skip: UNTESTABLE, timeout: 180_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  test('the query line completes, says mistakes, and asks', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/flows');
    await rows(page, 'Flows').first().waitFor();
    const line = page.getByRole('textbox', { name: /^Query/ });
    await line.waitFor();
    await page.keyboard.press('/');
    await line.and(page.locator(':focus')).waitFor();
    await page.keyboard.type('proto');
    await page
      .getByRole('option', { name: /^proto/ })
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    await line.fill('portt:443');
    const mistake = page.getByRole('search').getByRole('status');
    await mistake.getByText(/portt/).waitFor();
    await takeScreenshot(page, 'flows-mistake');
    await assertAccessible(page, 'a mistake in a query');
    await line.fill('protocol:dns');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]q=protocol/);
    await demonstration.until('flows of DNS alone', async () => {
      const texts = await rows(page, 'Flows').allTextContents();
      return texts.length > 0 && texts.every((text) => /DNS/i.test(text));
    });
  });

  test('what is written while the editor is on its way stays', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    const held = Promise.withResolvers<void>();
    await page.route(/query-editor/, async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.goto('/flows');
    const line = page.getByRole('textbox', { name: /^Query/ });
    await line.click();
    await page.keyboard.type('proto');
    held.resolve();
    await page.locator('.query-editor:not([hidden])').waitFor();
    await page
      .getByRole('option', { name: /^proto/ })
      .first()
      .waitFor();
    assert.equal(await line.textContent(), 'proto');
  });

  test('a click on a value narrows the question, the button back widens it', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/flows');
    const value = rows(page, 'Flows').getByRole('button', { name: 'TLS', exact: true }).first();
    await value.click();
    await page.waitForURL(/[?&]q=/);
    await demonstration.until('flows of TLS alone', async () => {
      const texts = await rows(page, 'Flows').allTextContents();
      return texts.length > 0 && texts.every((text) => !/(?:HTTP|SSH|DNS) ?(?:TCP|UDP)/.test(text));
    });
    await page.goBack();
    await demonstration.until('flows of others', async () =>
      (await rows(page, 'Flows').allTextContents()).some((text) =>
        /(?:HTTP|SSH|DNS) ?(?:TCP|UDP)/.test(text),
      ),
    );
  });

  test('keys move through the table and open a flow: facts, conversation, bytes, packets', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/flows?q=protocol%3Ahttp%20name%3Awww.example.com');
    await rows(page, 'Flows').first().waitFor();
    await page.getByRole('region', { name: 'Flows' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'End', 'Home']) await page.keyboard.press(key);
    await rows(page, 'Flows').first().and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByRole('tab', { name: 'Conversation' }).click();
    await panel
      .getByText(/GET \//)
      .first()
      .waitFor();
    await panel
      .getByText(/HTTP\/1\.1 200/)
      .first()
      .waitFor();
    await assertAccessible(page, 'a conversation');
    await takeScreenshot(page, 'conversation');
    await panel.getByText('Hex', { exact: true }).click();
    await panel
      .getByText(/47 45 54 20/)
      .first()
      .waitFor();
    await panel.getByText('Decoded', { exact: true }).click();
    await panel.getByRole('region', { name: 'Request' }).first().waitFor();

    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: 'Save its packets as pcapng' }).click(),
    ]);
    const path = await saved.path();
    assert.match(saved.suggestedFilename(), /\.pcapng$/);
    if (TCPDUMP === false) {
      const { status, stdout, stderr } = spawnSync('tcpdump', ['-nn', '-r', path], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.match(stdout, /\.80: Flags/);
    } else context.diagnostic(TCPDUMP);

    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
  });

  test('flows that come stand in the live list', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/flows?view=live');
    await rows(page, 'Flows').filter({ hasText: SITE }).first().waitFor();
    await page.goto('/flows?view=open');
    await rows(page, 'Flows').filter({ hasText: SITE }).first().waitFor();
  });

  test('a request stands in the list within seconds, and opens with all that is known of it', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/requests?view=live');
    await rows(page, 'Requests').first().waitFor();
    const target = `/products/4?note=${process.pid}`;
    assert.equal(await demonstration.visit(OWN_VISITOR, target), 200);
    const row = rows(page, 'Requests').filter({ hasText: OWN_VISITOR }).first();
    await row.waitFor();
    await page.goto('/requests');
    await row.getByRole('gridcell').first().click();
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByText('console-test').first().waitFor();
    await panel.getByText(SITE).first().waitFor();
    await assertAccessible(page, 'a request');
    await takeScreenshot(page, 'request');
  });
});

function rows(page: Page, table: string) {
  return page.getByRole('grid', { name: table }).locator('.table-data');
}
