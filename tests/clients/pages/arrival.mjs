// A person who comes to the page of a real gateway, and what they see there.
import assert from 'node:assert/strict';
import { readCode } from '../green-api/javascript/code.mjs';
import { open } from './browser.mjs';
import { Visit } from './visit.mjs';

/// A gateway of its own, and a window at its page. Both are gone when the test ends.
export async function arriveIn(browser, t, options) {
  const visit = await Visit.start();
  t.after(() => visit.stop());
  const window = await open(browser, options);
  t.after(() => window.close());
  const answer = await window.page.goto(visit.address);
  assert.equal(answer.status(), 200);
  return { visit, window };
}

/// The code that a camera sees.
export async function seen(window) {
  await window.at('picture').waitFor({ state: 'visible' });
  return readCode(await window.at('picture').screenshot());
}

export async function assertLinked(window) {
  await window.page.getByRole('heading', { name: 'Linked', exact: true }).waitFor();
  const text = await window.at('message-text').textContent();
  assert.match(text, /^The account whose number ends in 1111 is linked\. You can close this page\./);
  assert.equal(await window.at('picture').isVisible(), false);
  assert.equal(await window.at('code-halves').isVisible(), false);
}
