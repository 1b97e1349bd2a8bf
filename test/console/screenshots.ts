import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { smallPng } from './small-png.ts';

/** Whom a screenshot is for: who reads the README, or who wants to see what a test saw. */
export type Audience = 'README' | 'tester';

let temporary: string | undefined;

/** Those of the README go where WEIR_SCREENSHOTS says, all others into a temporary folder. */
function folderFor(audience: Audience): string {
  const wanted = process.env.WEIR_SCREENSHOTS;
  if (audience === 'README' && wanted !== undefined) {
    mkdirSync(resolve(wanted), { recursive: true });
    return resolve(wanted);
  }
  temporary ??= mkdtempSync(join(tmpdir(), 'weir-console-'));
  return temporary;
}

/** Takes a picture of the window, and says where it lies. */
export async function takeScreenshot(
  page: Page,
  name: string,
  audience: Audience = 'tester',
): Promise<string> {
  const path = join(folderFor(audience), `${name}.png`);
  const png = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  writeFileSync(path, audience === 'README' ? smallPng(png) : png);
  return path;
}
