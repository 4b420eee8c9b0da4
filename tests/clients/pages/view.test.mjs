// What the page says, without a browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { arrive, start, step } from '../../../crates/pages/assets/course.mjs';
import { inWords, secondsLeft } from '../../../crates/pages/assets/remaining.mjs';
import { dashed, spelt, view } from '../../../crates/pages/assets/view.mjs';
import words from '../../../crates/pages/assets/words.en.mjs';
import {
  attempt,
  challenge,
  confirmation,
  failed,
  ID,
  OPTIONS,
  pairingCode,
  qrCode,
} from './attempts.mjs';

const TICKET = 'a'.repeat(50);

function seen(...events) {
  const state = events.reduce((state, event) => step(state, event, 1000), start(0));
  return view(state, TICKET, words);
}

const answered = (attempt) => ({ is: 'answered', attempt });
const number = [
  { is: 'pressed', button: 'number' },
  { is: 'submitted', number: '15550001111' },
];

describe('a code to scan', () => {
  test('has an address of its own for each version', () => {
    const { screen, picture } = seen(answered(qrCode(3)));
    assert.equal(screen, 'qr');
    assert.equal(picture, `${TICKET}/linking-attempts/${ID}/qr.png?v=3`);
  });

  test('is timed by what is left of it, whatever the clocks say', () => {
    const { timer } = seen(answered(qrCode(3, 12_000, 20_000)));
    assert.deepEqual(timer, { label: 'New code in', from: -7000, until: 13_000 });
  });

  test('is shown beside one that is to be typed', () => {
    const { qr_code } = qrCode(2);
    const both = { ...pairingCode(2), method: 'qr', qr_code };
    assert.match(seen(answered(both)).picture, /v=2$/);
    assert.equal(seen(answered({ ...both, qr_code: null })).picture, null);
  });

  test('is announced in the same words each time, so that it is said once', () => {
    const [first, second] = [seen(answered(qrCode(1))), seen(answered(qrCode(2)))];
    assert.equal(first.announcement, second.announcement);
    assert.notEqual(first.picture, second.picture);
  });

  test('is waited for on the same screen', () => {
    for (const view of [seen(), seen(answered(attempt('preparing')))]) {
      assert.equal(view.screen, 'qr');
      assert.equal(view.picture, null);
      assert.ok(view.hint);
    }
  });
});

describe('a code to type', () => {
  test('is shown with its time', () => {
    const view = seen(...number, answered(pairingCode(1, 100_000)));
    assert.equal(view.screen, 'code');
    assert.equal(view.code, 'ABCD1234');
    assert.deepEqual(view.timer, { label: 'Valid for', from: -59_000, until: 101_000 });
    assert.match(view.announcement, /A B C D, 1 2 3 4/);
  });

  test('is waited for on the same screen', () => {
    for (const view of [seen(...number), seen(...number, answered(attempt('preparing')))]) {
      assert.equal(view.screen, 'code');
      assert.equal(view.code, null);
    }
  });

  test('is spelt letter by letter', () => {
    assert.equal(spelt('AB12CD34'), 'A B 1 2, C D 3 4');
  });

  test('has a dash, as on the phone and in the terminal', () => {
    assert.equal(dashed('AB12CD34'), 'AB12-CD34');
  });
});

describe('a message', () => {
  const cases = [
    ['what is under way', [answered(attempt('finishing'))], /Finishing/, []],
    ['a typed code', [...number, answered(attempt('pairing_code_typed'))], /typed/, []],
    ['a passkey that was used', [answered(challenge(2, 1, null))], /passkey was used/, []],
    ['a code that was confirmed', [answered(confirmation(2, 'confirmed'))], /confirmed/, []],
    ['a refused passkey', [answered(failed('passkey_refused'))], /^Not linked$/, ['again', 'number']],
    ['the end', [answered(attempt('linked'))], /^Linked$/, []],
    ['a code that is not due', [answered(attempt('waiting'))], /wait/, ['fresh', 'number']],
    ['a failure', [answered(failed('given_up'))], /^Not linked$/, ['again', 'number']],
    [
      'a number without a code',
      [...number, answered(failed('code_expired'))],
      /^Not linked$/,
      ['another', 'number', 'qr'],
    ],
    ['too many codes', [{ is: 'refused', status: 429 }], /^Too many/, ['qr']],
    ['too many for numbers', [...number, { is: 'refused', status: 429 }], /^Too many/, ['number', 'qr']],
    ['a pass that expired', [{ is: 'refused', status: 401 }], /expired/, []],
    ['an instance that is gone', [{ is: 'refused', status: 404 }], /nothing to link/, []],
    ['one that is linked', [{ is: 'refused', status: 409, isLinked: true }], /^Linked already$/, []],
    ['what we do not understand', [{ is: 'refused', status: 418 }], /wrong/, ['again']],
    ['an absence', [{ is: 'left' }], /^Paused$/, []],
  ];
  for (const [what, events, title, buttons] of cases) {
    test(`tells of ${what}, and what to do`, () => {
      const view = seen(...events);
      assert.equal(view.screen, 'message');
      assert.match(view.title, title);
      assert.ok(view.text.endsWith('.'), view.text);
      assert.deepEqual(view.buttons, buttons);
      assert.ok(view.announcement.startsWith(view.title));
    });
  }

  test('tells how a linked number ends', () => {
    const whatsapp = { phone_ends_with: '1111', device: 2 };
    assert.match(seen(answered(attempt('linked', { whatsapp }))).text, /ends in 1111/);
  });

  test("repeats the gateway's reasons as sentences", () => {
    const strange = { is: 'refused', status: 403, detail: 'another page cannot do this' };
    assert.equal(seen(strange).text, 'The gateway refused: another page cannot do this.');
    const reason = 'WhatsApp gives no code for this number';
    assert.equal(seen(answered(failed('refused', { reason }))).text, `${reason}.`);
    const waiting = attempt('waiting', { reason: 'too many codes', not_before_in_ms: 9000 });
    const { text, timer } = seen(answered(waiting));
    assert.match(text, /^Too many codes\. /);
    assert.equal(timer.until, 10_000);
  });
});

describe('a passkey', () => {
  test('is asked for by a script with the options, and timed', () => {
    const { screen, script, error, timer, title } = seen(answered(challenge(2)));
    assert.deepEqual([screen, error, title], ['passkey', null, 'WhatsApp asks for a passkey']);
    assert.ok(script.includes(JSON.stringify(OPTIONS)), script);
    assert.deepEqual(timer, { label: 'Time left', from: null, until: 581_000 });
  });

  test('is said to be used before the gateway has said so', () => {
    const view = seen(answered(challenge(2)), { is: 'brought', text: '{"response":{}}' });
    assert.equal(view.title, 'The passkey was used');
  });

  test('is asked for again when the answer was none, in our words or the gateway\'s', () => {
    const brought = { is: 'brought', text: '{"response":{}}' };
    const detail = 'the assertion answers another challenge than the one that is shown';
    for (const [events, error] of [
      [[{ is: 'brought', text: ' ' }], words.passkey_missing],
      [[{ is: 'brought', text: 'copy me' }], words.passkey_other],
      [[brought, { is: 'unreachable' }], words.passkey_unsent],
      [[brought, { is: 'refused', status: 400, detail }], `T${detail.slice(1)}.`],
      [[brought, { is: 'refused', status: 409, detail }], null],
    ]) {
      const view = seen(answered(challenge(2)), ...events);
      assert.deepEqual([view.screen, view.error], ['passkey', error]);
    }
  });

  test('is followed by a code, which is spelt', () => {
    const view = seen(answered(challenge(2)), answered(confirmation(3)));
    assert.deepEqual([view.screen, view.code], ['compare', 'ABCD-1234']);
    assert.match(view.announcement, /A B C D, 1 2 3 4/);
    const pressed = seen(answered(confirmation(3)), { is: 'pressed', button: 'confirm' });
    assert.equal(pressed.title, 'The code is confirmed');
  });
});

describe('a gateway that does not answer', () => {
  const lost = { is: 'unreachable' };

  test('is not worth a word the first time', () => {
    assert.equal(seen(answered(qrCode(1)), lost).notice, null);
  });

  test('is told of from then on, beside the code that still counts', () => {
    const view = seen(answered(qrCode(1)), lost, lost);
    assert.equal(view.screen, 'qr');
    assert.match(view.picture, /v=1$/);
    assert.match(view.notice, /does not answer/);
    assert.equal(view.retryAt, 3000);
  });

  test('has no code on its way', () => {
    for (const events of [[], [answered(attempt('preparing'))], [answered(qrCode(1))], number]) {
      const { hint, announcement } = seen(...events, lost, lost);
      assert.equal(hint, 'No code while the gateway does not answer');
      assert.match(announcement, /does not answer/);
    }
    // A code that is there says by itself how it ends.
    assert.equal(seen(...number, answered(pairingCode(1)), lost, lost).hint, 'This code has expired');
  });

  test('whose link was taken back ends what this page may do and no link of a phone', () => {
    const { text } = seen(answered(qrCode(1)), { is: 'refused', status: 401 });
    assert.match(text, /took it back\./);
    assert.match(text, /What is linked stays linked\./);
  });
});

describe('the words', () => {
  const codes = ['ar', 'de', 'en', 'es', 'fr', 'pt'];
  const used = ['course', 'page', 'view', 'passkey'].map((name) =>
    readFileSync(new URL(`../../../crates/pages/assets/${name}.mjs`, import.meta.url), 'utf8'),
  );

  for (const code of codes) {
    test(`in ${code} are there for every state`, async () => {
      const spoken = (await import(`../../../crates/pages/assets/words.${code}.mjs`)).default;
      const names = used.flatMap((text) => [...text.matchAll(/words\.(\w+)/g)].map(([, name]) => name));
      const errors = [...used[0].matchAll(/'(number_\w+)'/g)].map(([, name]) => name);
      assert.ok(names.length > 30 && errors.length === 5);
      const brought = used.flatMap((text) => [...text.matchAll(/'(passkey_\w+)'/g)]);
      const told = brought.map(([, name]) => name).filter((name) => !['passkey_challenge', 'passkey_confirmation'].includes(name));
      assert.ok(told.length > 12);
      for (const name of [...names, ...errors, ...told]) assert.ok(spoken[name], name);
      const shown = view(step(start(0), answered(qrCode(1)), 1), TICKET, spoken);
      assert.equal(shown.announcement, spoken.says_qr);
    });
  }
});

describe('a page that was away', () => {
  const back = [{ is: 'left' }, { is: 'returned' }];

  test('shows no code of before until it knows more', () => {
    const picture = seen(answered(qrCode(1)), ...back);
    assert.deepEqual([picture.screen, picture.picture, picture.timer], ['qr', null, null]);
    const code = seen(...number, answered(pairingCode(1)), ...back);
    assert.deepEqual([code.screen, code.code, code.timer], ['code', null, null]);
    assert.match(seen(answered(qrCode(1)), ...back, answered(qrCode(1))).picture, /v=1$/);
  });
});

describe('a phone', () => {
  test('is asked for its number first', () => {
    const { screen, number, error, notice } = view(arrive(0, true), TICKET, words);
    assert.deepEqual([screen, number, error, notice], ['number', '', null, null]);
  });

  test('that has accepted before the page came is told of', () => {
    const instance = { name: 'Shop', state: { name: 'linking', linked: true } };
    assert.equal(seen({ is: 'told', instance }).title, 'Finishing on the phone');
  });
});

describe('what is left', () => {
  test('counts the last second until it is over', () => {
    assert.deepEqual(
      [60_000, 59_999, 1, 0, -5].map((left) => secondsLeft(1000 + left, 1000)),
      [60, 60, 1, 0, 0],
    );
  });

  test('is said as people say it', () => {
    assert.deepEqual(
      [0, 9, 59, 60, 125, 3599, 3600, 7261].map(inWords),
      ['0 s', '9 s', '59 s', '1:00 min', '2:05 min', '59:59 min', '1:00:00 h', '2:01:01 h'],
    );
  });
});
