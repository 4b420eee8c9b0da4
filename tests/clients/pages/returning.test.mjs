// A person who comes back to the page, by whatever way, and a gateway that goes and comes back.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { arriveIn, assertLinked, seen } from './arrival.mjs';
import { launch } from './browser.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

describe('a person comes back', () => {
  test('without an error on the console, wherever they go', async (t) => {
    const { visit, window } = await arriveIn(browser, t);
    const soundly = async (where) => {
      assert.deepEqual(await where.takeComplaints(), []);
    };
    await seen(window);
    await soundly(window);
    await window.page.reload();
    await seen(window);
    await soundly(window);
    await window.page.goto('about:blank');
    await window.page.goBack();
    await seen(window);
    await soundly(window);
    await window.page.goForward();
    await window.page.goBack();
    const tab = await window.openTab(window.page.url());
    await seen(tab);
    await seen(window);
    const beside = await window.openTab(window.page.url());
    await beside.page.getByRole('button', { name: 'Link with phone number' }).click();

    await visit.simulator.phone('scan', { qr: await seen(tab) });
    await assertLinked(window);
    await assertLinked(tab);
    await beside.page.getByRole('textbox').fill('15550001111');
    await beside.page.keyboard.press('Enter');
    await beside.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    for (const each of [window, tab]) {
      await each.page.reload();
      await each.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    }
    const late = await window.openTab(window.page.url());
    await late.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    await window.page.goto('about:blank');
    await window.page.goBack();
    await window.page.getByRole('heading', { name: 'Linked already' }).waitFor();
    for (const each of [window, tab, beside, late]) await soundly(each);
    await visit.simulator.assertClean();
  });

  test('also after a restart of the gateway, and the page goes on by itself', async (t) => {
    const { visit, window } = await arriveIn(browser, t);
    await seen(window);
    await window.assertSound();
    await visit.gateway.down();
    await window.at('notice').waitFor({ state: 'visible' });
    assert.match(await window.at('notice').textContent(), /^The gateway does not answer\. Trying/);
    await window.keepPicture('real-restarting');
    await visit.gateway.up();
    await window.at('notice').waitFor({ state: 'hidden' });
    await visit.simulator.phone('scan', { qr: await seen(window) });
    await assertLinked(window);
    const told = await window.takeComplaints();
    const expected = /^error: Failed to load resource: .*(net::ERR_\w+|status of 40[49] \(.*\))$/;
    assert.ok(told.every((complaint) => expected.test(complaint)), told.join('\n'));
    const reloaded = await window.page.reload();
    assert.equal(reloaded.status(), 200);
  });
});
