// From the first look at the page to the linked account: the gateway, the simulated WhatsApp with its
// phone, and a person with Chromium.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spelt } from '../../../crates/pages/assets/view.mjs';
import { NUMBER } from '../simulator.mjs';
import { arriveIn, assertLinked, seen } from './arrival.mjs';
import { launch, open, PHONE } from './browser.mjs';

/// WhatsApp's first code lives for a minute. Nothing makes that shorter.
const ROTATION_MS = 75_000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const arrive = (t, options) => arriveIn(browser, t, options);

/// Marks the document, so that a load in between would show.
function mark(window) {
  return window.page.evaluate(() => {
    window.isStillThere = true;
  });
}

/// After the redirect the token is nowhere, and nobody else was asked for anything.
async function assertNothingLeaks(window, visit, requests) {
  const [first, ...others] = requests;
  assert.equal(first, visit.address);
  assert.ok(others.length > 8, 'requests were seen');
  for (const address of others) {
    assert.ok(address.startsWith(`${visit.gateway.host}/link/`), address);
    assert.ok(!address.includes(visit.token), address);
  }
  const traces = await window.page.evaluate(() => ({
    referrer: document.referrer,
    location: location.href,
    cookie: document.cookie,
    entries: performance.getEntries().map(({ name }) => name),
    stored: localStorage.length + sessionStorage.length,
    document: document.documentElement.outerHTML,
  }));
  assert.equal(traces.referrer, '');
  assert.equal(traces.cookie, '', 'no script sees the pass');
  assert.equal(traces.stored, 0);
  assert.match(traces.location, /\/link\/[0-9a-f]{50}$/);
  assert.ok(!JSON.stringify(traces).includes(visit.token));
}

describe('a person links an account', { concurrency: true }, () => {
  test('by a code that renews itself before their eyes', async (t) => {
    const { visit, window } = await arrive(t);
    const first = await seen(window);
    const address = await window.at('picture').getAttribute('src');
    await mark(window);
    await window.page.waitForFunction(
      (old) => ![null, old].includes(document.getElementById('picture').getAttribute('src')),
      address,
      { timeout: ROTATION_MS },
    );
    const second = await seen(window);
    assert.notEqual(second, first);
    const { number } = await visit.simulator.phone('scan', { qr: second });
    assert.equal(number, NUMBER);
    await assertLinked(window);
    assert.equal(await window.page.evaluate(() => window.isStillThere), true, 'without a reload');
    await assertNothingLeaks(window, visit, window.takeRequests());
    await window.assertSound();
    await visit.simulator.assertClean();
  });

  test('by a code that they type on the phone', async (t) => {
    const { visit, window } = await arrive(t, { viewport: PHONE });
    await seen(window);
    await mark(window);
    await window.page.getByRole('button', { name: 'Link with phone number' }).click();
    await window.page.getByRole('textbox').fill('+1 (555) 000-1111');
    await window.page.keyboard.press('Enter');
    await window.at('code-halves').waitFor({ state: 'visible' });
    const code = await window.at('code-halves').textContent();
    assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    assert.equal(await window.at('code-spelt').textContent(), spelt(code.replace('-', '')));
    await window.keepPicture('real-code-phone');
    await visit.simulator.phone('enter-code', { code });
    await assertLinked(window);
    assert.equal(await window.page.evaluate(() => window.isStillThere), true, 'without a reload');
    await assertNothingLeaks(window, visit, window.takeRequests());
    await window.assertSound();
    await visit.simulator.assertClean();
  });

  test('after a reload, in two tabs, and in no other browser', async (t) => {
    const { visit, window } = await arrive(t);
    await seen(window);
    const reloaded = await window.page.reload();
    assert.equal(reloaded.status(), 200);
    const code = await seen(window);

    const tab = await window.openTab(window.page.url());
    assert.equal(await seen(tab), code, 'both show the one code');

    const stranger = await open(browser);
    t.after(() => stranger.close());
    const refused = await stranger.page.goto(window.page.url());
    assert.equal(refused.status(), 404);
    await stranger.page.getByRole('heading', { name: 'This link cannot be used' }).waitFor();
    const expected = /^error: Failed to load resource: the server responded with a status of 404/;
    const complaints = await stranger.takeComplaints();
    assert.ok(complaints.every((complaint) => expected.test(complaint)), complaints.join('\n'));
    await stranger.assertSound();
    await stranger.keepPicture('real-spent');
    await stranger.assertAccessible('a spent ticket');

    await visit.simulator.phone('scan', { qr: code });
    await assertLinked(window);
    await assertLinked(tab);
    await window.page.reload();
    await window.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    await visit.simulator.assertClean();
  });
});
