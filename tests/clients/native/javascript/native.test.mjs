// Libraries that others wrote for receivers, against Waygate's own API: `standardwebhooks`, which is the
// standard's own, verifies what is posted, and `ws` hears of the same events.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import WebSocket from 'ws';
import { LIMIT_MS, within } from '../../deadline.mjs';
import { Gateway } from '../../green-api/javascript/gateway.mjs';
import { Simulator } from '../../simulator.mjs';
import { Receiver } from './receiver.mjs';

let gateway;
let key;
let receiver;
let simulator;

beforeEach(async () => {
  simulator = await Simulator.start();
  gateway = await Gateway.start(simulator, { WAYGATE_OUTBOUND__ALLOW: '127.0.0.1' });
  key = gateway.issueKey();
  receiver = await Receiver.listen();
});

afterEach(async () => {
  receiver?.close();
  await gateway?.stop();
  await simulator?.stop();
});

/// Calls the API, which must do what it is asked.
async function call(method, path, body) {
  const response = await fetch(`${gateway.host}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

/// The first letter about a new instance.
async function letter() {
  const { id } = await call('POST', '/instances', {});
  return receiver.next('news of an instance', ({ body }) => body.includes(id));
}

function verifies(secret, { body, headers }) {
  return new Webhook(secret).verify(body, headers);
}

test('standardwebhooks verifies what is posted, by either secret while one takes the place of the other', async () => {
  const { id, secret } = await call('POST', '/webhook-endpoints', { url: receiver.url });
  const first = await letter();
  assert.equal(verifies(secret, first).type, 'state_changed');
  const forged = { ...first, body: Buffer.concat([first.body, Buffer.from(' ')]) };
  assert.throws(() => verifies(secret, forged), /signature/);
  const rotated = await call('POST', `/webhook-endpoints/${id}/rotate-secret`, {});
  assert.notEqual(rotated.secret, secret);
  assert.throws(() => verifies(rotated.secret, first), /signature/, 'it was not there yet');
  const second = await letter();
  for (const valid of [secret, rotated.secret]) verifies(valid, second);
});

test('ws hears what the list tells, and goes on where it was', async () => {
  const instance = await call('POST', '/instances', {});
  const hear = async (cursor, count) => {
    const url = `${gateway.host.replace('http', 'ws')}/api/v1/instances/${instance.id}/events/ws?cursor=${cursor}`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } });
    const frames = [];
    await within(
      'what happened',
      new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('message', (data) => frames.push(JSON.parse(data)) > count && resolve());
      }),
    );
    socket.terminate();
    assert.deepEqual(frames[0], { kind: 'cursor', cursor: String(cursor) });
    return frames.slice(1, count + 1);
  };
  const first = await hear(0, 1);
  for (const deed of ['stop', 'start']) await call('POST', `/instances/${instance.id}/${deed}`);
  const heard = [...first, ...(await hear(1, 2))];
  const listed = await call('GET', `/instances/${instance.id}/events?limit=3`);
  assert.deepEqual(heard, listed.data);
});
