// The rules of the page, without a browser.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deed, start, step } from '../../../crates/pages/assets/course.mjs';
import { attempt, failed, ID, pairingCode, qrCode } from './attempts.mjs';

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
