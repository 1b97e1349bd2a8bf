import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser, PHONE, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { assertAccessible, assertFits } from './examine.ts';
import { ATTACKER, PLACES, SITE } from './places.ts';
import { takeScreenshot } from './screenshots.ts';

const TIMEOUT_MS = 60_000;
/** While the server is away nothing can be fetched, which the browser notes as errors. */
const AWAY =
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_EMPTY_RESPONSE|\b503\b/;

describe('around the pages', { skip: UNTESTABLE, timeout: 180_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
    await demonstration.attack(ATTACKER);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  test('keys lead everywhere', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    for (const { key, name } of [...PLACES.slice(1), ...PLACES.slice(0, 1)]) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.waitForFunction(`document.title.startsWith(${JSON.stringify(name)})`);
    }

    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' });
    await keys.getByText('Go to Flows').waitFor();
    await assertAccessible(page, 'the list of keys');
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'hidden' });

    await page.keyboard.press('Control+k');
    const commands = page.getByRole('dialog', { name: 'Go to' });
    await commands.getByRole('combobox').fill('decis');
    await commands.getByRole('option', { name: 'Decisions' }).waitFor();
    await assertAccessible(page, 'the commands');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Decisions' }).waitFor();

    await page.keyboard.press('g');
    await page.keyboard.press('o');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await page.keyboard.press('/');
    const search = page.getByLabel('Address to look up');
    await search.and(page.locator(':focus')).waitFor();
    await page.keyboard.type('no address');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Not an address').waitFor();
    await search.fill(ATTACKER);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/timeline?address=${ATTACKER}`);
    await page.getByRole('main').getByText(ATTACKER).first().waitFor();
  });

  test('Tab reaches the content, with a ring to be seen', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/decisions');
    await page.getByRole('heading', { level: 1, name: 'Decisions' }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('link', { name: 'To the content' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const [inside, ring] = (await page.evaluate(
      '[document.activeElement.closest("main") !== null, getComputedStyle(document.activeElement).outlineStyle]',
    )) as readonly [boolean, string];
    assert.ok(inside, 'Tab after the skip link is in the content');
    assert.notEqual(ring, 'none', 'what has the focus has a ring');
  });

  test('the theme is chosen and stays', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin, { colorScheme: 'light' });
    const paper = (): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    await page.goto('/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    const light = await paper();
    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    const dark = await paper();
    assert.notEqual(dark, light);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.equal(await paper(), dark, 'after a reload');
  });

  test('on a phone the bar at the bottom leads to every page', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin, {
      viewport: PHONE,
      isMobile: true,
      hasTouch: true,
    });
    await page.goto('/');
    const bar = page.getByRole('navigation', { name: 'Pages' });
    for (const { name } of PLACES.slice(1, 4)) {
      await bar.getByRole('link', { name, exact: true }).tap();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    }
    for (const { name } of PLACES.slice(4)) {
      await bar.getByRole('button', { name: 'More' }).tap();
      await page.getByRole('menuitem', { name, exact: true }).tap();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    }
  });

  test('the panel stands in the page of another', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin, {
      viewport: { width: 800, height: 600 },
    });
    await page.goto('/panel');
    for (const words of [/buffer/i, /HTTP/, /flows/i]) await page.getByText(words).first().waitFor();
    await assertFits(page, 'the panel');
    await assertAccessible(page, 'the panel');
    await takeScreenshot(page, 'panel');

    // As another page of the same origin would hold it.
    await page.route('**/holder.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><title>x</title><iframe src="/panel" width="700" height="400"></iframe>',
      }),
    );
    await page.goto('/holder.html');
    await page.frameLocator('iframe').getByText(/HTTP/).first().waitFor();
  });

  test('a page of another origin may not hold the console', { timeout: TIMEOUT_MS }, async (context) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<!doctype html><title>x</title><iframe src="${demonstration.origin}/" name="theirs"></iframe>`,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    context.after(() => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { page, faults, expect } = await visit(context, browser, origin);
    expect(/third party|favicon|404|frame-ancestors|ERR_BLOCKED_BY_RESPONSE|ERR_BLOCKED_BY_CSP/);
    await page.goto('/');
    await page.waitForTimeout(500);
    assert.equal(await page.frameLocator('iframe').getByRole('heading').count(), 0);
    assert.deepEqual(faults, []);
  });

  test('figures move by themselves, and go on after a reload in the middle', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/');
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    for (let round = 0; round < 2; round++) {
      const main = page.getByRole('main');
      const before = await main.textContent();
      await demonstration.until('figures that move', async () => (await main.textContent()) !== before);
      await page.reload();
      await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    }
  });

  test('the stream resumes when the API has been started again', { timeout: TIMEOUT_MS }, async (context) => {
    const { page, expect } = await visit(context, browser, demonstration.origin);
    expect(AWAY);
    await page.goto('/requests?view=live');
    await page.getByRole('main').getByText(SITE).first().waitFor();
    const state = page.getByRole('status');
    await state.getByText('live', { exact: true }).waitFor();
    const { body } = await demonstration.ask<{ processes: { name: string; pid?: number }[] }>(
      'GET',
      '/status',
    );
    const pid = body.processes.find(({ name }) => name === 'api')?.pid ?? assert.fail('no API process');
    process.kill(pid, 'SIGKILL');
    await state.getByText('offline', { exact: true }).waitFor();
    await state.getByText('live', { exact: true }).waitFor({ timeout: 30_000 });
    const target = `/products/5?after=restart-${process.pid}`;
    await demonstration.visit('198.51.100.201', target);
    await page.getByRole('main').getByText('198.51.100.201').first().waitFor();
  });
});
