// The course of a link, as pure rules: a state and an event make the next state. What a state asks
// for is `deed(state)`; whoever performs it (link.mjs) reports back with an event. Times are
// milliseconds of the page's own clock, which no change of the computer's time moves.
//
// States, by `at`:
//   beginning  an attempt is asked for: `wish`, and the call's `tries` and time `due`
//   following  an attempt goes on: `wish`, `seen` (the attempt and when it was told), `tries`, `due`
//   asking     a person types a number: `number`, `error` (nothing, or why it was refused)
//   over       an attempt has ended: `wish`, `seen`
//   limited    too many codes were asked for: `wish`, `until`
//   asleep     nobody looks: `wish`, `seen` (perhaps nothing)
//   closed     nothing more can be done here: `why`, and the gateway's words (`detail`) if need be
//
// A wish is `{ method: 'qr', fresh }` or `{ method: 'code', phone }`.

/// How long a call waits for news, in seconds. Proxies end what is silent for a minute.
export const WAIT_S = 25;

/// The first pause after a call that failed; each further one is twice as long, up to the last.
const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 15_000;

/// The least time between two calls that brought nothing new, should they not wait.
const BREATH_MS = 1000;

/// After too many codes, when the gateway does not say how long.
const LIMITED_MS = 60_000;

/// Whoever calls too often is told to wait a second or two; that is nothing to bother a person with.
const LIMITED_MS_UNTOLD = 5000;

const QR = { method: 'qr', fresh: false };

export function start(now) {
  return beginning(QR, now);
}

/// What a state asks for: a call, and when; or nothing.
export function deed(state) {
  switch (state.at) {
    case 'beginning':
      return { call: 'begin', wish: state.wish, due: state.due };
    case 'following': {
      const { id, version } = state.seen.attempt;
      // The first call after an absence does not wait: what is on the page may be old.
      return { call: 'look', id, after: version, wait: state.back ? 0 : WAIT_S, due: state.due };
    }
    default:
      return null;
  }
}

/// The next state; the same object when an event changes nothing.
export function step(state, event, now) {
  switch (event.is) {
    case 'answered':
      return answered(state, event.attempt, now);
    case 'refused':
      return refused(state, event, now);
    case 'unreachable':
      return unreachable(state, event.pauseMs ?? 0, now);
    case 'left':
      return left(state);
    case 'returned':
      return returned(state, now);
    case 'pressed':
      return pressed(state, event.button, now);
    case 'submitted':
      return submitted(state, event.number, now);
    default:
      return state;
  }
}

function beginning(wish, now) {
  return { at: 'beginning', wish, tries: 0, due: now };
}

function following(wish, attempt, now, due = now) {
  return { at: 'following', wish, seen: { attempt, at: now }, tries: 0, due, back: false };
}

function answered(state, attempt, now) {
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  // A new code was asked for once; whatever comes next only joins it.
  const wish = state.wish.method === 'qr' ? QR : state.wish;
  if (attempt.step === 'failed' && wasAbsent(state, attempt)) return beginning(wish, now);
  if (attempt.step === 'failed' || attempt.step === 'linked') {
    return { at: 'over', wish, seen: { attempt, at: now } };
  }
  const isNews = state.at === 'beginning' || state.seen.attempt.version !== attempt.version;
  if (isNews) return following(wish, attempt, now);
  // Its remaining times are as true as those told before; the latter do not make the clock jump.
  const due = Math.max(now, state.due + BREATH_MS);
  return { ...following(wish, attempt, now, due), seen: state.seen };
}

/// Whether an attempt ended because this page was away, and not before somebody's eyes.
function wasAbsent(state, { failure }) {
  return state.at === 'following' && failure === 'not_watched';
}

function refused(state, refusal, now) {
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  const { status, detail, retryAfterMs = LIMITED_MS } = refusal;
  if (status === 401) return { at: 'closed', why: 'pass' };
  if (status === 429 && (state.at === 'following' || retryAfterMs <= LIMITED_MS_UNTOLD)) {
    return { ...state, due: now + Math.min(Math.max(retryAfterMs, BREATH_MS), PAUSE_MS_MAX) };
  }
  if (status === 404 && state.at === 'following') return forgotten(state, now);
  if (state.at === 'beginning') return notBegun(state, refusal, now);
  return { at: 'closed', why: 'fault', detail };
}

function notBegun(state, { status, detail, retryAfterMs = LIMITED_MS, isLinked }, now) {
  const { wish } = state;
  switch (status) {
    case 404:
      return { at: 'closed', why: 'gone' };
    case 409:
      // Otherwise the instance is about to start, or about to go.
      return isLinked ? { at: 'closed', why: 'linked' } : unreachable(state, 0, now);
    case 429:
      return { at: 'limited', wish, until: now + retryAfterMs };
    case 400:
      if (wish.method === 'code') return { at: 'asking', number: wish.phone, error: detail };
      return { at: 'closed', why: 'fault', detail };
    default:
      return { at: 'closed', why: 'fault', detail };
  }
}

/// The gateway does not know the attempt any more: it ended long ago, or the gateway began anew.
function forgotten({ wish, seen }, now) {
  if (wish.method === 'qr') return beginning(wish, now);
  const attempt = { ...seen.attempt, step: 'failed', failure: 'code_lost', reason: null };
  return { at: 'over', wish, seen: { attempt, at: now } };
}

function unreachable(state, pauseMs, now) {
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  const doubled = PAUSE_MS * 2 ** Math.min(state.tries, 10);
  const pause = Math.min(Math.max(doubled, pauseMs), PAUSE_MS_MAX);
  // The lost answer may have been to a call that was heard; a second new code helps nobody.
  const wish = state.wish.method === 'qr' ? QR : state.wish;
  return { ...state, wish, tries: state.tries + 1, due: now + pause };
}

/// Nobody has looked for a while. A call under way is dropped, and the attempt ends by itself.
function left(state) {
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  return { at: 'asleep', wish: state.wish, seen: state.seen ?? null };
}

/// Somebody looks again, or there is a network again.
function returned(state, now) {
  if (state.at === 'asleep') {
    if (state.seen === null) return beginning(state.wish, now);
    const { attempt, at } = state.seen;
    return { ...following(state.wish, attempt, at, now), back: true };
  }
  const isPausing = (state.at === 'beginning' || state.at === 'following') && state.due > now;
  return isPausing ? { ...state, due: now } : state;
}

function pressed(state, button, now) {
  switch (button) {
    case 'again':
      if (state.wish?.method === 'code' && state.at === 'over') return beginning(state.wish, now);
      return beginning(QR, now);
    case 'fresh':
      return beginning({ method: 'qr', fresh: true }, now);
    case 'qr':
      return beginning(QR, now);
    case 'number':
      return { at: 'asking', number: state.wish?.phone ?? '', error: null };
    default:
      return state;
  }
}

function submitted(state, typed, now) {
  if (state.at !== 'asking') return state;
  const phone = digits(typed);
  const error = complaint(typed, phone);
  if (error !== null) return { at: 'asking', number: typed, error };
  return beginning({ method: 'code', phone }, now);
}

/// A number as people write it, without what they put between its digits.
function digits(typed) {
  return typed.replace(/[^0-9]/g, '').replace(/^00/, '');
}

function complaint(typed, phone) {
  if (/[^0-9+()./\s\u00a0\u202f\u2010-\u2015-]/.test(typed)) {
    return 'A phone number has digits only.';
  }
  if (phone === '') return 'Type the number of the phone.';
  if (phone.startsWith('0')) return 'Begin with the country code instead of 0.';
  // E.164 has 15 digits at most; no country has numbers of less than 7 with its code.
  if (phone.length < 7) return 'This number is too short. Begin with the country code.';
  if (phone.length > 15) return 'This number is too long.';
  return null;
}
