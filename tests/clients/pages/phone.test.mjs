// The page on a phone, which likely is the one that is to be linked, and beside that on a desk.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pairingCode, qrCode } from './attempts.mjs';
import { SIZES, TOUCHED } from './sizes.mjs';
import { promised, Stage } from './stage.mjs';

const PHONE = SIZES['320x568'];

let stage;
before(async () => {
  stage = await Stage.build();
});
after(() => stage?.strike());

async function arrive(t, options, answers, more) {
  const window = await stage.window(options);
  t.after(() => window.close());
  const calls = await stage.play(window, answers, more);
  await stage.visit(window);
  return { window, calls };
}

function button(window, name) {
  return window.page.getByRole('button', { name });
}

/// How far down something ends.
async function bottom(locator) {
  const { y, height } = await locator.boundingBox();
  return y + height;
}

describe('on a phone', () => {
  for (const size of ['390x844', '320x568']) {
    test(`of ${size} the number comes first, and all that is needed is in sight`, async (t) => {
      const { window, calls } = await arrive(t, SIZES[size], [qrCode(1)]);
      await window.page.getByText('Shop').waitFor();
      await window.at('phone').waitFor();
      assert.equal(await window.at('picture').isVisible(), false);
      const { height } = SIZES[size].viewport;
      assert.ok((await bottom(button(window, 'Get a code'))) <= height, 'the first button');
      assert.ok((await bottom(button(window, 'Show the QR code'))) <= height, 'the other way');
      assert.deepEqual(calls, [], 'nobody asked for a code yet');
      const focused = await window.page.evaluate(() => document.activeElement.tagName);
      assert.equal(focused, 'BODY', 'no keyboard covers what is to be read');
      await button(window, 'Show the QR code').tap();
      await window.at('picture').waitFor();
      await window.assertSound();
    });
  }

  test('that lies on its side too', async (t) => {
    const viewport = { width: 844, height: 390 };
    const { window } = await arrive(t, { ...PHONE, viewport }, [qrCode(1)]);
    await window.at('phone').waitFor();
  });

  test('a code is had by the number', async (t) => {
    const { window, calls } = await arrive(t, PHONE, [pairingCode(1)]);
    await window.at('phone').fill('+1 555 000 1111');
    await button(window, 'Get a code').tap();
    await window.page.getByText('ABCD-1234', { exact: true }).waitFor();
    assert.deepEqual(calls.at(0).body, { method: 'code', phone: '15550001111' });
    await window.assertSound();
  });

  test('what is linked is told of instead', async (t) => {
    const linked = { name: 'Shop', state: { name: 'online', linked: true } };
    const { window, calls } = await arrive(t, PHONE, [], { instance: () => linked });
    await window.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    assert.deepEqual(calls, []);
    await window.assertSound();
  });

  test('what is typed stays while the instance is looked at', async (t) => {
    const slow = promised();
    const { window } = await arrive(t, PHONE, [], { instance: () => slow.promise });
    await window.at('phone').fill('1555');
    slow.keep({ name: 'Shop' });
    await window.page.getByText('Shop').waitFor();
    assert.equal(await window.at('phone').inputValue(), '1555');
  });

  test('no other screen is seen before the scripts come', async (t) => {
    const window = await stage.window(PHONE);
    t.after(() => window.close());
    await stage.play(window, []);
    await window.page.route('**/link.mjs', () => {});
    const parsed = window.page.waitForEvent('request', (request) => request.url().includes('link.mjs'));
    stage.visit(window).catch(() => {});
    await parsed;
    await window.page.getByRole('heading', { name: 'Link WhatsApp' }).waitFor();
    assert.equal(await window.at('qr-title').isVisible(), false);
  });
});

describe('elsewhere the picture comes first:', () => {
  const elsewhere = {
    'on a desk': SIZES['1280x800'],
    'in a narrow window': { viewport: { width: 390, height: 844 } },
    'on a tablet': { viewport: { width: 820, height: 1180 }, ...TOUCHED },
  };
  for (const [where, options] of Object.entries(elsewhere)) {
    test(where, async (t) => {
      const { window } = await arrive(t, options, [qrCode(1)]);
      await window.at('picture').waitFor();
      assert.equal(await window.at('phone').isVisible(), false);
    });
  }
});
