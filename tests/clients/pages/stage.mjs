// The gateway's page, with its headers, and played answers to its calls: most of what it can show is hard
// to come by.
import assert from 'node:assert/strict';
import { launch, open } from './browser.mjs';
import { Visit } from './visit.mjs';

export const NAME = 'Shop "North" & <b>Sons</b>';

/// The calls of the page about attempts; not the picture.
export const CALLS = /\/linking-attempts(\/[^/]*(\/passkey-[a-z]+)?)?(\?.*)?$/;

export class Stage {
  /// Where the page is, and what a browser needs to get it again: the vendor's address has a rate.
  #address;
  #storageState;
  #visit;

  static async build() {
    const stage = new Stage();
    stage.#visit = await Visit.start();
    stage.browser = await launch();
    stage.picture = await stage.#visit.picture();
    const first = await open(stage.browser);
    await first.page.goto(stage.#visit.address);
    stage.#address = first.page.url();
    stage.#storageState = await first.page.context().storageState();
    await first.close();
    return stage;
  }

  /// A window that may see the page.
  window(options = {}, browser = this.browser) {
    return open(browser, { storageState: this.#storageState, ...options });
  }

  /// Answers the page's calls in turn: by an attempt, `{ status, ... }`, 'lost', or what a promise of
  /// one comes to. What comes after the last answer waits for ever. `more` are the answers about the
  /// instance and for pictures. Returns the calls that were made.
  async play(window, answers, more = {}) {
    const calls = [];
    const { instance = () => ({ name: NAME }), picture = () => this.picture } = more;
    await window.page.route('**/instance', async (route) => {
      const answer = await instance();
      return tell(window, route, answer);
    });
    await window.page.route('**/qr.png?*', async (route) => {
      const body = await picture();
      return tell(window, route, { body, contentType: 'image/png' });
    });
    await window.page.route(CALLS, async (route) => {
      const request = route.request();
      const turn = calls.length;
      calls.push({ verb: request.method(), address: request.url(), body: request.postDataJSON() });
      const answer = await answers[turn];
      return answer === undefined ? undefined : tell(window, route, answer);
    });
    return calls;
  }

  async visit(window) {
    const answer = await window.page.goto(this.#address);
    assert.equal(answer.status(), 200);
  }

  async strike() {
    await this.browser?.close();
    await this.#visit?.stop();
  }
}

async function tell(window, route, answer) {
  const { status = 200, headers = {} } = answer;
  const whole = answer.body ? answer : { json: answer, status, headers };
  try {
    await (answer === 'lost' ? route.abort() : route.fulfill(whole));
  } catch (error) {
    // A test may end before everything is answered.
    if (!window.page.isClosed()) throw error;
  }
}

/// A promise, and what keeps it.
export function promised() {
  let keep;
  const promise = new Promise((resolve) => {
    keep = resolve;
  });
  return { promise, keep };
}
