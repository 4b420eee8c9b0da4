// A simulator, and devices of several families that are linked to its phones.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { Client } from './client.mjs';
import { Library } from './library.mjs';
import { trust } from './lines.mjs';
import { Simulator } from '../simulator.mjs';

/// What Baileys calls the end with which a device that was linked comes back.
const RESTART = 515;

/// Baileys 6.7 loses what comes while it still derives its keys, and then waits for ever: a machine that is
/// busy for 40 ms is enough. It is asked again, as its users do.
const PATIENCE_MS = 3_000;
const ATTEMPTS = 4;

export class Stage {
  #folder;
  #devices = [];

  static async start() {
    const stage = new Stage();
    stage.#folder = await mkdtemp(join(tmpdir(), 'waygate-families-'));
    stage.simulator = await Simulator.start();
    trust(await stage.simulator.root());
    return stage;
  }

  /// A connection of Baileys, of this line; its credentials are under the number.
  async baileys(number, version) {
    const before = (await this.simulator.report()).live_connections;
    for (let attempt = 1; ; attempt += 1) {
      const client = await Client.open(this.simulator.chat, join(this.#folder, number), version);
      this.#devices.push(client);
      const last = version !== 6 || attempt === ATTEMPTS;
      if (last || (await client.hasBegun(PATIENCE_MS))) return client;
      await client.close();
      await this.simulator.reports(
        'the end of a connection on which nothing was said',
        (report) => report.live_connections === before,
      );
    }
  }

  /// A device of Baileys', linked and greeted.
  async linked(number, version) {
    const fresh = await this.baileys(number, version);
    await this.simulator.phone('scan', { qr: (await fresh.qrOrClosed()).qr }, number);
    assert.equal((await fresh.settled()).code, RESTART);
    const device = await this.baileys(number, version);
    await device.opened();
    await device.until("the phone's key", (update) => update.myAppStateKeyId);
    return device;
  }

  /// A device of Baileys' that was away and has read what has waited for it. Baileys 6.7 tells of that
  /// no sooner than with the next thing that comes, so its own phone writes something to somebody then.
  async back(number, version, somebody) {
    const device = await this.baileys(number, version);
    await device.opened();
    await this.simulator.drained(number);
    await this.simulator.phone('send', { to: somebody, text: 'something' }, number);
    return device;
  }

  /// A device of the library's, linked and online.
  async library(number) {
    const device = Library.start(this.simulator.chat);
    this.#devices.push(device);
    await this.simulator.phone('scan', { qr: await device.until('a code', (it) => it.code) }, number);
    await device.until('that it is online', (it) => it.online);
    return device;
  }

  async end() {
    for (const device of this.#devices) await device.close();
    await this.simulator.stop();
    // A last write of a client may be under way, hence the retries.
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
