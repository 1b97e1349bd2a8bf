import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { takeScreenshot } from './screenshots.ts';

const CHROMIUM = '/usr/bin/chromium';
const BUILT = join(import.meta.dirname, '../../build/web/index.html');
/** What is waited for in a page comes within this, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Why nothing can be tested here; false where it can. */
export const UNTESTABLE: string | false = !existsSync(CHROMIUM)
  ? `${CHROMIUM} is not there: apt-get install chromium`
  : !existsSync(BUILT) && "the console is not built: 'make console'";

/** Sizes of windows. */
export const DESK = { width: 1440, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;

/** Starts Chromium, without anything that would speak to others. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A window whose mistakes are collected, and fail the test when it ends. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong so far. */
  readonly faults: readonly string[];
  /** From now on such a fault is what the test is about. */
  readonly expect: (fault: RegExp) => void;
}

/**
 * Opens a window of its own, without cookies. Errors on the console, violations of the security policy, exceptions,
 * requests that fail and requests to others than `origin` fail the test.
 */
export async function visit(
  test: TestContext,
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: DESK,
    locale: 'en-GB',
    timezoneId: 'Europe/Vienna',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  const expected: RegExp[] = [];
  const fault = (text: string): void => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text.slice(0, 500));
  };
  context.on('console', (message) => {
    if (message.type() !== 'error' && !/content security policy/i.test(message.text())) return;
    fault(`console: ${message.text()} (${message.location().url})`);
  });
  context.on('weberror', (error) => fault(`exception: ${error.error().stack ?? error.error().message}`));
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? '';
    // A page that is left gives up what it still asks for.
    if (reason !== 'net::ERR_ABORTED') fault(`request: ${reason} ${request.method()} ${request.url()}`);
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.origin !== origin) fault(`third party: ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) {
      fault(`status ${response.status()}: ${response.request().method()} ${response.url()}`);
    }
  });
  const page = await context.newPage();
  test.after(async () => {
    // Told in `make test`: what stood there when it failed.
    if (!test.passed)
      test.diagnostic(`seen: ${await takeScreenshot(page, `failed-${test.name.replaceAll(/\W+/g, '-')}`)}`);
    await context.close();
    assert.deepEqual(faults, []);
  });
  return { page, context, faults, expect: (pattern) => void expected.push(pattern) };
}
