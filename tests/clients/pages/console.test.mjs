// The console in Chromium: from the key to a linked account and back, with a real gateway.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readCode } from '../green-api/javascript/code.mjs';
import { attempt, card, trouble } from '../../../crates/pages/assets/console-view.mjs';
import { DESK, launch, open } from './browser.mjs';
import { NARROW } from './sizes.mjs';
import { Visit } from './visit.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function arrive(t, options) {
  const visit = await Visit.start();
  t.after(() => visit.stop());
  const window = await open(browser, options);
  t.after(() => window.close());
  await window.page.goto(`${visit.gateway.host}/`);
  await window.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  return { visit, window };
}

const button = (window, name) => window.page.getByRole('button', { name });

async function signIn(window, key) {
  await window.page.getByLabel('Key of the native API').fill(key);
  await button(window, 'Sign in').click();
}

/// Who is not signed in yet is told so by the gateway, and the browser writes that on its console.
function assertExpected(complaints) {
  const expected = /status of 401 \(Unauthorized\)$/;
  assert.deepEqual(complaints.filter((complaint) => !expected.test(complaint)), []);
}

async function soundly(window, name) {
  assertExpected(await window.takeComplaints());
  for (const colorScheme of ['light', 'dark']) {
    await window.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await window.assertSound();
    await window.assertAccessible(`${name}, ${colorScheme}`);
    await window.keepPicture(`console-${name}-${colorScheme}`);
  }
}

const PLACES = { desk: { viewport: DESK }, phone: NARROW };

for (const [place, options] of Object.entries(PLACES)) {
  describe(`the console on a ${place}`, () => {
    test('leads from the key to an account that is linked, and back', async (t) => {
      const { visit, window } = await arrive(t, options);
      await soundly(window, `entrance-${place}`);
      await signIn(window, 'wg_wrong');
      await window.page.getByText('The key is unknown').waitFor();
      const key = visit.gateway.issueKey();
      await signIn(window, key);
      const shop = window.page.getByRole('listitem').first();
      await shop.getByText('Not linked').waitFor();
      assert.ok(!(await window.page.evaluate(() => document.cookie)).includes('waygate'));
      assert.deepEqual(await window.page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);

      await window.page.getByLabel('Name').fill('Till 2');
      await button(window, 'Create').click();
      const till = window.page.getByRole('listitem').filter({ hasText: 'Till 2' });
      await till.getByText('Not linked').waitFor();
      await soundly(window, `list-${place}`);

      await till.getByRole('button', { name: /^Link here/ }).click();
      await window.at('picture').waitFor({ state: 'visible' });
      await soundly(window, `linking-${place}`);
      await window.page.emulateMedia({ colorScheme: 'light' });
      const qr = readCode(await window.at('picture').screenshot());
      await visit.simulator.phone('scan', { qr });
      await window.page.getByText('Linked to +15550001111.', { exact: true }).waitFor();
      assert.equal(await window.at('picture').isVisible(), false);
      await window.at('linking').getByRole('button', { name: 'Close' }).click();
      await till.getByText('Online').waitFor();
      await soundly(window, `online-${place}`);

      await till.getByRole('button', { name: /^Log out/ }).click();
      await soundly(window, `leaving-${place}`);
      await button(window, 'Keep it linked').click();
      await till.getByText('Online').waitFor();
      await till.getByRole('button', { name: /^Log out/ }).click();
      await window.at('leave').click();
      await till.getByText('Not linked').waitFor();
      assertExpected(await window.takeComplaints());
      assert.deepEqual((await visit.simulator.devices()).length, 0);
    });
  });
}

describe('the console', () => {
  test('hands out a link, which somebody else opens', async (t) => {
    const { visit, window } = await arrive(t, PLACES.desk);
    await signIn(window, visit.gateway.issueKey());
    await button(window, /^Send a link/).click();
    await window.at('sending').waitFor();
    const address = await window.at('address').inputValue();
    assert.ok(address.startsWith(`${visit.gateway.host}/link/`), address);
    await soundly(window, 'sending');
    const other = await open(browser);
    t.after(() => other.close());
    assert.equal((await other.page.goto(address)).status(), 200);
    await other.at('picture').waitFor({ state: 'visible' });
    await window.page.reload();
    assert.equal((await open(browser).then((third) => third.page.goto(address))).status(), 404);
  });

  test('ends with the key, and by signing out', async (t) => {
    const { visit, window } = await arrive(t, PLACES.desk);
    const key = visit.gateway.issueKey();
    await signIn(window, key);
    await window.page.getByRole('listitem').first().waitFor();
    await window.page.reload();
    await window.page.getByRole('listitem').first().waitFor();
    await button(window, 'Sign out').click();
    await window.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(await window.page.getByRole('listitem').count(), 0);
    await signIn(window, key);
    await window.page.getByRole('listitem').first().waitFor();
    const headers = { authorization: `Bearer ${key}` };
    const { data } = await (await fetch(`${visit.gateway.host}/api/v1/tokens`, { headers })).json();
    const own = data.find(({ kind }) => kind === 'native');
    const path = `${visit.gateway.host}/api/v1/tokens/${own.id}`;
    assert.equal((await fetch(path, { method: 'DELETE', headers })).status, 204);
    await window.page.getByText('The session has ended. Sign in again.').waitFor();
    assert.equal(await window.page.getByRole('listitem').count(), 0);
    assertExpected(await window.takeComplaints());
  });
});

describe('the words of the console', () => {
  const instance = { id: '1', number: 1100000001, name: '', whatsapp: null };

  test('tell of every state what to do next', () => {
    const names = 'pending unlinked connecting linking online offline stopped suspended banned failed';
    for (const name of names.split(' ')) {
      const shown = card({ ...instance, state: { name, linked: false, reason: 'a reason' } });
      assert.notEqual(shown.state, 'Unknown', name);
      assert.match(shown.next, /^A reason\. [A-Z].*\.$/);
      assert.equal(shown.title, 'Instance 1100000001');
    }
    assert.equal(card({ ...instance, state: { name: 'new' } }).state, 'Unknown');
  });

  test('offer a link to what can be linked only', () => {
    const deeds = (name, linked) => card({ ...instance, state: { name, linked } }).deeds;
    assert.deepEqual(deeds('unlinked', false), ['link', 'send']);
    assert.deepEqual(deeds('connecting', false), ['link', 'send']);
    assert.deepEqual(deeds('connecting', true), []);
    assert.deepEqual(deeds('online', true), ['logout']);
  });

  test('tell of every step of an attempt', () => {
    const whatsapp = { phone: '15550001111' };
    for (const step of 'preparing waiting qr_code finishing passkey_challenge passkey_confirmation linked failed'.split(' ')) {
      const { text, version, over } = attempt({ step, version: 3, reason: 'a reason', whatsapp });
      assert.match(text, /\.$/);
      assert.equal(version, step === 'qr_code' ? 3 : null);
      assert.equal(over, ['linked', 'failed'].includes(step));
    }
  });

  test('tell of trouble in sentences', () => {
    for (const status of [0, 401, 429, 500]) assert.match(trouble({ status }), /\.$/);
    assert.equal(trouble({ status: 409, detail: 'not now' }), 'Not now.');
  });
});
