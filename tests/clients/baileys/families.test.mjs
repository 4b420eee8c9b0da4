// Clients of several families, with phones and with each other: Baileys 7, its line 6.7 and the library
// that the gateway is built on. What all of them take for right is not a mistake of one.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { signatures } from './lines.mjs';
import { Stage } from './stage.mjs';
import { NUMBER } from '../simulator.mjs';

const OTHER = '15550002222';
const THIRD = '15550003333';
const address = (number) => `${number}@s.whatsapp.net`;

/// More than a client reads at once, and not whole blocks.
const FILE = Buffer.from(Array.from({ length: 70_001 }, (_, place) => place % 251));
const HASH = createHash('sha256').update(FILE).digest('hex');

/// An image whose preview is given, since making one needs a picture library.
const IMAGE = { image: FILE, mimetype: 'image/png', jpegThumbnail: 'AQID', caption: 'look' };

let stage;
let simulator;

beforeEach(async () => {
  Object.assign(signatures, { right: 0, wrong: 0 });
  stage = await Stage.start();
  simulator = stage.simulator;
});

afterEach(() => stage?.end());

/// What a phone shows of the message of this id.
const shown = (number, id) =>
  simulator.shows('a message', number, (inbox) => inbox.find((it) => it.id === id));

/// That phones could open the file in a message, and that it is the one that was sent.
async function fileOnPhones(id, ...numbers) {
  for (const number of numbers) {
    const { media } = await shown(number, id);
    assert.deepEqual([media?.kind, media?.bytes, media?.sha256], ['image', FILE.length, HASH]);
  }
}

async function end() {
  await simulator.assertClean();
  assert.ok(signatures.right > 0);
  assert.equal(signatures.wrong, 0);
}

for (const version of [6, 7]) {
  test(`Baileys ${version} and a phone send each other texts and a file, and one comes back`, async () => {
    await simulator.addPhone(OTHER);
    let ada = await stage.linked(NUMBER, version);
    const { key } = await ada.socket.sendMessage(address(OTHER), { text: 'hello' });
    assert.equal((await shown(OTHER, key.id)).text, 'hello');
    await simulator.phone('send', { to: NUMBER, text: 'hello Ada' }, OTHER);
    await ada.text('hello Ada');

    const sent = await ada.socket.sendMessage(address(OTHER), IMAGE);
    await fileOnPhones(sent.key.id, NUMBER, OTHER);
    const media = { kind: 'image', file: FILE.toString('base64'), caption: 'look' };
    const { id } = await simulator.phone('send', { to: NUMBER, media }, OTHER);
    const message = await ada.message('imageMessage', id);
    assert.equal(message.message.imageMessage.caption, 'look');
    assert.deepEqual(await ada.file(message), FILE);

    await ada.close();
    await simulator.hungUp();
    await simulator.phone('send', { to: NUMBER, text: 'are you there?' }, OTHER);
    const missed = await simulator.phone('send', { to: NUMBER, media }, OTHER);
    ada = await stage.back(NUMBER, version, OTHER);
    await ada.text('are you there?');
    assert.deepEqual(await ada.file(await ada.message('imageMessage', missed.id)), FILE);
    await end();
  });
}

test('three families send each other texts and files, and each comes back to what it missed', async () => {
  await simulator.addPhone(OTHER);
  await simulator.addPhone(THIRD);
  let seven = await stage.linked(NUMBER, 7);
  let six = await stage.linked(OTHER, 6);
  const library = await stage.library(THIRD);

  const say = (client, to, text) => client.socket.sendMessage(address(to), { text });
  await say(seven, OTHER, 'seven to six');
  await say(seven, THIRD, 'seven to the library');
  await say(six, NUMBER, 'six to seven');
  await say(six, THIRD, 'six to the library');
  await library.write(NUMBER, 'the library to seven');
  await library.write(OTHER, 'the library to six');
  await six.text('seven to six');
  await seven.text('six to seven');
  await seven.text('the library to seven');
  await six.text('the library to six');
  await library.text('seven to the library');
  await library.text('six to the library');

  const fromSeven = await seven.socket.sendMessage(address(THIRD), IMAGE);
  assert.deepEqual(await library.file(fromSeven.key.id), FILE);
  const fromSix = await six.socket.sendMessage(address(NUMBER), IMAGE);
  assert.deepEqual(await seven.file(await seven.message('imageMessage', fromSix.key.id)), FILE);
  const fromLibrary = await library.writeImage(OTHER, FILE);
  assert.deepEqual(await six.file(await six.message('imageMessage', fromLibrary)), FILE);
  await fileOnPhones(fromSeven.key.id, NUMBER, THIRD);
  await fileOnPhones(fromSix.key.id, NUMBER, OTHER);
  await fileOnPhones(fromLibrary, OTHER, THIRD);

  const connections = (count) =>
    simulator.reports(`${count} connections`, (report) => report.live_connections === count);
  await six.close();
  await connections(2);
  await say(seven, OTHER, 'six was away');
  await library.write(OTHER, 'and missed this');
  six = await stage.back(OTHER, 6, NUMBER);
  await six.text('six was away');
  await six.text('and missed this');

  library.hangUp();
  await connections(2);
  await say(seven, THIRD, 'the library was away');
  await say(six, THIRD, 'and missed this');
  library.comeBack();
  await library.text('the library was away');
  await library.text('and missed this');

  await seven.close();
  await connections(2);
  await say(six, NUMBER, 'seven was away');
  await library.write(NUMBER, 'and missed this');
  seven = await stage.back(NUMBER, 7, OTHER);
  await seven.text('seven was away');
  await seven.text('and missed this');
  await end();
});
