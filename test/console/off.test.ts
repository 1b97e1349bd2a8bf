import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { freePort } from '../support/web-parts.ts';
import { openBrowser, PHONE, UNTESTABLE, visit } from './browser.ts';
import { assertAccessible, assertFits } from './examine.ts';
import { takeScreenshot } from './screenshots.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_MS = 40_000;

/** What each page says where what it shows is switched off: the setting to change. */
const SAYS: readonly (readonly [path: string, words: RegExp])[] = [
  ['/', /web\.enabled/],
  ['/timeline', /correlation|Nothing/],
  ['/requests', /web\.enabled/],
  ['/decisions', /respond\.mode/],
  ['/waf', /web\.enabled/],
  ['/flows', /capture\.interface|store\.enabled/],
  ['/lan', /lan\.networks|capture/],
  ['/captures', /capture/],
];

describe('a weir with little switched on', { skip: UNTESTABLE, timeout: 120_000 }, () => {
  let weir: ChildProcess;
  let browser: Browser;
  let folder: string;
  let origin: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'weir-off-'));
    // As root the processes become another user, who must get there.
    chmodSync(folder, 0o755);
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const captures = join(folder, 'captures');
    writeFileSync(
      join(folder, 'weir.yaml'),
      `web: {enabled: false}
respond: {mode: 'off', folder: ${folder}/respond}
store: {folder: ${folder}/store}
status: {enabled: false}
api: {listen: '127.0.0.1:${port}', anonymous: admin}
control: {folder: ${folder}/run}
`,
    );
    mkdirSync(captures);
    weir = spawn(join(ROOT, 'weir'), ['up', '--config', join(folder, 'weir.yaml'), '--capture', captures], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    [browser] = await Promise.all([openBrowser(), running(weir)]);
  });
  after(async () => {
    await browser?.close();
    if (weir !== undefined && weir.exitCode === null) {
      const exit = once(weir, 'exit');
      weir.kill('SIGTERM');
      await exit;
    }
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  for (const [path, words] of SAYS) {
    test(`${path} says what to do`, { timeout: 40_000 }, async (context) => {
      const { page, expect } = await visit(context, browser, origin, { viewport: PHONE });
      // What is switched off is refused with the name of the setting, which the browser notes as an error.
      expect(/\b409\b/);
      await page.goto(path);
      await page.getByRole('main').getByText(words).filter({ visible: true }).first().waitFor();
      await assertFits(page, path);
      await assertAccessible(page, path);
      await takeScreenshot(page, `off${path.replace('/', '-')}`);
    });
  }
});

function running(weir: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (): void => reject(new Error(`weir did not start: ${said.slice(-2000)}`));
    AbortSignal.timeout(START_MS).addEventListener('abort', fail);
    weir.once('exit', fail);
    weir.stderr?.setEncoding('utf8').on('data', (part: string) => {
      said += part;
      if (said.includes('weir: running')) resolve();
    });
  });
}
