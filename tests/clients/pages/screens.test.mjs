// Every screen of the page in Chromium, by played answers.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { attempt, challenge, confirmation, failed, pairingCode, qrCode } from './attempts.mjs';
import { DESK, PHONE } from './browser.mjs';
import { CALLS, NAME, Stage } from './stage.mjs';

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

async function visitPage(...answers) {
  const calls = await stage.play(window, answers);
  await stage.visit(window);
  return calls;
}

function press(name) {
  return window.page.getByRole('button', { name }).click();
}

/// What is on the screen, by the heading that stands over it.
function shows(name) {
  return window.page.getByRole('heading', { name, level: 2 }).waitFor();
}

async function askForCode() {
  await press('Link with phone number');
  await window.page.getByRole('textbox').fill('+1 555 000 1111');
  await press('Get a code');
}

const LIMITED = { status: 429, headers: { 'retry-after': '1800' } };

/// A screen, what is answered to get there, what is pressed, and its heading.
const SCREENS = [
  ['preparing', [attempt('preparing')], null, 'Scan the code with your phone'],
  ['qr', [qrCode(1, 41_000)], () => window.at('picture').waitFor(), 'Scan the code with your phone'],
  ['number', [qrCode(1)], () => press('Link with phone number'), 'Link with phone number'],
  ['wrong-number', [qrCode(1)], wrongNumber, 'Link with phone number'],
  ['code', [qrCode(1), undefined, pairingCode(1, 140_000)], askForCode, 'Type this code on your phone'],
  ['no-code', [qrCode(1), undefined, attempt('preparing')], askForCode, 'Type this code on your phone'],
  ['finishing', [attempt('finishing')], null, 'Finishing on the phone'],
  ['passkey', [challenge(2)], null, 'WhatsApp asks for a passkey'],
  ['wrong-passkey', [challenge(2)], () => bring('copy me'), 'WhatsApp asks for a passkey'],
  ['passkey-used', [challenge(3, 290_000, null)], null, 'The passkey was used'],
  ['compare', [confirmation(4)], null, 'Compare this code'],
  ['confirmed', [confirmation(5, 'confirmed')], null, 'The code is confirmed'],
  ['waiting', [waiting()], null, 'The next code has to wait'],
  ['failed', [failed('impossible', { reason: 'WhatsApp banned the account' })], null, 'Not linked'],
  ['linked', [attempt('linked', { whatsapp: { phone_ends_with: '1111' } })], null, 'Linked'],
  ['limited', [waiting(), undefined, LIMITED], () => press('Ask for a new code now'), 'Too many codes'],
  ['expired', [{ status: 401 }], null, 'This page has expired'],
];

async function bring(text) {
  await window.at('passkey-answer').fill(text);
  await press('Hand in the answer');
}

async function wrongNumber() {
  await press('Link with phone number');
  await window.page.getByRole('textbox').fill('0555');
  await press('Get a code');
}

function waiting() {
  const reason = 'too many codes were not scanned';
  return attempt('waiting', { reason, not_before_in_ms: 272_000 });
}

describe('a screen is readable by everybody, on a phone and on a desk, light and dark:', () => {
  for (const [name, answers, act, heading] of SCREENS) {
    test(name, async () => {
      await visitPage(...answers);
      await act?.();
      await shows(heading);
      const refused = answers.some((answer) => answer?.status);
      const complaints = await window.takeComplaints();
      assert.equal(complaints.length, refused ? 1 : 0, complaints.join('\n'));
      for (const colorScheme of ['light', 'dark']) {
        await window.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const [size, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
          await window.page.setViewportSize(viewport);
          await window.assertSound();
          await window.keepPicture(`${name}-${size}-${colorScheme}`);
        }
        await window.assertAccessible(`${name}, ${colorScheme}`);
      }
    });
  }
});

describe('the page', () => {
  test('tells what is linked, and takes a name for a name', async () => {
    await visitPage(qrCode(1));
    await window.page.getByText(NAME, { exact: true }).waitFor();
  });

  test('leaves no expired code in sight', async () => {
    await visitPage(qrCode(1, 5000));
    await window.at('picture').waitFor({ state: 'visible' });
    await window.at('picture').waitFor({ state: 'hidden' });
    assert.equal(await window.at('qr-hint').textContent(), 'Getting a new code');
    assert.equal(await window.at('qr-time').textContent(), '');
  });

  test('keeps the code while the gateway does not answer, and says so', async () => {
    await visitPage(qrCode(1), 'lost', 'lost', qrCode(2));
    await window.at('notice').waitFor({ state: 'visible' });
    assert.match(await window.at('notice').textContent(), /^The gateway does not answer\. Trying/);
    assert.equal(await window.at('picture').isVisible(), true);
    await window.at('notice').waitFor({ state: 'hidden' });
    assert.match(await window.at('picture').getAttribute('src'), /\?v=2$/);
  });

  test('announces what changes, and not every second', async () => {
    await window.page.addInitScript(() => {
      window.said = [];
      new MutationObserver((changes) => {
        const heard = changes.filter(({ target }) => target.id === 'announcement');
        window.said.push(...heard.map(({ target }) => target.textContent));
      }).observe(document, { childList: true, subtree: true });
    });
    await visitPage(attempt('preparing'), qrCode(2), qrCode(3, 5000));
    await window.at('picture').waitFor({ state: 'visible' });
    await window.at('picture').waitFor({ state: 'hidden' });
    assert.deepEqual(await window.page.evaluate(() => window.said), [
      'Asking for a code.',
      'Getting a code from WhatsApp.',
      'A QR code is shown. Scan it with the phone. It renews itself.',
    ]);
  });

  test('is used by keyboard alone', async () => {
    const calls = await visitPage(qrCode(1), undefined, pairingCode(1), undefined, qrCode(5));
    const { keyboard } = window.page;
    const focused = () => window.page.evaluate(() => document.activeElement.id);
    await window.at('picture').waitFor();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await shows('Link with phone number');
    assert.equal(await focused(), 'phone');
    await keyboard.type('555');
    await keyboard.press('Enter');
    assert.equal(await window.at('phone').getAttribute('aria-invalid'), 'true');
    assert.equal(await focused(), 'phone');
    await keyboard.press('Control+A');
    await keyboard.type('0015550001111');
    await keyboard.press('Enter');
    await window.at('code-halves').waitFor({ state: 'visible' });
    assert.equal(await focused(), 'code-title');
    await keyboard.press('Tab');
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    await window.at('picture').waitFor();
    assert.equal(await focused(), 'qr-title');
    const wishes = calls.map(({ body }) => body).filter(Boolean);
    const qr = { method: 'qr', fresh: false };
    assert.deepEqual(wishes, [qr, { method: 'code', phone: '15550001111' }, qr]);
  });

  test('asks for a new code when a person wants it now', async () => {
    const calls = await visitPage(waiting(), undefined, qrCode(1));
    await press('Ask for a new code now');
    await window.at('picture').waitFor();
    assert.deepEqual(calls.at(2).body, { method: 'qr', fresh: true });
  });

  test('rests while nobody looks, and goes on at once when somebody does', async () => {
    await window.page.clock.install();
    await visitPage(qrCode(1));
    await window.at('picture').waitFor();
    const turn = (hidden) =>
      window.page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    const dropped = window.page.waitForEvent('requestfailed');
    await turn(true);
    await window.page.clock.fastForward(119_000);
    assert.equal(await window.at('message').isVisible(), false, 'for a while it goes on');
    await window.page.clock.fastForward(2000);
    await dropped;
    await shows('Paused');
    const next = window.page.waitForRequest(CALLS);
    await turn(false);
    assert.match((await next).url(), /\?wait=0&after=1$/);
  });

  test('says what is missing where there is no JavaScript', async () => {
    const plain = await stage.window({ javaScriptEnabled: false });
    await stage.visit(plain);
    const said = await plain.page.locator('noscript p').innerText();
    assert.match(said, /^This page needs JavaScript/);
    assert.equal(await plain.at('qr-title').isVisible(), false);
    await plain.keepPicture('no-javascript');
    await plain.close();
  });

  test('does not move what is there already', async () => {
    await window.page.addInitScript(() => {
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shift += entry.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await visitPage(attempt('preparing'), qrCode(2));
    await window.at('picture').waitFor();
    await window.page.getByText(NAME, { exact: true }).waitFor();
    assert.ok((await window.page.evaluate(() => window.shift)) < 0.01);
  });
});
