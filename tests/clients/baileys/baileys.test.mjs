// A client that is not ours, against the simulator: what both take for right is not a mistake of one.
// Of Baileys only the address, the trusted root and the strictness of its signature check differ.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DisconnectReason } from 'baileys';
import old from 'baileys-old';
import { Client, Events, signatures, silent, trust } from './client.mjs';
import { NUMBER, Simulator } from '../simulator.mjs';

/// As the simulator's report counts what a client sends to be linked by code.
const PAIRING_CODE = 'md/set/link_code_companion_reg';

let simulator;
let folder;
let clients;

// A last write of a client may be under way, hence the retries.
const EVERYTHING = { recursive: true, force: true, maxRetries: 5 };
process.on('exit', () => folder && rmSync(folder, EVERYTHING));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waygate-baileys-'));
  clients = [];
  simulator = await Simulator.start();
  trust(await simulator.root());
  Object.assign(signatures, { right: 0, wrong: 0 });
});

afterEach(async () => {
  for (const client of clients) await client.close();
  await simulator?.stop();
  await rm(folder, EVERYTHING);
});

async function open() {
  const client = await Client.open(simulator.chat, folder);
  clients.push(client);
  return client;
}

/// After linking, the server ends the connection and the device comes back with what it stored.
async function comesBack(client) {
  assert.equal((await client.settled()).code, DisconnectReason.restartRequired);
  await simulator.hungUp();
  const device = await open();
  await device.opened();
  return device;
}

test('a linked device logs in again and is logged out by the phone', async () => {
  let client = await open();
  const { qr } = await client.qrOrClosed();
  const linked = await simulator.phone('scan', { qr });
  assert.equal(linked.number, NUMBER);
  client = await comesBack(client);
  // The phone's first message to the device: end-to-end encryption works.
  await client.until("the phone's key", (update) => update.myAppStateKeyId);
  await simulator.rename('Ada Lovelace');
  await client.until('the push name', (update) => update.me?.name === 'Ada Lovelace' || undefined);
  await client.close();
  await simulator.hungUp();

  client = await open();
  await client.opened();
  await simulator.assertClean();
  assert.equal((await simulator.devices()).length, 1);
  assert.deepEqual(await simulator.phone('unlink'), { unlinked: 1 });
  assert.equal((await client.settled()).code, DisconnectReason.loggedOut);
  await simulator.hungUp();

  client = await open();
  assert.equal((await client.qrOrClosed()).code, DisconnectReason.loggedOut);
  await simulator.assertClean({ unlinked_device: 1 });
  assert.ok(signatures.right > 0);
  assert.equal(signatures.wrong, 0);
});

test('a device is linked by pairing code and logs itself out', async () => {
  let client = await open();
  assert.ok((await client.qrOrClosed()).qr);
  const code = await client.socket.requestPairingCode(NUMBER);
  // Baileys shows the code when it has sent the request, not when the server has taken it.
  await simulator.reports('the request', (report) => report.requests[PAIRING_CODE] > 0);
  await simulator.phone('enter-code', { code });
  client = await comesBack(client);
  await client.until("the phone's key", (update) => update.myAppStateKeyId);
  assert.equal((await simulator.devices()).length, 1);
  await client.socket.logout();
  assert.equal((await client.settled()).code, DisconnectReason.loggedOut);
  await simulator.hungUp();
  assert.deepEqual(await simulator.devices(), []);
  await simulator.assertClean();
  assert.equal(signatures.wrong, 0);
});

test('a server under another root is refused', async () => {
  const stranger = await Simulator.start();
  try {
    trust(await stranger.root());
  } finally {
    await stranger.stop();
  }
  const client = await open();
  const { qr, message } = await client.qrOrClosed();
  assert.equal(qr, undefined);
  assert.match(message, /certificate signature/);
  assert.equal(signatures.wrong, 1);
});

test('token dictionary 2, of Baileys 6.17.16, is refused', async () => {
  const socket = old.makeWASocket({
    waWebSocketUrl: simulator.chat,
    auth: { creds: old.initAuthCreds(), keys: { get: async () => ({}), set: async () => {} } },
    logger: silent,
  });
  const { qr } = await new Events(socket).qrOrClosed();
  assert.equal(qr, undefined);
  await simulator.assertClean({ dictionary: 1 });
});
