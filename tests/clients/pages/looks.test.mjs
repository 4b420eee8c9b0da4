// What is seen, to the pixel: codes, and what has the focus.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { modulesOf, sideWithin } from '../../../crates/pages/assets/fit.mjs';
import { readCode } from '../green-api/javascript/code.mjs';
import { pairingCode, qrCode } from './attempts.mjs';
import { DESK, launch, PHONE } from './browser.mjs';
import { Stage } from './stage.mjs';

let stage;
before(async () => {
  stage = await Stage.build();
});
after(() => stage?.strike());

async function arrive(t, options, answers, browser) {
  const window = await stage.window(options, browser);
  t.after(() => window.close());
  await stage.play(window, answers);
  await stage.visit(window);
  return window;
}

/// The window, and where the picture is in it, in pixels of the screen. A clip of it alone would be drawn
/// anew, between the pixels.
async function shoot(window) {
  const area = await window.at('picture').evaluate((picture) => {
    const { x, y, width, height } = picture.getBoundingClientRect();
    const sides = { x, y, width, height };
    return Object.entries(sides).map(([name, side]) => [name, Math.round(side * devicePixelRatio)]);
  });
  return { png: await window.page.screenshot(), area: Object.fromEntries(area) };
}

/// The shades of a picture, and the greatest common measure of all runs of one shade in its rows and
/// columns, but for the margins: the side of a module.
async function measure({ png, area }) {
  const page = await stage.browser.newPage();
  try {
    return await page.evaluate(measured, { base64: png.toString('base64'), area });
  } finally {
    await page.close();
  }
}

async function measured({ base64, area: { x: left, y: top, width, height } }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(bitmap, -left, -top);
  const { data } = context.getImageData(0, 0, width, height);
  const shades = new Set(data.filter((_, index) => index % 4 !== 3));
  const common = (one, other) => (other === 0 ? one : common(other, one % other));
  let module = 0;
  const along = (length, at) => {
    const turns = [];
    for (let i = 1; i < length; i += 1) if (data[at(i) * 4] !== data[at(i - 1) * 4]) turns.push(i);
    for (let i = 1; i < turns.length; i += 1) module = common(turns[i] - turns[i - 1], module);
  };
  for (let y = 0; y < height; y += 1) along(width, (x) => y * width + x);
  for (let x = 0; x < width; x += 1) along(height, (y) => y * width + x);
  return { shades: [...shades].sort((one, other) => one - other), module };
}

describe('a code to scan is black and white in whole pixels', () => {
  const least = { 1: 4, 1.25: 5, 1.5: 6, 2: 8, 2.625: 10, 3: 12 };
  for (const [ratio, pixels] of Object.entries(least)) {
    test(`on a screen with ${ratio} of them for one of CSS`, async (t) => {
      // A screen that is only emulated lays out in pixels of CSS, and no real one does.
      const browser = await launch(`--force-device-scale-factor=${ratio}`, '--window-size=1100,900');
      t.after(() => browser.close());
      const window = await arrive(t, { viewport: null }, [qrCode(1)], browser);
      await window.at('picture').waitFor();
      const shot = await shoot(window);
      const { shades, module } = await measure(shot);
      assert.deepEqual(shades, [0, 255]);
      assert.ok(module >= pixels, `${module} pixels for a module`);
      assert.equal(readCode(shot.png), readCode(stage.picture));
    });
  }

  test('whatever is done to the window', async (t) => {
    const window = await arrive(t, { viewport: DESK }, [qrCode(1)]);
    await window.at('picture').waitFor();
    await window.page.setViewportSize(PHONE);
    await window.page.waitForFunction(() => {
      const [picture, frame] = ['picture', 'frame'].map((it) => document.querySelector(`#${it}, .${it}`));
      return picture.clientWidth < frame.clientWidth;
    });
    assert.deepEqual((await measure(await shoot(window))).shades, [0, 255]);
  });

  test('by the modules that are counted on its diagonal', () => {
    const drawn = (modules, scale) => modulesOf(modules * scale, (at) => at >= 4 * scale);
    assert.deepEqual([drawn(29, 9), drawn(65, 4), drawn(65, 1), drawn(185, 4)], [29, 65, 65, 185]);
    for (const picture of [() => false, () => true, (at) => at >= 15]) {
      assert.equal(modulesOf(260, picture), null);
    }
  });

  test('as large as there is room', () => {
    assert.equal(sideWithin(294, 260, 65), 260);
    assert.equal(sideWithin(588, 260, 65), 585);
    assert.equal(sideWithin(238, 260, 65), 195);
    assert.equal(sideWithin(588, 260, null), 520, 'a multiple of what is not understood');
    assert.equal(sideWithin(238, 260, null), 238, 'and all of it in any case');
  });
});

describe('the focus', () => {
  /// What has it, and the line around that.
  const focused = (window) =>
    window.page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const line = outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
      return { what: document.activeElement.tagName, line };
    });

  test('is seen on what can be used, and not on a heading', async (t) => {
    const answers = [qrCode(1), undefined, pairingCode(1), undefined, qrCode(2)];
    const window = await arrive(t, {}, answers);
    const { keyboard } = window.page;
    await window.at('picture').waitFor();
    await keyboard.press('Tab');
    assert.deepEqual(await focused(window), { what: 'BUTTON', line: 3 });
    await keyboard.press('Enter');
    await window.at('phone').waitFor();
    assert.deepEqual(await focused(window), { what: 'INPUT', line: 3 });
    await keyboard.type('15550001111');
    await keyboard.press('Enter');
    await window.at('code-halves').waitFor();
    assert.deepEqual(await focused(window), { what: 'H2', line: 0 });
    await keyboard.press('Tab');
    assert.deepEqual(await focused(window), { what: 'BUTTON', line: 3 });
    await keyboard.press('Tab');
    assert.deepEqual(await focused(window), { what: 'BUTTON', line: 3 });
    await keyboard.press('Enter');
    await window.at('picture').waitFor();
    assert.deepEqual(await focused(window), { what: 'H2', line: 0 });
  });
});

describe('a code to type', () => {
  test('has its dash for eyes, and is spelt for ears', async (t) => {
    const window = await arrive(t, {}, [qrCode(1), undefined, pairingCode(1)]);
    await window.page.getByRole('button', { name: 'Link with phone number' }).click();
    await window.at('phone').fill('15550001111');
    await window.page.keyboard.press('Enter');
    await window.page.getByText('ABCD-1234', { exact: true }).waitFor();
    assert.equal(await window.at('code-halves').getAttribute('aria-hidden'), 'true');
    assert.equal(await window.at('code-spelt').textContent(), 'A B C D, 1 2 3 4');
    const lines = await window.at('code-halves').evaluate((code) => {
      const range = document.createRange();
      range.selectNodeContents(code);
      return range.getClientRects().length;
    });
    assert.equal(lines, 1);
  });

  test('leaves no doubt which way out is the usual one', async (t) => {
    const window = await arrive(t, {}, [qrCode(1), undefined, pairingCode(1)]);
    const edge = async (name) => {
      const button = window.page.getByRole('button', { name });
      return button.evaluate((it) => getComputedStyle(it).borderTopColor);
    };
    const none = 'rgba(0, 0, 0, 0)';
    await window.page.getByRole('button', { name: 'Link with phone number' }).click();
    assert.notEqual(await edge('Get a code'), none);
    assert.equal(await edge('Show the QR code'), none);
    await window.at('phone').fill('15550001111');
    await window.page.keyboard.press('Enter');
    await window.at('code-halves').waitFor();
    assert.notEqual(await edge('Use another number'), none);
    assert.equal(await edge('Show the QR code'), none);
  });
});
