// A passkey, from the page over a page of WhatsApp's and back: with an authenticator that Chromium plays.
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { NUMBER } from '../simulator.mjs';
import { arriveIn, assertLinked, seen } from './arrival.mjs';
import { challenge, confirmation, OPTIONS } from './attempts.mjs';
import { DESK, open, PHONE } from './browser.mjs';
import { Stage } from './stage.mjs';

const WHATSAPP = 'https://web.whatsapp.com/';

let stage;
let window;
before(async () => {
  stage = await Stage.build();
});
after(() => stage?.strike());
beforeEach(async () => {
  window = await stage.window();
});
afterEach(() => window?.close());

async function visitPage(...answers) {
  const calls = await stage.play(window, answers);
  await stage.visit(window);
  return calls;
}

function shows(name, at = window) {
  return at.page.getByRole('heading', { name, level: 2 }).waitFor();
}

function press(name) {
  return window.page.getByRole('button', { name }).click();
}

/// A window at WhatsApp's address, whose browser has the account's passkey.
async function atWhatsApp(t) {
  const theirs = await open(stage.browser);
  t.after(() => theirs.close());
  await theirs.page.route(`${WHATSAPP}**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>WhatsApp</title>' }),
  );
  await theirs.page.goto(WHATSAPP);
  const session = await theirs.page.context().newCDPSession(theirs.page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
  ]);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const [{ id }] = OPTIONS.allowCredentials;
  await session.send('WebAuthn.addCredential', {
    authenticatorId,
    credential: {
      credentialId: Buffer.from(id, 'base64url').toString('base64'),
      isResidentCredential: true,
      rpId: OPTIONS.rpId,
      userHandle: Buffer.from('user').toString('base64'),
      privateKey: Buffer.from(key).toString('base64'),
      signCount: 1,
    },
  });
  return theirs;
}

/// What the script shows there, run as a person runs it: in the console, and then by a button.
async function answered(theirs, script) {
  await theirs.page.evaluate(script);
  await theirs.page.getByRole('button', { name: 'Use the passkey' }).click();
  const area = theirs.page.locator('textarea');
  await area.waitFor();
  return area.inputValue();
}

/// What the script asks a browser for.
function asked(script) {
  return JSON.parse(script.match(/const options = (.*);/)[1]);
}

describe('an account with a passkey', () => {
  test('is linked on the page of a real gateway, whose phone shows the same code', async (t) => {
    const { visit, window: page } = await arriveIn(stage.browser, t, { viewport: PHONE });
    const { simulator } = visit;
    const { status } = await simulator.call('POST', '/phones', { number: NUMBER, passkey: true });
    assert.equal(status, 200);
    const scanned = simulator.phone('scan', { qr: await seen(page) });
    await shows('WhatsApp asks for a passkey', page);
    const options = asked(await page.at('passkey-script').inputValue());
    const answer = await simulator.phone('passkey-assertion', options);
    await page.at('passkey-answer').fill(JSON.stringify(answer));
    await page.page.getByRole('button', { name: 'Hand in the answer' }).click();
    await shows('Compare this code', page);
    const { body: phone } = await simulator.call('GET', `/phones/${NUMBER}`);
    assert.equal(await page.at('compare-code').textContent(), phone.passkey_code);
    await page.keepPicture('real-compare-phone');
    await simulator.phone('passkey-code', { same: true });
    await page.page.getByRole('button', { name: 'The codes are the same' }).click();
    assert.equal((await scanned).number, NUMBER);
    await assertLinked(page);
    await page.assertSound();
    await simulator.assertClean();
  });
});

describe('a passkey', () => {
  test('is used at WhatsApp by the script, and its answer is handed in', async (t) => {
    const calls = await visitPage(challenge(2), undefined, challenge(3, 300_000, null), confirmation(4));
    await shows('WhatsApp asks for a passkey');
    const theirs = await atWhatsApp(t);
    const answer = await answered(theirs, await window.at('passkey-script').inputValue());
    await window.at('passkey-answer').fill(answer);
    await press('Hand in the answer');
    await shows('Compare this code');
    const [sent] = calls.map(({ body }) => body?.assertion).filter(Boolean);
    assert.equal(sent.id, OPTIONS.allowCredentials[0].id);
    assert.equal(sent.rawId, sent.id);
    assert.equal(sent.type, 'public-key');
    const said = JSON.parse(Buffer.from(sent.response.clientDataJSON, 'base64url'));
    const { type, challenge: asked, origin } = said;
    assert.deepEqual([type, asked, origin], ['webauthn.get', OPTIONS.challenge, WHATSAPP.slice(0, -1)]);
    assert.equal(Buffer.from(sent.response.userHandle, 'base64url').toString(), 'user');
    assert.ok(Buffer.from(sent.response.authenticatorData, 'base64url').length >= 37);
    assert.ok(sent.response.signature.length > 60);
    await window.assertSound();
  });

  test('that the browser does not have is told by the script', async (t) => {
    const allowCredentials = [{ id: 'b3RoZXI', type: 'public-key' }];
    const other = { ...OPTIONS, allowCredentials, timeout: 1000 };
    await visitPage(challenge(2, 580_000, other));
    await shows('WhatsApp asks for a passkey');
    const theirs = await atWhatsApp(t);
    await theirs.page.evaluate(await window.at('passkey-script').inputValue());
    await theirs.page.getByRole('button', { name: 'Use the passkey' }).click();
    await theirs.page.getByRole('button', { name: /^NotAllowedError/ }).waitFor();
  });

  test('is copied by a button', async () => {
    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await visitPage(challenge(2));
    await press('Copy the script');
    await window.page.getByText('Copied.', { exact: true }).waitFor();
    const copied = await window.page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await window.at('passkey-script').inputValue());
  });

  test('whose code is the same is confirmed by a button', async () => {
    const calls = await visitPage(confirmation(4), undefined, confirmation(5, 'confirmed'));
    await shows('Compare this code');
    assert.equal(await window.at('compare-code').textContent(), 'ABCD-1234');
    assert.equal(await window.at('compare-spelt').textContent(), 'A B C D, 1 2 3 4');
    await press('The codes are the same');
    await shows('The code is confirmed');
    const confirmed = calls.filter(({ address }) => address.endsWith('/passkey-confirmation'));
    assert.deepEqual(confirmed.map(({ verb, body }) => [verb, body]), [['POST', {}]]);
  });

  test('keeps what was typed while nothing new comes, and says what is wrong with it', async () => {
    await visitPage(challenge(2), challenge(2), challenge(2));
    await window.at('passkey-answer').fill('copy me');
    await press('Hand in the answer');
    await window.page.getByText('This is not what WhatsApp', { exact: false }).waitFor();
    assert.equal(await window.at('passkey-answer').inputValue(), 'copy me');
    assert.equal(await window.at('passkey-answer').getAttribute('aria-invalid'), 'true');
  });

  for (const [lang, direction] of [['de', 'ltr'], ['ar', 'rtl']]) {
    test(`is readable in ${lang}, on a phone and on a desk`, async () => {
      for (const [name, answer] of [['passkey', challenge(2)], ['compare', confirmation(4)]]) {
        const own = await stage.window({ locale: lang });
        const before = window;
        window = own;
        await before.close();
        await visitPage(answer);
        await window.page.locator(`[data-screen="${name}"] h2`).waitFor();
        assert.equal(await window.page.evaluate(() => document.documentElement.dir), direction);
        for (const [size, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
          await window.page.setViewportSize(viewport);
          await window.assertSound();
          await window.keepPicture(`${name}-${lang}-${size}`);
        }
        await window.assertAccessible(`${name} in ${lang}`);
      }
    });
  }
});
