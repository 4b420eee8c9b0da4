// The vendor's SDK against a gateway that took the vendor's place: only the host differs.
//
// It lacks the partner methods and some of the account's; the SDK for Python in ../python has them.
// Neither has the websocket for codes, which its users open by themselves: here with `ws`.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import green from '@green-api/whatsapp-api-client';
import WebSocket from 'ws';
import { LIMIT_MS, within } from '../../deadline.mjs';
import { NUMBER, Simulator } from '../../simulator.mjs';
import { readCode } from './code.mjs';
import { Gateway } from './gateway.mjs';
import { served } from './patience.mjs';
import { assertIs } from './types.mjs';

let simulator;
let gateway;

beforeEach(async () => {
  simulator = await Simulator.start();
  gateway = await Gateway.start(simulator);
});

afterEach(async () => {
  await gateway?.stop();
  await simulator?.stop();
});

/// The SDK for an instance, as the vendor documents it but for the hosts.
function sdk({ idInstance, apiTokenInstance }, host) {
  return green.restAPI({ idInstance: String(idInstance), apiTokenInstance, host, media: host });
}

/// A new instance, whose user asks again when it was too soon.
async function open(host) {
  const { instance, settings } = sdk(await gateway.createInstance(), host);
  return {
    instance: (method, ...more) => served(() => instance[method](...more)),
    settings: (method, body) => served(() => settings[method](body)),
  };
}

async function reaches(account, wanted) {
  const deadline = AbortSignal.timeout(LIMIT_MS);
  let answer;
  do {
    assert.ok(!deadline.aborted, `${wanted}: not within ${LIMIT_MS} ms`);
    answer = await account.instance('getStateInstance');
    assertIs(answer, 'GetStateInstance');
  } while (answer.stateInstance !== wanted);
}

async function link(account) {
  const code = await account.instance('qr');
  assertIs(code, 'Qr');
  assert.equal(code.type, 'qrCode', code.message);
  const linked = await simulator.phone('scan', { qr: readCode(Buffer.from(code.message, 'base64')) });
  assert.equal(linked.number, NUMBER);
  await reaches(account, 'authorized');
  const message = 'instance account already authorized';
  assert.deepEqual(await account.instance('qr'), { type: 'alreadyLogged', message });
}

async function look(account) {
  const info = await account.settings('getWaSettings');
  assert.equal(info.phone, NUMBER);
  assert.equal(info.stateInstance, 'authorized');
  assert.equal(info.deviceId, `${NUMBER}:1@s.whatsapp.net`);
  assertIs(await account.instance('getDeviceInfo'), 'GetDeviceInfo');
}

/// Programs change what they got and send all of it back.
async function set(account) {
  const before = await account.settings('getSettings');
  assertIs(before, 'Settings');
  assert.equal(before.wid, `${NUMBER}@c.us`);
  assert.equal(before.outgoingWebhook, 'no');
  const wanted = { ...before, outgoingWebhook: 'yes', delaySendMessagesMilliseconds: 1000 };
  assert.deepEqual(await account.settings('setSettings', wanted), { saveSettings: true });
  assert.deepEqual(await account.settings('getSettings'), wanted);
}

async function restart(account) {
  const { logins } = await simulator.report();
  assert.deepEqual(await account.instance('reboot'), { isReboot: true });
  await simulator.reports('a login', (report) => report.logins > logins);
  await reaches(account, 'authorized');
}

async function leave(account) {
  assert.equal((await simulator.devices()).length, 1);
  assert.deepEqual(await account.instance('logout'), { isLogout: true });
  await reaches(account, 'notAuthorized');
  assert.deepEqual(await simulator.devices(), []);
}

async function linkByCode(account) {
  const { status, code } = await account.instance('getAuthorizationCode', Number(NUMBER));
  assert.equal(status, true);
  assert.match(code, /^[0-9A-Z]{8}$/);
  assert.equal((await simulator.phone('enter-code', { code })).number, NUMBER);
  await reaches(account, 'authorized');
  const again = await account.instance('getAuthorizationCode', Number(NUMBER));
  assert.equal(again.status, false);
}

async function live(host) {
  const account = await open(host);
  await link(account);
  await look(account);
  await set(account);
  await restart(account);
  await leave(account);
  await linkByCode(account);
  await leave(account);
  await simulator.assertClean();
}

test('an account is linked, looked at, set, restarted and logged out', () => live(gateway.host));

test('the same with a trailing slash in the host', () => live(`${gateway.host}/`));

test('an account hears of its link and of its end', async () => {
  const created = await gateway.createInstance();
  const { instance, settings, webhookService } = sdk(created, gateway.host);
  await settings.setSettings({ stateWebhook: 'yes' });
  const heard = [];
  const all = new Promise((resolve) => {
    webhookService.onReceivingAccountStatus((body) => {
      heard.push(body);
      if (heard.length === 1) simulator.phone('unlink');
      if (heard.length === 2) resolve();
    });
  });
  await webhookService.startReceivingNotifications();
  const { message } = await served(() => instance.qr());
  await simulator.phone('scan', { qr: readCode(Buffer.from(message, 'base64')) });
  await within('both changes', all);
  await webhookService.stopReceivingNotifications();
  const instanceData = {
    idInstance: created.idInstance,
    wid: `${NUMBER}@c.us`,
    typeInstance: 'whatsapp',
  };
  const words = heard.map(({ timestamp, ...body }) => {
    assert.ok(Number.isInteger(timestamp));
    const { stateInstance, ...rest } = body;
    assert.deepEqual(rest, { typeWebhook: 'stateInstanceChanged', instanceData });
    return stateInstance;
  });
  assert.deepEqual(words, ['authorized', 'notAuthorized']);
  await simulator.assertClean();
});

test('texts wait, are shown and cleared, and arrive', async () => {
  const OTHER = '15550002222';
  await simulator.addPhone(OTHER);
  const { instance, message } = sdk(await gateway.createInstance(), gateway.host);
  const early = await message.sendMessage(`${OTHER}@c.us`, null, 'too early');
  assertIs(early, 'Message');
  const [{ messageID, type, body }, ...others] = await message.showMessagesQueue();
  assert.deepEqual([messageID, type, others], [early.idMessage, 'sendMessage', []]);
  assert.deepEqual(body, { chatId: `${OTHER}@c.us`, message: 'too early' });
  assert.deepEqual(await message.clearMessagesQueue(), { isCleared: true });
  const code = await served(() => instance.qr());
  await simulator.phone('scan', { qr: readCode(Buffer.from(code.message, 'base64')) });
  const first = await message.sendMessage(`${OTHER}@c.us`, null, 'hello');
  const second = await message.sendMessage(null, Number(OTHER), 'and more', first.idMessage);
  const wanted = [
    [first.idMessage, 'hello'],
    [second.idMessage, 'and more'],
  ];
  const deadline = AbortSignal.timeout(LIMIT_MS);
  let inbox = [];
  do {
    assert.ok(!deadline.aborted, `not within ${LIMIT_MS} ms: ${JSON.stringify(inbox)}`);
    inbox = await simulator.inbox(OTHER);
  } while (inbox.length < wanted.length);
  assert.deepEqual(
    inbox.map(({ id, text }) => [id, text]),
    wanted,
  );
  await simulator.assertClean();
});

test('an account is linked by a code from the websocket', async () => {
  const instance = await gateway.createInstance();
  const frames = [];
  const address = `${gateway.host.replace(/^http/, 'ws')}/waInstance${instance.idInstance}`;
  const socket = new WebSocket(`${address}/scanqrcode/${instance.apiTokenInstance}`);
  const closed = new Promise((resolve, reject) => {
    socket.once('close', resolve);
    socket.once('error', reject);
  });
  const shown = new Promise((resolve) => {
    socket.on('message', (data) => {
      frames.push(JSON.parse(data.toString()));
      resolve();
    });
  });
  await within('the first frame', Promise.race([shown, closed]));
  const [{ type, message }] = frames;
  assert.equal(type, 'qrCode', message);
  await simulator.phone('scan', { qr: readCode(Buffer.from(message, 'base64')) });
  assert.equal(await within('the end of the session', closed), 1000);
  const last = { type: 'accountData', wid: `${NUMBER}@c.us`, pushname: frames.at(-1).pushname, webhookUrl: '' };
  assert.deepEqual(frames.at(-1), last);
  await simulator.assertClean();
});

test('who asks twice at once is told so', async () => {
  const { settings } = sdk(await gateway.createInstance(), gateway.host);
  const both = await Promise.allSettled([settings.getSettings(), settings.getSettings()]);
  const served = both.find(({ status }) => status === 'fulfilled');
  const refused = both.find(({ status }) => status === 'rejected');
  assertIs(served?.value, 'Settings');
  const { response } = refused?.reason ?? {};
  assert.equal(response?.status, 429);
  assert.equal(response.data.message, 'Too Many Requests');
});

test("a stranger's token opens nothing", async () => {
  const credentials = { ...(await gateway.createInstance()), apiTokenInstance: 'a'.repeat(50) };
  const { instance } = sdk(credentials, gateway.host);
  await assert.rejects(instance.qr(), ({ response }) => response.status === 401);
});
