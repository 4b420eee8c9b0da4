// The course of a link, as pure rules: a state and an event make the next state. What a state asks
// for is `deed(state)`; whoever performs it (link.mjs) reports back with an event. Times are
// milliseconds of the page's own clock, which no change of the computer's time moves.
//
// States, by `at`:
//   beginning  an attempt is asked for: `wish`, and the call's `tries` and time `due`
//   following  an attempt goes on: `wish`, `seen` (the attempt and when it was told), `tries`, `due`, and
//              whether the page was away and has heard nothing since (`back`); where WhatsApp wants a
//              passkey, what a person gives or confirms (`deed`), and what is wrong with it (`complaint`)
//   asking     a person types a number: `number`, `error` (nothing, or why it was refused); where the
//              page begins with that, the instance is looked at meanwhile: `arriving`, `tries`, `due`
//   finishing  a phone has accepted before this page came: looked at every other second, `tries`, `due`
//   over       an attempt has ended: `wish`, `seen`
//   limited    too many codes were asked for: `wish`, `until`
//   asleep     nobody looks: `wish`, `seen` (perhaps nothing)
//   closed     nothing more can be done here: `why`, and the gateway's words (`detail`) if need be
//
// A wish is `{ method: 'qr', fresh }` or `{ method: 'code', phone }`.

import { read } from './passkey.mjs';

/// How long a call waits for news, in seconds. Proxies end what is silent for a minute.
export const WAIT_S = 25;

/// A call is not answered any more when it has not been by then.
export const LOST_MS = (WAIT_S + 15) * 1000;

/// The first pause after a call that failed; each further one is twice as long, up to the last.
const PAUSE_MS = 1000;
const PAUSE_MS_MAX = 15_000;

/// The least time between two calls that brought nothing new, should they not wait.
const BREATH_MS = 1000;

/// After too many codes, when the gateway does not say how long.
const LIMITED_MS = 60_000;

/// Whoever calls too often is told to wait a second or two; that is nothing to bother a person with.
const LIMITED_MS_UNTOLD = 5000;

/// Between two looks at an instance that a phone has accepted.
const FINISHING_MS = 2000;

/// States in which an instance may have keys that are of no use.
const TURNED_AWAY = ['failed', 'suspended', 'banned'];

const QR = { method: 'qr', fresh: false };

/// How the page begins. Who holds the phone itself cannot scan its screen, and begins with a number,
/// unless the page offers only one way (`methods`: `qr`, `code` or `both`).
export function arrive(now, isPhone, methods = 'both') {
  if (methods === 'qr' || (methods === 'both' && !isPhone)) return start(now);
  return { at: 'asking', number: '', error: null, arriving: true, tries: 0, due: now };
}

export function start(now) {
  return beginning(QR, now);
}

/// Where an instance stands for whoever wants to link it: `open`, `finishing` or `linked`. To begin an
/// attempt at one that is not open is refused; one that WhatsApp turned away tells by an attempt why.
export function standing({ state }) {
  if (state?.linked !== true || TURNED_AWAY.includes(state.name)) return 'open';
  return state.name === 'linking' ? 'finishing' : 'linked';
}

/// What a state asks for: a call, and when; or nothing. An attempt is begun (`begin`) at an instance
/// that is open; any other is told of instead.
export function deed(state) {
  switch (state.at) {
    case 'beginning':
      return { call: 'begin', wish: state.wish, due: state.due };
    case 'following': {
      const { id, version } = state.seen.attempt;
      if (state.deed) return { ...state.deed, id, due: state.due };
      // The first call after an absence does not wait: what is on the page may be old.
      return { call: 'look', id, after: version, wait: state.back ? 0 : WAIT_S, due: state.due };
    }
    case 'asking':
      return state.arriving ? { call: 'instance', due: state.due } : null;
    case 'finishing':
      return { call: 'instance', due: state.due };
    default:
      return null;
  }
}

/// The next state; the same object when an event changes nothing.
export function step(state, event, now) {
  switch (event.is) {
    case 'answered':
      return answered(state, event.attempt, now);
    case 'told':
      return told(state, event.instance, now);
    case 'refused':
      return refused(state, event, now);
    case 'unreachable':
      return unreachable(state, event.pauseMs ?? 0, now);
    case 'left':
      return left(state);
    case 'returned':
      return returned(state, now);
    case 'awoke':
      // Nobody could tell it when it fell asleep.
      return returned(left(state), now);
    case 'pressed':
      return pressed(state, event.button, now);
    case 'submitted':
      return submitted(state, event.number, now);
    case 'brought':
      return brought(state, event.text, now);
    default:
      return state;
  }
}

function beginning(wish, now) {
  return { at: 'beginning', wish, tries: 0, due: now };
}

function following(wish, attempt, now, due = now) {
  const told = { attempt, at: now };
  return { at: 'following', wish, seen: told, tries: 0, due, back: false, deed: null, complaint: null };
}

function answered(state, attempt, now) {
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  // A new code was asked for once; whatever comes next only joins it.
  const wish = state.wish.method === 'qr' ? QR : state.wish;
  if (attempt.step === 'failed' && wasAbsent(state, attempt)) return beginning(wish, now);
  if (attempt.step === 'failed' || attempt.step === 'linked') {
    return { at: 'over', wish, seen: { attempt, at: now } };
  }
  const isNew = state.at === 'beginning' || state.seen.attempt.version !== attempt.version;
  // While a computer sleeps the page's clock may stand still, so what it measured before is worth
  // nothing after an absence.
  const isNews = isNew || state.back;
  if (isNews) return following(wish, attempt, now);
  // Its remaining times are as true as those told before; the latter do not make the clock jump.
  const due = Math.max(now, state.due + BREATH_MS);
  return { ...following(wish, attempt, now, due), seen: state.seen, complaint: state.complaint };
}

/// How far a passkey has come that WhatsApp wants, when it wants one.
export function passkeyStage({ at, seen }) {
  if (at !== 'following') return null;
  const { step, passkey_challenge: challenge, passkey_confirmation: confirmation } = seen.attempt;
  if (step === 'passkey_challenge') return challenge?.stage ?? null;
  return step === 'passkey_confirmation' ? (confirmation?.stage ?? null) : null;
}

/// A person comes back from WhatsApp's page with this text.
function brought(state, text, now) {
  if (passkeyStage(state) !== 'options_given' || state.deed) return state;
  const { assertion, complaint } = read(text);
  if (complaint) return { ...state, complaint };
  return { ...state, deed: { call: 'answer', assertion }, complaint: null, due: now };
}

/// A person says that the phone shows the same code.
function confirmed(state, now) {
  if (passkeyStage(state) !== 'code_shown' || state.deed) return state;
  return { ...state, deed: { call: 'confirm' }, complaint: null, due: now };
}

/// Whether the instance can be linked, or is linked by now.
function told(state, instance, now) {
  if (!isCalling(state)) return state;
  switch (standing(instance)) {
    case 'linked':
      return { at: 'closed', why: 'linked' };
    case 'finishing':
      return { at: 'finishing', tries: 0, due: now + FINISHING_MS };
    default:
      if (state.at === 'finishing') return start(now);
      return state.at === 'asking' ? typing(state) : state;
  }
}

/// Whether a call is under way or due.
function isCalling(state) {
  return deed(state) !== null;
}

/// A number is typed, and nothing is asked for meanwhile.
function typing({ number, error }) {
  return { at: 'asking', number, error };
}

/// Whether an attempt ended because this page was away, and not before somebody's eyes.
function wasAbsent(state, { failure }) {
  return state.at === 'following' && failure === 'not_watched';
}

function refused(state, refusal, now) {
  if (!isCalling(state)) return state;
  const { status, detail, retryAfterMs = LIMITED_MS } = refusal;
  if (status === 401) return { at: 'closed', why: 'pass' };
  if (status === 404 && state.at !== 'following') return { at: 'closed', why: 'gone' };
  // It was only a look, and it is repeated.
  if (state.at === 'finishing' || state.at === 'asking') return unreachable(state, retryAfterMs, now);
  if (status === 429 && (state.at === 'following' || retryAfterMs <= LIMITED_MS_UNTOLD)) {
    return { ...state, due: now + Math.min(Math.max(retryAfterMs, BREATH_MS), PAUSE_MS_MAX) };
  }
  if (status === 404 && state.at === 'following') return forgotten(state, now);
  // An answer that is none is told; whatever else it is, the attempt itself tells.
  if (state.deed) {
    return { ...state, deed: null, complaint: status === 400 ? detail : null, due: now };
  }
  if (state.at === 'beginning') return notBegun(state, refusal, now);
  return { at: 'closed', why: 'fault', detail };
}

function notBegun(state, { status, detail, retryAfterMs = LIMITED_MS, isLinked }, now) {
  const { wish } = state;
  switch (status) {
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
  if (!isCalling(state)) return state;
  const doubled = PAUSE_MS * 2 ** Math.min(state.tries, 10);
  const pause = Math.min(Math.max(doubled, pauseMs), PAUSE_MS_MAX);
  // The lost answer may have been to a call that was heard; a second new code helps nobody.
  const wish = state.wish?.method === 'qr' ? { wish: QR } : {};
  // Whether a passkey's answer was heard the attempt tells; nothing is given twice by itself.
  const deed = state.deed ? { deed: null, complaint: 'passkey_unsent' } : {};
  return { ...state, ...wish, ...deed, tries: state.tries + 1, due: now + pause };
}

/// Nobody has looked for a while. A call under way is dropped, and the attempt ends by itself.
function left(state) {
  if (state.at === 'finishing') return { at: 'asleep', wish: QR, seen: null };
  if (state.at !== 'beginning' && state.at !== 'following') return state;
  // Whoever uses a passkey does so in another window, for as long as the gateway waits for it.
  if (passkeyStage(state) !== null) return state;
  return { at: 'asleep', wish: state.wish, seen: state.seen ?? null };
}

/// Somebody looks again, or there is a network again.
function returned(state, now) {
  if (state.at === 'asleep') {
    if (state.seen === null) return beginning(state.wish, now);
    const { attempt, at } = state.seen;
    return { ...following(state.wish, attempt, at, now), back: true };
  }
  if (!isCalling(state)) return state;
  if (state.due > now) return { ...state, due: now };
  // A call that should have ended long ago is lost, and nothing is known since.
  const isLost = state.at === 'following' && now - state.due > LOST_MS;
  return isLost ? { ...state, due: now, back: true } : state;
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
    case 'confirm':
      return confirmed(state, now);
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

/// What is wrong with a number, by the name that words.*.mjs have for it.
function complaint(typed, phone) {
  if (/[^0-9+()./\s\u00a0\u202f\u2010-\u2015-]/.test(typed)) {
    return 'number_letters';
  }
  if (phone === '') return 'number_missing';
  if (phone.startsWith('0')) return 'number_zero';
  // E.164 has 15 digits at most; no country has numbers of less than 7 with its code.
  if (phone.length < 7) return 'number_short';
  if (phone.length > 15) return 'number_long';
  return null;
}
