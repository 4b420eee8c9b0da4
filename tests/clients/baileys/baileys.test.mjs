// A client that is not ours, against the simulator: what both take for right is not a mistake of one.
// Of Baileys only the address, the trusted root and the strictness of its signature check differ.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DisconnectReason, proto } from 'baileys';
import old from 'baileys-old';
import { Client, Events, silent } from './client.mjs';
import { signatures, trust } from './lines.mjs';
import { NUMBER, Simulator } from '../simulator.mjs';

/// As the simulator's report counts what a client sends to be linked by code.
const PAIRING_CODE = 'md/set/link_code_companion_reg';

/// The phone of another account, and how devices are told of it.
const OTHER = '15550002222';
const address = (number) => `${number}@s.whatsapp.net`;

const { DELIVERY_ACK, READ } = proto.WebMessageInfo.Status;

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

async function open(name = '') {
  const client = await Client.open(simulator.chat, join(folder, name));
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

/// A device of an account, linked and greeted; its credentials are under the number.
async function linkedTo(number) {
  const fresh = await open(number);
  await simulator.phone('scan', { qr: (await fresh.qrOrClosed()).qr }, number);
  assert.equal((await fresh.settled()).code, DisconnectReason.restartRequired);
  const device = await open(number);
  await device.opened();
  await device.until("the phone's key", (update) => update.myAppStateKeyId);
  return device;
}

/// What a phone knows of how far a message has come on a device: by the types of its receipts.
const heardOf = (message, number, device) =>
  message.receipts.filter((it) => it.from === number && it.device === device).map((it) => it.kind);

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

test('a phone without multi-device turns a device away, which ends there', async () => {
  await simulator.call('POST', '/phones', { number: NUMBER, multi_device: false });
  const client = await open();
  const { qr } = await client.qrOrClosed();
  const refused = await simulator.call('POST', `/phones/${NUMBER}/scan`, { qr });
  assert.deepEqual([refused.status, refused.body.code], [409, 'no_multi_device']);
  assert.equal((await client.settled()).code, DisconnectReason.multideviceMismatch);
  assert.deepEqual(await simulator.devices(), []);
  await simulator.assertClean();
});

test('texts go to and from a phone and a device of another account, with their receipts', async () => {
  await simulator.addPhone(OTHER);
  let ada = await linkedTo(NUMBER);
  const ben = await linkedTo(OTHER);
  const [found] = await ada.socket.onWhatsApp(OTHER);
  assert.deepEqual([found.exists, found.jid], [true, address(OTHER)]);

  const { key } = await ada.socket.sendMessage(address(OTHER), { text: 'hello Ben' });
  const read = await ben.text('hello Ben');
  assert.equal(read.key.id, key.id);
  assert.equal(read.key.fromMe, false);
  await ada.status(key.id, DELIVERY_ACK);
  await ben.socket.readMessages([read.key]);
  await ada.status(key.id, READ);
  // Her own phone has it from her, and the other phone too.
  for (const number of [NUMBER, OTHER]) {
    const shown = await simulator.shows('the text', number, (inbox) => inbox[0]);
    assert.deepEqual([shown.from, shown.device, shown.to, shown.text], [NUMBER, 1, OTHER, 'hello Ben']);
  }

  await ben.socket.sendMessage(address(NUMBER), { text: 'hello Ada' });
  await ada.text('hello Ada');

  const { id } = await simulator.phone('send', { to: NUMBER, text: 'from the phone' }, OTHER);
  assert.equal((await ada.text('from the phone')).key.id, id);
  await simulator.shows("the device's receipt", OTHER, (inbox) => {
    const kinds = heardOf(inbox.find((it) => it.id === id), NUMBER, 1);
    return kinds.length > 0 ? kinds : undefined;
  });
  // And the other device of that account is told what its phone wrote.
  assert.equal((await ben.text('from the phone')).key.fromMe, true);

  await ada.close();
  await simulator.reports('the end of one connection', (report) => report.live_connections === 1);
  await ben.socket.sendMessage(address(NUMBER), { text: 'are you there?' });
  await simulator.phone('send', { to: NUMBER, text: 'call me' }, OTHER);
  ada = await open(NUMBER);
  await ada.text('are you there?');
  await ada.text('call me');
  await simulator.assertClean();
  assert.equal(signatures.wrong, 0);
});

test('what cannot be read is asked for again, in both directions', async () => {
  await simulator.addPhone(OTHER);
  const ada = await linkedTo(NUMBER);
  await simulator.phone('send', { to: NUMBER, text: 'hello' }, OTHER);
  await ada.text('hello');
  await simulator.inject({ fault: 'forget_sessions', number: OTHER });
  await ada.socket.sendMessage(address(OTHER), { text: 'can you read this?' });
  await simulator.shows('the text', OTHER, (inbox) =>
    inbox.find((it) => it.text === 'can you read this?'),
  );

  // Baileys keeps a session under the number or, when it knows it, under the hidden id.
  const { lid } = (await simulator.call('GET', `/phones/${OTHER}`)).body;
  await ada.socket.signalRepository.deleteSession([address(OTHER), `${lid}@lid`]);
  const { id } = await simulator.phone('send', { to: NUMBER, text: 'and you this?' }, OTHER);
  assert.equal((await ada.text('and you this?')).key.id, id);
  const asked = await simulator.shows('the wish', OTHER, (inbox) =>
    inbox.find((it) => it.id === id && heardOf(it, NUMBER, 1).includes('retry')),
  );
  assert.equal(asked.text, 'and you this?');
  await simulator.assertClean();
});

test('who is there and who is writing is seen on the other side', async () => {
  await simulator.addPhone(OTHER);
  const ada = await linkedTo(NUMBER);
  await ada.socket.presenceSubscribe(address(OTHER));
  await ada.seen(address(OTHER), 'unavailable');
  await simulator.phone('presence', { available: true }, OTHER);
  await ada.seen(address(OTHER), 'available');
  await simulator.phone('typing', { to: NUMBER, state: 'recording' }, OTHER);
  await ada.seen(address(OTHER), 'recording');
  await ada.socket.sendPresenceUpdate('composing', address(OTHER));
  await simulator.typing(OTHER, { [NUMBER]: 'composing' });
  await simulator.assertClean();
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
