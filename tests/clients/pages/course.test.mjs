// The rules of the page, without a browser.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wasAway } from '../../../crates/pages/assets/absence.mjs';
import { arrive, deed, standing, start, step } from '../../../crates/pages/assets/course.mjs';
import { attempt, challenge, confirmation, failed, ID, pairingCode, qrCode } from './attempts.mjs';

const QR = { method: 'qr', fresh: false };
const answered = (attempt) => ({ is: 'answered', attempt });
const pressed = (button) => ({ is: 'pressed', button });
const refused = (status, more = {}) => ({ is: 'refused', status, ...more });
const submitted = (number) => ({ is: 'submitted', number });

/// The state after these events, each of them at its time.
function after(...events) {
  return events.reduce((state, [now, event]) => step(state, event, now), start(0));
}

const FOLLOWING = after([100, answered(qrCode(1))]);
const ASKING = step(FOLLOWING, pressed('number'), 200);
const CODE = step(step(ASKING, submitted('15550001111'), 300), answered(pairingCode(1)), 400);

describe('an attempt', () => {
  test('is begun at once, and joins what is under way', () => {
    assert.deepEqual(deed(start(5)), { call: 'begin', wish: QR, due: 5 });
  });

  test('is followed by calls that wait for the next version', () => {
    const wanted = { call: 'look', id: ID, after: 1, wait: 25, due: 100 };
    assert.deepEqual(deed(FOLLOWING), wanted);
    const next = step(FOLLOWING, answered(qrCode(2)), 60_000);
    assert.deepEqual(deed(next), { ...wanted, after: 2, due: 60_000 });
    assert.equal(next.seen.at, 60_000);
  });

  test('that did not change keeps the times that were told first', () => {
    const same = step(FOLLOWING, answered(qrCode(1, 35_000)), 25_100);
    assert.equal(same.seen, FOLLOWING.seen);
    assert.equal(deed(same).due, 25_100);
  });

  test('is not asked about without a breath, should calls not wait', () => {
    assert.equal(deed(step(FOLLOWING, answered(qrCode(1)), 101)).due, 1100);
  });

  test('ends when it is linked', () => {
    const linked = step(FOLLOWING, answered(attempt('linked', { version: 5 })), 900);
    assert.equal(linked.at, 'over');
    assert.equal(deed(linked), null);
  });

  test('that failed waits for a person', () => {
    for (const failure of ['given_up', 'impossible', 'refused']) {
      const over = step(FOLLOWING, answered(failed(failure)), 900);
      assert.equal(over.at, 'over', failure);
      assert.equal(deed(over), null);
      assert.deepEqual(deed(step(over, pressed('again'), 950)).wish, QR);
    }
  });

  test('that ended while nobody looked is begun again, but not for ever', () => {
    const again = step(FOLLOWING, answered(failed('not_watched')), 900);
    assert.deepEqual(deed(again), { call: 'begin', wish: QR, due: 900 });
    assert.equal(step(again, answered(failed('not_watched')), 950).at, 'over');
  });

  test('that the gateway forgot is begun again, but for a number a person is asked', () => {
    assert.equal(deed(step(FOLLOWING, refused(404), 900)).call, 'begin');
    const over = step(CODE, refused(404), 900);
    assert.equal(over.at, 'over');
    assert.equal(over.seen.attempt.failure, 'code_lost');
  });
});

describe('a fresh code', () => {
  const WAITING = step(FOLLOWING, answered(attempt('waiting', { version: 2 })), 500);
  const FRESH = step(WAITING, pressed('fresh'), 600);

  test('is asked for once', () => {
    assert.deepEqual(deed(FRESH).wish, { method: 'qr', fresh: true });
    const followed = step(FRESH, answered(attempt('preparing')), 700);
    assert.equal(deed(step(followed, refused(404), 800)).wish.fresh, false);
  });

  test('is not asked for twice because an answer was lost', () => {
    assert.equal(deed(step(FRESH, { is: 'unreachable' }, 700)).wish.fresh, false);
  });

  test('that is one too many has to wait as long as the gateway says', () => {
    const limited = step(FRESH, refused(429, { retryAfterMs: 90_000 }), 700);
    assert.equal(limited.at, 'limited');
    assert.equal(limited.until, 90_700);
    assert.equal(deed(limited), null);
    assert.deepEqual(deed(step(limited, pressed('qr'), 800)).wish, QR);
  });
});

describe('a number', () => {
  test('is asked for without a call', () => {
    assert.equal(ASKING.at, 'asking');
    assert.equal(deed(ASKING), null);
  });

  test('is taken as people write it', () => {
    for (const [typed, phone] of [
      ['+1 555 000 1111', '15550001111'],
      ['+1 (555) 000-1111', '15550001111'],
      ['0015550001111', '15550001111'],
      ['1.555.000.1111', '15550001111'],
      ['\u202f+1\u00a0555\u20100001111', '15550001111'],
    ]) {
      const wish = { method: 'code', phone };
      assert.deepEqual(deed(step(ASKING, submitted(typed), 300)), { call: 'begin', wish, due: 300 });
    }
  });

  test('that cannot be one is not sent', () => {
    for (const typed of ['', '  ', 'Ann', '0555 000 1111', '12345', '1'.repeat(16), '1555 ext 3']) {
      const still = step(ASKING, submitted(typed), 300);
      assert.equal(still.at, 'asking', typed);
      assert.equal(still.number, typed);
      assert.ok(still.error, typed);
    }
  });

  test('that the gateway refuses is shown with its words', () => {
    const begun = step(ASKING, submitted('15550001111'), 300);
    const still = step(begun, refused(400, { detail: 'not a number' }), 400);
    assert.deepEqual(still, { at: 'asking', number: '15550001111', error: 'not a number' });
  });

  test('is asked for again with what was typed before', () => {
    assert.equal(step(CODE, pressed('number'), 500).number, '15550001111');
  });

  test('whose code expired gets another one', () => {
    const over = step(CODE, answered(failed('code_expired')), 900);
    assert.deepEqual(deed(step(over, pressed('again'), 950)).wish, CODE.wish);
    assert.deepEqual(deed(step(over, pressed('qr'), 950)).wish, QR);
  });
});

describe('a gateway that does not answer', () => {
  test('is asked again after pauses of 1 to 15 seconds', () => {
    let state = FOLLOWING;
    const pauses = [1, 2, 3, 4, 5, 6].map(() => {
      state = step(state, { is: 'unreachable' }, 1000);
      return deed(state).due - 1000;
    });
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 15_000, 15_000]);
    assert.equal(deed(state).call, 'look');
    const back = step(state, answered(qrCode(1)), 20_000);
    assert.equal(back.tries, 0);
  });

  test('may ask for a longer pause, within bounds', () => {
    const paused = (pauseMs) => deed(step(start(0), { is: 'unreachable', pauseMs }, 0)).due;
    assert.equal(paused(5000), 5000);
    assert.equal(paused(3_600_000), 15_000);
    assert.equal(paused(0), 1000);
  });

  test('is asked at once when there is a network again', () => {
    const pausing = step(FOLLOWING, { is: 'unreachable' }, 1000);
    assert.equal(deed(step(pausing, { is: 'returned' }, 1100)).due, 1100);
  });
});

describe('a page that nobody looks at', () => {
  test('asks for nothing, and at once when somebody does', () => {
    const asleep = step(FOLLOWING, { is: 'left' }, 200_000);
    assert.equal(asleep.at, 'asleep');
    assert.equal(deed(asleep), null);
    const awake = step(asleep, { is: 'returned' }, 900_000);
    assert.deepEqual(deed(awake), { call: 'look', id: ID, after: 1, wait: 0, due: 900_000 });
    assert.equal(awake.seen.at, FOLLOWING.seen.at, 'an old code is not made young');
  });

  test('begins again when it had nothing yet', () => {
    const asleep = step(start(0), { is: 'left' }, 200_000);
    assert.equal(deed(step(asleep, { is: 'returned' }, 900_000)).call, 'begin');
  });

  test('is left as it is when nothing goes on', () => {
    for (const state of [ASKING, step(FOLLOWING, refused(401), 300)]) {
      assert.equal(step(state, { is: 'left' }, 200_000), state);
      assert.equal(step(state, { is: 'returned' }, 200_000), state);
    }
  });
});

describe('a refusal', () => {
  test('closes the page for good', () => {
    for (const [state, status, why] of [
      [FOLLOWING, 401, 'pass'],
      [start(0), 401, 'pass'],
      [start(0), 404, 'gone'],
      [start(0), 418, 'fault'],
      [start(0), 400, 'fault'],
      [FOLLOWING, 400, 'fault'],
    ]) {
      const closed = step(state, refused(status), 300);
      assert.equal(closed.at, 'closed', `${status}`);
      assert.equal(closed.why, why, `${status}`);
      assert.equal(deed(closed), null);
    }
  });
});

describe('an instance', () => {
  test('that is linked leaves nothing to do', () => {
    const closed = step(start(0), refused(409, { isLinked: true }), 300);
    assert.deepEqual(closed, { at: 'closed', why: 'linked' });
  });

  test('that does not run yet is waited for', () => {
    const waiting = step(start(0), refused(409, { isLinked: false }), 300);
    assert.deepEqual(deed(waiting), { call: 'begin', wish: QR, due: 1300 });
  });
});

describe('a page that is opened', () => {
  const told = (name, linked) => ({ is: 'told', instance: { name: 'Shop', state: { name, linked } } });
  const ARRIVED = arrive(5, true);

  test('begins with a picture on a desk, and with a number on a phone', () => {
    assert.deepEqual(arrive(5, false), start(5));
    assert.equal(ARRIVED.at, 'asking');
  });

  test('on a phone looks at the instance meanwhile, and asks for no code', () => {
    assert.deepEqual(deed(ARRIVED), { call: 'instance', due: 5 });
    const open = step(ARRIVED, told('unlinked', false), 10);
    assert.deepEqual(open, { at: 'asking', number: '', error: null });
    assert.equal(deed(open), null);
  });

  test('on a phone asks for what a person wants without waiting for that', () => {
    const wish = { method: 'code', phone: '15550001111' };
    const begun = step(ARRIVED, submitted('15550001111'), 10);
    assert.deepEqual(deed(begun), { call: 'begin', wish, due: 10 });
    assert.deepEqual(deed(step(ARRIVED, pressed('qr'), 10)).wish, QR);
  });

  test('on a phone looks again when the gateway does not answer', () => {
    const lost = step(ARRIVED, { is: 'unreachable' }, 10);
    assert.deepEqual(deed(lost), { call: 'instance', due: 1010 });
    assert.equal(step(lost, refused(401), 1020).why, 'pass');
    assert.equal(step(lost, refused(404), 1020).why, 'gone');
  });

  test('has nothing to do at what is linked', () => {
    for (const state of [start(0), ARRIVED]) {
      const closed = step(state, told('online', true), 300);
      assert.deepEqual(closed, { at: 'closed', why: 'linked' });
    }
  });

  test('looks on while a phone is about to be linked', () => {
    const finishing = step(start(0), told('linking', true), 300);
    assert.equal(finishing.at, 'finishing');
    assert.deepEqual(deed(finishing), { call: 'instance', due: 2300 });
    const again = step(finishing, told('linking', true), 2400);
    assert.equal(deed(again).due, 4400);
    assert.equal(step(again, { is: 'unreachable' }, 4500).tries, 1);
    assert.deepEqual(step(again, told('online', true), 4500), { at: 'closed', why: 'linked' });
    assert.deepEqual(step(again, told('unlinked', false), 4500), start(4500));
    const asleep = step(again, { is: 'left' }, 4500);
    assert.deepEqual(step(asleep, { is: 'returned' }, 9000), start(9000));
  });

  test('has an attempt tell why keys are of no use', () => {
    for (const name of ['failed', 'suspended', 'banned']) {
      assert.equal(standing(told(name, true).instance), 'open', name);
    }
    for (const name of ['online', 'offline', 'connecting', 'stopped']) {
      assert.equal(standing(told(name, true).instance), 'linked', name);
    }
    assert.equal(standing(told('pending', null).instance), 'open');
  });
});

describe('an absence', () => {
  const before = { wall: 5000, steady: 100 };
  const looks = (wall, steady) => wasAway(before, { wall: 5000 + wall, steady: 100 + steady });

  test('is none while both clocks run and timers are only held back', () => {
    assert.equal(looks(1000, 1000), false);
    assert.equal(looks(60_500, 60_500), false);
    assert.equal(looks(1500, 1000), false);
  });

  test('is seen by a long silence, and by a clock that stood still', () => {
    assert.equal(looks(121_000, 121_000), true);
    assert.equal(looks(30_000, 900), true);
  });

  test('is none when somebody turns the clock back', () => {
    assert.equal(looks(-3_600_000, 1000), false);
  });
});

describe('a page that slept unnoticed', () => {
  test('asks at once, and shows nothing of before until then', () => {
    const awake = step(FOLLOWING, { is: 'awoke' }, 900_000);
    assert.deepEqual(deed(awake), { call: 'look', id: ID, after: 1, wait: 0, due: 900_000 });
    assert.equal(awake.back, true);
  });

  test('takes the times that it is told then, for its clock may have stood still', () => {
    const awake = step(FOLLOWING, { is: 'awoke' }, 200);
    const told = step(awake, answered(qrCode(1, 2000)), 300);
    assert.equal(told.seen.at, 300);
    assert.equal(told.seen.attempt.qr_code.expires_in_ms, 2000);
    assert.equal(told.back, false);
  });

  test('asks again when a call should have ended long ago', () => {
    assert.equal(step(FOLLOWING, { is: 'returned' }, 40_000), FOLLOWING);
    const again = step(FOLLOWING, { is: 'returned' }, 40_200);
    assert.deepEqual(deed(again), { call: 'look', id: ID, after: 1, wait: 0, due: 40_200 });
  });

  test('is left as it is when nothing goes on', () => {
    assert.equal(step(ASKING, { is: 'awoke' }, 900_000), ASKING);
  });
});

test('who calls too often slows down and does not bother a person', () => {
  const slower = step(FOLLOWING, refused(429, { retryAfterMs: 2000 }), 300);
  assert.equal(slower.at, 'following');
  assert.equal(deed(slower).due, 2300);
  assert.equal(deed(step(start(0), refused(429, { retryAfterMs: 0 }), 300)).due, 1300);
});

test('answers that come when nobody waits for them change nothing', () => {
  const late = [answered(qrCode(7)), refused(401), { is: 'unreachable' }, submitted('1555'), { is: '?' }];
  for (const event of late) {
    const closed = { at: 'closed', why: 'pass' };
    assert.equal(step(closed, event, 1), closed);
    if (event.is !== 'submitted') assert.equal(step(ASKING, event, 1), ASKING);
  }
});

describe('a passkey', () => {
  const CHALLENGED = step(FOLLOWING, answered(challenge(2)), 500);
  const COMPARING = step(FOLLOWING, answered(confirmation(4)), 500);
  const ASSERTION = { id: 'aWQ', response: {} };
  const brought = (text = JSON.stringify(ASSERTION)) => ({ is: 'brought', text });
  const giving = step(CHALLENGED, brought(), 600);

  test('is given once, and then the attempt is followed again', () => {
    const wanted = { call: 'answer', assertion: ASSERTION, id: ID, due: 600 };
    assert.deepEqual(deed(giving), wanted);
    assert.equal(step(giving, brought(), 610), giving, 'not while it is given');
    const taken = step(giving, answered(challenge(3, 300_000, null)), 700);
    assert.deepEqual(deed(taken), { call: 'look', id: ID, after: 3, wait: 25, due: 700 });
    assert.equal(step(taken, brought(), 710), taken, 'not when it was given');
  });

  test('is confirmed once, by a person', () => {
    const confirming = step(COMPARING, pressed('confirm'), 600);
    assert.deepEqual(deed(confirming), { call: 'confirm', id: ID, due: 600 });
    assert.equal(step(confirming, pressed('confirm'), 610), confirming);
    const done = step(confirming, answered(confirmation(5, 'confirmed')), 700);
    assert.equal(deed(done).call, 'look');
    for (const state of [FOLLOWING, CHALLENGED, done]) {
      assert.equal(step(state, pressed('confirm'), 710), state);
    }
  });

  test('whose answer is none is asked for again', () => {
    const texts = [['', 'passkey_missing'], ['copy', 'passkey_other'], ['[1]', 'passkey_other']];
    for (const [text, complaint] of [...texts, [`"${'c'.repeat(20_000)}"`, 'passkey_other']]) {
      const state = step(CHALLENGED, brought(text), 600);
      assert.deepEqual([state.complaint, deed(state).call], [complaint, 'look']);
      const later = step(state, answered(challenge(2)), 700);
      assert.equal(later.complaint, complaint, 'a poll that brings nothing new does not clear it');
    }
    const told = step(giving, refused(400, { detail: 'no' }), 700);
    assert.deepEqual([told.complaint, deed(told).call, deed(told).due], ['no', 'look', 700]);
  });

  test('is not given a second time by the page', () => {
    for (const event of [{ is: 'unreachable' }, refused(409), refused(400, { detail: 'no' })]) {
      assert.equal(deed(step(giving, event, 700)).call, 'look', event.is);
    }
    const lost = step(giving, { is: 'unreachable' }, 700);
    assert.deepEqual([lost.complaint, deed(lost).due], ['passkey_unsent', 1700]);
  });

  test('goes on in another window for as long as the gateway waits', () => {
    for (const state of [CHALLENGED, COMPARING]) {
      assert.equal(step(state, { is: 'left' }, 700), state);
      assert.equal(step(state, { is: 'awoke' }, 700).at, 'following');
    }
    assert.equal(step(FOLLOWING, { is: 'left' }, 700).at, 'asleep', 'a code does not');
  });

  test('can be left for a new code', () => {
    const wish = { method: 'qr', fresh: true };
    assert.deepEqual(deed(step(CHALLENGED, pressed('fresh'), 600)).wish, wish);
  });
});
