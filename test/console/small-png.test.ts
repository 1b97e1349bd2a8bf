import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, UNTESTABLE } from './browser.ts';
import { smallPng } from './small-png.ts';

test('a small PNG shows the same, with its rarer colours as the nearest of the others', {
  skip: UNTESTABLE,
}, async (context) => {
  const browser = await openBrowser();
  context.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 300, height: 60 } });
  await page.setContent(
    '<body style="margin:0;background:linear-gradient(90deg,#999,#fff)"><h1 style="color:#c00">weir</h1></body>',
  );
  const png = await page.screenshot();
  const small = smallPng(png);
  // The browser reads both: no pixel may differ by more than neighbouring greys do.
  const worst = await page.evaluate(`(async () => {
    const pixels = async (base64) => {
      const image = new Image();
      image.src = 'data:image/png;base64,' + base64;
      await image.decode();
      const canvas = new OffscreenCanvas(300, 60).getContext('2d');
      canvas.drawImage(image, 0, 0);
      return canvas.getImageData(0, 0, 300, 60).data;
    };
    const [one, other] = await Promise.all([pixels('${png.toString('base64')}'), pixels('${small.toString('base64')}')]);
    return one.reduce((most, value, at) => Math.max(most, Math.abs(value - other[at])), 0);
  })()`);
  assert.ok(Number(worst) < 40, `a channel is off by ${worst}`);
  assert.throws(() => smallPng(Buffer.from('GIF89a')), /no PNG/);
});
