// Debian's Chromium, and what a page did in it that no page of ours may do.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { LIMIT_MS } from '../deadline.mjs';

/// Chromium is to talk to nobody but the page's host. As root it has no sandbox.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/// The narrowest screen that WCAG 2.2 counts with (1.4.10).
export const PHONE = { width: 320, height: 640 };
export const DESK = { width: 1100, height: 760 };

/// A browser with a profile of its own, which is gone when it closes.
export function launch(...more) {
  const args = [...FLAGS, ...more];
  return chromium.launch({ executablePath: executable(), args, timeout: LIMIT_MS });
}

/// Where the machine has it. playwright-core would look for one that it fetched itself.
function executable() {
  const folders = process.env.PATH.split(delimiter);
  const found = folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file));
  assert.ok(found, 'no chromium on the PATH: `cargo xtask setup` installs it');
  return found;
}

/// A window in a profile of its own: no cookie of another window is known there.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESK, ...options });
  context.setDefaultTimeout(LIMIT_MS);
  return Window.over(await context.newPage());
}

export class Window {
  #complaints = [];
  #requests = [];

  constructor(page) {
    this.page = page;
    page.on('console', (message) => {
      const isBad = ['error', 'warning'].includes(message.type());
      if (isBad) this.#complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.#complaints.push(`uncaught: ${error.message}`));
    page.on('request', (request) => this.#requests.push(request));
  }

  /// A window that hears everything from its first document on.
  static async over(page) {
    // Chromium tells of refusals by a policy on the console too, but not of all.
    await page.addInitScript(() => {
      window.refusals = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        window.refusals.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`);
      });
    });
    return new Window(page);
  }

  /// Another window of the same profile.
  async openTab(address) {
    const tab = await Window.over(await this.page.context().newPage());
    await tab.page.goto(address);
    return tab;
  }

  /// The element whose id this is.
  at(id) {
    return this.page.locator(`#${id}`);
  }

  /// The addresses that were asked for since the last call.
  takeRequests() {
    return this.#requests.splice(0).map((request) => request.url());
  }

  /// What it complained of since the last call.
  async takeComplaints() {
    const refusals = await this.page.evaluate(() => window.refusals.splice(0));
    return [...this.#complaints.splice(0), ...refusals];
  }

  /// Nothing on the console, nothing refused, nothing wider than the window.
  async assertSound() {
    assert.deepEqual(await this.takeComplaints(), []);
    const tooWide = await this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    assert.equal(tooWide, 0, 'it scrolls sideways');
  }

  /// What axe-core takes for a serious or critical barrier. It is put in from outside, where the
  /// page's policy does not reach.
  async assertAccessible(what) {
    await this.page.evaluate(AXE);
    const { violations, passes } = await this.page.evaluate(() => window.axe.run());
    const bad = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    const told = bad.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    assert.deepEqual(told, [], what);
    assert.ok(passes.length > 10, 'axe-core has looked');
    // Its own doings are not the page's.
    await this.takeComplaints();
  }

  async keepPicture(name) {
    const folder = process.env.SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }

  async close() {
    await this.page.context().close();
  }
}
