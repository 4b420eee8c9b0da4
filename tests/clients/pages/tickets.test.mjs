// Links that a customer is sent: their brand, their languages, their end, with a real gateway.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertLinked, seen } from './arrival.mjs';
import { DESK, launch, open } from './browser.mjs';
import { NARROW } from './sizes.mjs';
import { Visit } from './visit.mjs';

const LOGO =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
const BRAND = { name: 'Corner & Sons', colour: '#25d366', logo: LOGO };

let browser;
let visit;
let key;
before(async () => {
  browser = await launch();
  visit = await Visit.start();
  key = visit.gateway.issueKey();
});
after(async () => {
  await browser?.close();
  await visit?.stop();
});

async function call(verb, path, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const options = { method: verb, headers, body: body && JSON.stringify(body) };
  const answer = await fetch(`${visit.gateway.host}/api/v1/${path}`, options);
  return answer.status === 204 ? null : answer.json();
}

async function instance() {
  return (await call('POST', 'instances', { name: 'Shop' })).id;
}

async function arrive(t, said, options = { viewport: DESK }) {
  const id = await instance();
  const ticket = await call('POST', `instances/${id}/link-tickets`, said);
  const address = visit.gateway.host + ticket.path;
  const window = await open(browser, options);
  t.after(() => window.close());
  const answer = await window.page.goto(address);
  assert.equal(answer.status(), 200);
  return { id, ticket, address, window };
}

async function soundly(window, name) {
  for (const colorScheme of ['light', 'dark']) {
    await window.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await window.assertSound();
    await window.assertAccessible(`${name}, ${colorScheme}`);
    await window.keepPicture(`ticket-${name}-${colorScheme}`);
  }
}

describe('the page of a brand', () => {
  for (const [place, options] of Object.entries({ desk: { viewport: DESK }, phone: NARROW })) {
    test(`has its name, its logo and a colour that can be read, on a ${place}`, async (t) => {
      const { window } = await arrive(t, { brand: BRAND, return_url: 'https://shop.example/done' }, options);
      await window.page.getByText('Corner & Sons', { exact: true }).waitFor();
      if (place === 'phone') await window.page.getByRole('button', { name: 'Show the QR code' }).tap();
      await window.at('picture').waitFor({ state: 'visible' });
      const drawn = await window.page.evaluate(() => document.querySelector('.logo').naturalWidth);
      assert.equal(drawn, 1);
      assert.equal(await window.at('go-on').isVisible(), false);
      await soundly(window, `brand-${place}`);
    });
  }
});

describe('a page in another language', () => {
  const languages = {
    de: ['WhatsApp verbinden', 'Scannen Sie den Code mit dem Handy', 'Mit Telefonnummer verbinden'],
    ar: ['ربط واتساب', 'امسح الرمز بهاتفك', 'الربط برقم الهاتف'],
  };
  for (const [language, [title, heading, byNumber]] of Object.entries(languages)) {
    for (const [place, viewport] of Object.entries({ desk: DESK, phone: { width: 360, height: 640 } })) {
      test(`${language} on a ${place}`, async (t) => {
        const { window } = await arrive(t, { language }, { viewport });
        await window.page.getByRole('heading', { name: title, level: 1 }).waitFor();
        await window.page.getByRole('heading', { name: heading }).waitFor();
        await window.at('picture').waitFor({ state: 'visible' });
        await soundly(window, `${language}-${place}`);
        await window.page.getByRole('button', { name: byNumber }).click();
        await soundly(window, `${language}-number-${place}`);
      });
    }
  }

  test('can be switched to one that the reader speaks, and stays open', async (t) => {
    const { window } = await arrive(t, { language: 'ar' });
    await window.page.getByRole('link', { name: 'Español' }).click();
    await window.page.getByRole('heading', { name: 'Escanee el código con el teléfono' }).waitFor();
    await window.at('picture').waitFor({ state: 'visible' });
    await window.assertSound();
  });

  test('is the browser\'s where the link says nothing', async (t) => {
    const { window } = await arrive(t, {}, { viewport: DESK, locale: 'pt-BR' });
    await window.page.getByRole('heading', { name: 'Escaneie o código com o celular' }).waitFor();
  });
});

describe('a link', () => {
  test('opens once, and says so to whoever comes next', async (t) => {
    const { address, window } = await arrive(t, {});
    await seen(window);
    const next = await open(browser);
    t.after(() => next.close());
    assert.equal((await next.page.goto(address)).status(), 404);
    await next.page.getByText('It was opened already.').waitFor();
    await next.takeComplaints();
    await soundly(next, 'used');
    await window.page.reload();
    await seen(window);
  });

  test('that is taken back ends its page within five seconds', async (t) => {
    const { id, ticket, window } = await arrive(t, {});
    await seen(window);
    const began = performance.now();
    await call('DELETE', `instances/${id}/link-tickets/${ticket.id}`);
    await window.page.getByRole('heading', { name: 'This page has expired' }).waitFor();
    assert.ok(performance.now() - began < 5000);
    assert.equal(await window.at('picture').isVisible(), false);
    const { data } = await call('GET', `instances/${id}/link-tickets`);
    const steps = data[0].steps.map(({ step }) => step);
    assert.deepEqual(steps.slice(0, 3), ['issued', 'opened', 'qr_code_shown']);
    assert.ok(steps.includes('revoked'));
    await window.page.reload();
    await window.page.getByText('has taken it back.').waitFor();
  });

  test('for one number and one way offers no other', async (t) => {
    const said = { methods: 'code', phone: '15550001111', phone_fixed: true };
    const { window } = await arrive(t, said);
    await window.at('phone').waitFor();
    assert.equal(await window.at('phone').inputValue(), '15550001111');
    assert.equal(await window.at('phone').getAttribute('readonly'), '');
    assert.equal(await window.page.getByRole('button', { name: 'Show the QR code' }).count(), 0);
    await soundly(window, 'fixed');
    await window.page.getByRole('button', { name: 'Get a code' }).click();
    await window.at('code-halves').waitFor({ state: 'visible' });
    await soundly(window, 'fixed-code');
  });

  test('leads on when the account is linked', async (t) => {
    const { id, window } = await arrive(t, { brand: BRAND, return_url: 'https://shop.example/done' });
    await visit.simulator.phone('scan', { qr: await seen(window) });
    await assertLinked(window);
    const onward = window.page.getByRole('link', { name: 'Continue' });
    assert.equal(await onward.getAttribute('href'), 'https://shop.example/done');
    await soundly(window, 'linked');
    await call('POST', `instances/${id}/logout`, {});
  });
});
