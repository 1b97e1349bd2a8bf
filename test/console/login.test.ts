import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, UNTESTABLE, visit } from './browser.ts';
import { Demonstration } from './demonstration.ts';
import { assertAccessible, assertFits } from './examine.ts';
import { ATTACKER } from './places.ts';
import { takeScreenshot } from './screenshots.ts';

const TIMEOUT_MS = 40_000;
/** Who is not logged in is told so by the status, which the browser notes as an error. */
const UNAUTHORISED = /\b401\b/;

describe('login', { skip: UNTESTABLE, timeout: 120_000 }, () => {
  let demonstration: Demonstration;
  let browser: Browser;

  before(async () => {
    [demonstration, browser] = await Promise.all([Demonstration.start({ login: true }), openBrowser()]);
    await demonstration.attack(ATTACKER);
  });
  after(async () => {
    await browser?.close();
    await demonstration?.end();
  });

  /** A new token of a role. */
  async function token(name: string, role: 'viewer' | 'operator' | 'admin'): Promise<string> {
    const { status, body } = await demonstration.ask<{ readonly token: string }>('POST', '/tokens', {
      name,
      role,
    });
    assert.ok(status < 300, `token: ${status} ${JSON.stringify(body)}`);
    return body.token;
  }

  test('a token leads in, to the page that was asked for; logging out leads back', {
    timeout: TIMEOUT_MS,
  }, async (context) => {
    const { page, expect } = await visit(context, browser, demonstration.origin);
    expect(UNAUTHORISED);
    await page.goto('/lan?view=x');
    await page.waitForURL(/\/login/);
    await assertAccessible(page, 'login');
    await assertFits(page, 'login');
    await takeScreenshot(page, 'login');
    await logIn(page, 'weir_not-a-token');
    await page.getByText('This token is not known').waitFor();
    assert.equal(await page.getByLabel('Token').getAttribute('aria-invalid'), 'true');

    await logIn(page, await token('for-a-browser', 'admin'));
    await page.getByRole('heading', { level: 1, name: 'LAN' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/lan');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'LAN' }).waitFor();

    await page.getByRole('button', { name: 'User' }).click();
    await page.getByText('for-a-browser, admin').waitFor();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await page.waitForURL(/\/login/);
    await page.goto('/requests');
    await page.waitForURL(/\/login/);
  });

  test('a one-time link works once', { timeout: TIMEOUT_MS }, async (context) => {
    const { body } = await demonstration.ask<{ readonly link?: string; readonly url?: string }>(
      'POST',
      '/login-links',
      { role: 'viewer' },
    );
    const link = body.link ?? body.url ?? assert.fail(JSON.stringify(body));
    const first = await visit(context, browser, demonstration.origin);
    first.expect(UNAUTHORISED);
    await first.page.goto(link);
    await first.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.equal(new URL(first.page.url()).search, '', 'the code stays in the address');

    const second = await visit(context, browser, demonstration.origin);
    second.expect(UNAUTHORISED);
    await second.page.goto(link);
    await second.page.getByText('This link was used or is too old').waitFor();
  });

  test('a revoked token ends the session that it began', { timeout: TIMEOUT_MS }, async (context) => {
    const { page, expect } = await visit(context, browser, demonstration.origin);
    expect(UNAUTHORISED);
    await page.goto('/login');
    await logIn(page, await token('short-lived', 'operator'));
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await demonstration.ask('DELETE', '/tokens/short-lived');
    await page.waitForURL(/\/login/);
  });

  test('a viewer sees everything and may change nothing', { timeout: TIMEOUT_MS }, async (context) => {
    const operator = await visit(context, browser, demonstration.origin);
    operator.expect(UNAUTHORISED);
    const next = encodeURIComponent(`/timeline?address=${ATTACKER}`);
    await operator.page.goto(`/login?next=${next}`);
    await logIn(operator.page, await token('shift', 'operator'));
    await operator.page.getByText(ATTACKER).first().waitFor();
    await operator.page.getByRole('button', { name: /^Ban/ }).first().waitFor();

    const viewer = await visit(context, browser, demonstration.origin);
    viewer.expect(UNAUTHORISED);
    await viewer.page.goto(`/login?next=${next}`);
    await logIn(viewer.page, await token('screen', 'viewer'));
    await viewer.page.getByText(ATTACKER).first().waitFor();
    for (const name of [/^Ban/, /^Allow/, /false/i, /^Replay/]) {
      assert.equal(await viewer.page.getByRole('button', { name }).count(), 0, `${name} on the timeline`);
    }
    await viewer.page.goto('/');
    await viewer.page.getByText(ATTACKER).first().waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: /^Ban/ }).count(), 0, 'on the overview');
    await viewer.page.goto('/settings');
    await viewer.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    assert.equal(await viewer.page.getByRole('button', { name: /^Apply/ }).count(), 0, 'on settings');
  });
});

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
}
