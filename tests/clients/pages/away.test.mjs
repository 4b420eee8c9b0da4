// What the page shows while the gateway, the network or the page itself is away: it must be true.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { attempt, failed, pairingCode, qrCode } from './attempts.mjs';
import { promised, Stage } from './stage.mjs';

const AT_ONCE = /\?wait=0&after=1$/;
const MINUTES = 60_000;

let stage;
let window;
before(async () => {
  stage = await Stage.build();
});
after(() => stage?.strike());
beforeEach(async () => {
  window = await stage.window();
});
afterEach(() => window?.close());

async function visit(answers, more) {
  const calls = await stage.play(window, answers, more);
  await stage.visit(window);
  return calls;
}

function hint(text) {
  return window.at('qr-hint').filter({ hasText: text }).waitFor();
}

function shows(name) {
  return window.page.getByRole('heading', { name, level: 2 }).waitFor();
}

describe('while the gateway is away', () => {
  const LOST = Array(20).fill('lost');

  test('no code is promised, and none stays that has expired', async () => {
    await visit([qrCode(1, 4000), ...LOST]);
    await window.at('picture').waitFor();
    await window.at('notice').waitFor();
    await window.at('picture').waitFor({ state: 'hidden' });
    await hint('No code while the gateway does not answer');
    assert.equal(await window.at('qr-time').textContent(), '');
  });

  test('a page that finds nobody says so, and goes on when somebody is there', async () => {
    const answers = ['lost', 'lost', { name: 'Shop' }];
    await visit([qrCode(1)], { instance: () => answers.shift() });
    await window.at('notice').waitFor();
    await window.at('picture').waitFor();
    assert.equal(await window.at('notice').isVisible(), false);
  });

  test('what a phone has accepted is followed to its end', async () => {
    const states = ['linking', 'lost', 'linking', 'online'];
    const instance = () => {
      const name = states.shift();
      return name === 'lost' ? name : { name: 'Shop', state: { name, linked: true } };
    };
    const calls = await visit([], { instance });
    await shows('Finishing on the phone');
    await shows('Linked already');
    assert.deepEqual(calls, []);
    assert.deepEqual(states, []);
  });
});

describe('while the network is slow', () => {
  test('it says what is waited for', async () => {
    const [slow, slower] = [promised(), promised()];
    await visit([slower.promise], { instance: () => slow.promise });
    await hint('Asking for a code');
    slow.keep({ name: 'Shop' });
    await window.page.getByText('Shop').waitFor();
    await hint('Asking for a code');
    slower.keep(attempt('preparing'));
    await hint('Getting a code from WhatsApp');
    await window.assertSound();
  });

  test('a picture that comes when its code has expired is not shown', async () => {
    const slow = promised();
    await window.page.clock.install();
    await visit([qrCode(1, 5000)], { picture: () => slow.promise });
    await hint('Getting a new code');
    await window.page.clock.fastForward(6000);
    slow.keep(stage.picture);
    await window.page.waitForFunction(() => document.getElementById('picture').naturalWidth > 0);
    assert.equal(await window.at('picture').isVisible(), false);
    assert.equal(await window.at('qr-time').textContent(), '');
  });

  test('it says that the page itself takes long, and not for ever that it asks for a code', async () => {
    await stage.play(window, []);
    await window.page.route('**/link.mjs', (route) => route.abort());
    await stage.visit(window);
    const late = window.page.getByText('This takes longer than usual.');
    assert.equal(await late.isVisible(), false);
    await window.page.evaluate(() => {
      const animations = document.getAnimations();
      animations.filter(({ animationName }) => animationName === 'appear').forEach((it) => it.finish());
    });
    await late.waitFor();
  });

  test('and not that, once it has come', async () => {
    await visit([qrCode(1)]);
    await window.at('picture').waitFor();
    const names = await window.page.evaluate(() =>
      document.getAnimations().map(({ animationName }) => animationName),
    );
    assert.ok(!names.includes('appear'));
  });
});

describe('a page that slept', () => {
  beforeEach(() => window.page.clock.install());

  /// Nobody tells the page of it: the next that it sees is another time.
  async function wake(ms, { clockStood }) {
    const asked = window.page.waitForRequest(AT_ONCE);
    if (clockStood) {
      const now = await window.page.evaluate(() => Date.now());
      await window.page.clock.setSystemTime(now + ms);
    } else {
      await window.page.clock.fastForward(ms);
    }
    await asked;
  }

  for (const clockStood of [false, true]) {
    const which = clockStood ? 'in a computer whose clock stood still' : 'as a frozen tab';
    test(`${which} shows no code of before`, async () => {
      const next = promised();
      await visit([qrCode(1), undefined, next.promise]);
      await window.at('picture').waitFor();
      await wake(10 * MINUTES, { clockStood });
      await hint('Catching up');
      assert.equal(await window.at('picture').isVisible(), false);
      assert.equal(await window.at('qr-time').textContent(), '');
      next.keep(qrCode(2));
      await window.at('picture').waitFor();
      await window.assertSound();
    });
  }

  test('counts a code that still lives by what is told now', async () => {
    await visit([qrCode(1), undefined, qrCode(1, 9000)]);
    await window.at('picture').waitFor();
    await wake(MINUTES / 2, { clockStood: true });
    await window.page.getByText(/^New code in [1-9] s$/).waitFor();
  });

  test('begins again when nobody has looked meanwhile', async () => {
    const calls = await visit([qrCode(1), undefined, failed('not_watched'), qrCode(1)]);
    await window.at('picture').waitFor();
    await wake(10 * MINUTES, { clockStood: false });
    await window.page.waitForRequest(/wait=25/);
    await window.at('picture').waitFor();
    assert.equal(calls.filter(({ verb }) => verb === 'POST').length, 2);
  });

  test('shows no code for typing that may be worth nothing', async () => {
    await visit([qrCode(1), undefined, pairingCode(1), undefined]);
    await window.page.getByRole('button', { name: 'Link with phone number' }).click();
    await window.at('phone').fill('15550001111');
    await window.page.keyboard.press('Enter');
    await window.at('code-halves').waitFor();
    await wake(MINUTES / 2, { clockStood: true });
    await window.at('code-halves').waitFor({ state: 'hidden' });
    assert.equal(await window.at('code-spelt').textContent(), '');
    assert.equal(await window.at('code-time').textContent(), '');
  });
});
