import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { assertAccessible } from './examine.ts';
import { ATTACKER } from './places.ts';
import { takeScreenshot } from './screenshots.ts';

const TIMEOUT_MS = 60_000;
/** Denied once: an incident, not yet a ban. */
const SUSPECT = '203.0.113.212';
/** Denied twice: banned. */
const SCANNER = '203.0.113.213';

interface Configured {
  readonly text: string;
  readonly settings: { readonly correlation?: { readonly sensitivity?: number | string } };
}

describe('what is done in the console takes effect', { skip: UNTESTABLE, timeout: 180_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start(), openBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  test('a ban from the timeline takes effect, and Undo takes it back', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto(`/timeline?address=${SUSPECT}`);
    // What comes while one looks is offered or shown, without loading the page again.
    await demonstration.attack(SUSPECT);
    assert.equal(await demonstration.visit(SUSPECT, '/'), 200, 'one attack bans nobody');
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByRole('button', { name: 'Ban …' }).click();
    // By its name: what tells of the deed afterwards is a dialog, too.
    const dialog = page.getByRole('dialog', { name: `Ban ${SUSPECT}` });
    const plan = dialog.getByRole('region', { name: 'What would happen' });
    await plan.getByText(SUSPECT).first().waitFor();
    await assertAccessible(page, 'the plan of a ban');
    await takeScreenshot(page, 'ban');
    await dialog.getByRole('button', { name: `Ban ${SUSPECT}` }).click();
    await dialog.waitFor({ state: 'hidden' });
    await takeScreenshot(page, 'undo');
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await demonstration.until('ban at the proxy', async () =>
      [0, 403].includes(await demonstration.visit(SUSPECT, '/')),
    );
    await page.getByRole('button', { name: 'Undo' }).click();
    await demonstration.until(
      'end of the ban',
      async () => (await demonstration.visit(SUSPECT, '/')) === 200,
    );
  });

  test('an incident opens with its evidence and the join of both streams', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await demonstration.attack(ATTACKER);
    await page.goto('/timeline');
    const card = page.getByRole('article').filter({ hasText: ATTACKER }).first();
    await card.getByRole('button').first().click();
    await card.getByRole('list', { name: 'Steps of the incident, in order' }).waitFor();
    await card.getByRole('region', { name: 'Evidence' }).waitFor();
    await assertAccessible(page, 'an open incident');
    await takeScreenshot(page, 'incident');
  });

  test('a decision is taken and lifted on its page', { timeout: TIMEOUT_MS }, async (context) => {
    const { page, expect } = await visit(context, browser, demonstration.origin);
    // The page asks what became of a decision that is lifted while it is open.
    expect(/ 404\b.*\/api\/v1\/decisions\/[a-z0-9]+\)?$/);
    await page.goto('/decisions');
    await page.getByRole('button', { name: 'Decide' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('About').fill('198.51.100.203');
    await dialog.getByRole('button', { name: 'Ban 198.51.100.203' }).click();
    const row = page.getByRole('grid', { name: 'Decisions in force' }).getByText('198.51.100.203');
    await row.first().waitFor();
    assert.notEqual(await demonstration.visit('198.51.100.203', '/'), 200);
    await page
      .getByRole('row')
      .filter({ hasText: '198.51.100.203' })
      .getByRole('gridcell', { name: 'Ban', exact: true })
      .click();
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByRole('button', { name: 'Lift …' }).click();
    await page.getByRole('dialog').getByRole('button', { name: /^Lift/ }).click();
    await demonstration.until(
      'end of the ban',
      async () => (await demonstration.visit('198.51.100.203', '/')) === 200,
    );
  });

  test('a setting is planned, applied, in force, in the history, and taken back', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page, faults } = await visit(context, browser, demonstration.origin);
    const inForce = async (): Promise<string> =>
      (await demonstration.ask<Configured>('GET', '/configuration')).body.text;
    const before = await inForce();
    await page.goto('/settings?section=web');
    const option = page.getByLabel('web.waf.budget', { exact: true });
    const old = await option.inputValue();

    await option.fill('soon');
    await page.getByRole('alert').first().waitFor();
    await assertAccessible(page, 'a mistake in a setting');
    await takeScreenshot(page, 'settings-mistake');
    await option.fill(old === '40ms' ? '41ms' : '40ms');
    await page.getByText('at once').first().waitFor();
    await page.getByRole('region', { name: 'Edits' }).getByRole('button', { name: 'Plan' }).click();
    const plan = page.getByRole('dialog', { name: 'Plan' });
    await plan.getByText('web.waf.budget').first().waitFor();
    await plan.getByLabel('Note').fill('slower machine');
    await assertAccessible(page, 'a plan');
    await takeScreenshot(page, 'plan');
    await plan.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Settings applied').waitFor();
    assert.match(await inForce(), /budget: 4[01]ms/);

    await page.getByRole('tab', { name: 'History' }).click();
    const versions = page.getByRole('grid', { name: 'Versions of the configuration' });
    await versions.getByText('slower machine').click();
    await page.getByRole('button', { name: /^Go back to version/ }).click();
    await page.getByText(/is in force again/).waitFor();
    assert.equal(await inForce(), before);
    assert.deepEqual(faults, []);
  });

  test('a scenario is tested over the history', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    for (let time = 0; time < 2; time++) await demonstration.attack(SCANNER);
    await page.goto('/scenarios');
    await page.getByRole('grid', { name: 'Scenarios' }).getByText('weir/http-scanner-agent').first().click();
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByRole('button', { name: 'Copy and edit' }).click();
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByText('Ran over').waitFor({ timeout: 30_000 });
    await page.getByText(SCANNER).first().waitFor();
    await assertAccessible(page, 'the test of a scenario');
    await takeScreenshot(page, 'scenario-test');
  });

  test('the WAF says what it would do with a request', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/waf?view=test');
    const request = page.getByRole('textbox', { name: 'The request' });
    await request.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(
      'GET /products/1?id=1%27%20UNION%20SELECT%20name,password%20FROM%20users-- HTTP/1.1\nHost: garden.example.com\nUser-Agent: console-test\n\n',
    );
    await page.getByRole('button', { name: /^(?:Judge|Test)/ }).click();
    await page
      .getByRole('main')
      .getByText(/9421\d\d/)
      .first()
      .waitFor();
    await page
      .getByRole('main')
      .getByText(/den(?:y|ied)|block/i)
      .first()
      .waitFor();
    await assertAccessible(page, 'the verdict');
    await takeScreenshot(page, 'waf-test');
  });

  test('a client of the LAN opens with what it does', { timeout: TIMEOUT_MS }, async (context) => {
    const { page } = await visit(context, browser, demonstration.origin);
    await page.goto('/lan');
    await page.getByRole('main').getByText('alice', { exact: true }).first().click();
    const panel = page.getByRole('complementary', { name: 'Details' });
    await panel.getByText('www.example.com').first().waitFor();
    await panel.getByText('02:00:5e:00:53:01').first().waitFor();
    await assertAccessible(page, 'a client');
    await takeScreenshot(page, 'client');
  });
});
