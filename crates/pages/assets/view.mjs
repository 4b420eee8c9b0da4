// What a state looks like, in words and numbers and without a document. The page paints what this
// says; nothing here knows how. The words themselves are in words.*.mjs, one file for each language.
//
// A view is on one of four screens:
//   qr       `picture` (the code's address below the page's, or nothing), `hint` (while there is
//            none), `timer`
//   number   `number`, `error`
//   code     `code` (or nothing), `hint`, `timer`
//   passkey  `script`, `error` (or nothing), `timer`
//   compare  `code`, `timer`
//   message  `tone` (wait, done, stop), `title`, `text`, `timer`, `buttons`
//
// and has a `notice` (or nothing), a `retryAt` for it, and an `announcement`: what a screen reader says
// when it changes. A timer is `{ label, from, until }`.

import { passkeyStage } from './course.mjs';
import { script } from './passkey.mjs';

/// The messages that need nothing but their words.
const MESSAGES = {
  finishing: { tone: 'wait', words: 'finishing' },
  pairing_code_typed: { tone: 'wait', words: 'typed' },
  assertion_taken: { tone: 'wait', words: 'passkey_taken' },
  confirmed: { tone: 'wait', words: 'passkey_confirmed' },
  asleep: { tone: 'wait', words: 'asleep' },
  pass: { tone: 'stop', words: 'over' },
  gone: { tone: 'stop', words: 'gone' },
  linked: { tone: 'done', words: 'linked_before' },
  fault: { tone: 'stop', words: 'fault', buttons: ['again'] },
};

const FAILURES = [
  'not_watched',
  'code_expired',
  'wrong_code',
  'wrong_phone',
  'code_lost',
  'given_up',
  'passkey_unavailable',
  'passkey_not_given',
  'passkey_refused',
  'passkey_no_code',
  'passkey_not_confirmed',
  'passkey_code_refused',
  'passkey_phone_silent',
  'passkey_unanswered',
  'passkey_lost',
];

/// `ticket` is the last part of the page's own address: all calls stand below it.
export function view(state, ticket, words) {
  const shown = screen(state, ticket, words);
  return { notice: null, retryAt: null, ...shown, ...trouble(state, shown, words) };
}

/// A single failed call is not worth a word: the next one is a second away.
function trouble({ tries = 0, due }, { hint, code }, words) {
  if (tries < 2) return {};
  const announcement = `${words.unreachable} ${words.keeps_trying}`;
  const told = { notice: `${words.unreachable} `, retryAt: due, announcement };
  // In the place of a code: nothing is on its way. A code that is there says for itself how it ends.
  return hint && !code ? { ...told, hint: words.no_code } : told;
}

function screen(state, ticket, words) {
  switch (state.at) {
    case 'beginning':
      return state.wish.method === 'qr' ? noCode(words.asking) : noPairingCode(words.asking_pairing);
    case 'following':
      return attempted(state, ticket, words);
    case 'asking':
      return { screen: 'number', ...asking(state, words) };
    case 'over':
      return state.seen.attempt.step === 'linked'
        ? linked(state.seen.attempt, words)
        : failed(state, words);
    case 'finishing':
      return told('finishing', words);
    case 'limited':
      return limited(state, words);
    case 'asleep':
      return told('asleep', words);
    default:
      return closed(state, words);
  }
}

function attempted(state, ticket, words) {
  const { wish, seen, back } = state;
  const { attempt, at } = seen;
  const none = wish.method === 'qr' ? noCode : noPairingCode;
  // After an absence the code of before may be worth nothing.
  if (back) return none(words.catching_up);
  switch (attempt.step) {
    case 'qr_code':
    case 'pairing_code':
      return wish.method === 'qr'
        ? qrCode(attempt, at, ticket, words)
        : pairingCode(attempt, at, words);
    case 'waiting':
      return waiting(wish, attempt, at, words);
    case 'pairing_code_typed':
    case 'finishing':
      return told(attempt.step, words);
    case 'passkey_challenge':
    case 'passkey_confirmation':
      return passkey(state, words);
    default:
      return none(wish.method === 'qr' ? words.getting : words.asking_pairing);
  }
}

/// What was given or confirmed is shown as such before the gateway has said so.
function passkey(state, words) {
  const stage = passkeyStage(state);
  if (state.deed) return told(stage === 'code_shown' ? 'confirmed' : 'assertion_taken', words);
  if (stage === 'options_given') return challenged(state, words);
  return stage === 'code_shown' ? comparing(state, words) : told(stage, words);
}

function challenged({ seen, complaint }, words) {
  const { options, expires_in_ms: left } = seen.attempt.passkey_challenge;
  const { passkey_title: title, passkey: text } = words;
  const error = complaint && (words[complaint] ?? sentence(complaint));
  return {
    screen: 'passkey',
    title,
    script: script(options, words.passkey_use),
    error,
    timer: { label: words.passkey_time, from: null, until: seen.at + left },
    announcement: error ? '' : `${title}. ${text}`,
  };
}

function comparing({ seen }, words) {
  const { code, expires_in_ms: left } = seen.attempt.passkey_confirmation;
  return {
    screen: 'compare',
    title: words.compare_title,
    code,
    timer: { label: words.valid_for, from: null, until: seen.at + left },
    announcement: `${words.compare_title}: ${spelt(code.replace('-', ''))}.`,
  };
}

function qrCode(attempt, at, ticket, words) {
  // The code for scanning may end before the one for typing that another page asked for.
  if (!attempt.qr_code) return noCode(words.getting_new);
  const { expires_in_ms: left, issued_at: from, expires_at: to } = attempt.qr_code;
  return {
    screen: 'qr',
    picture: `${ticket}/linking-attempts/${attempt.id}/qr.png?v=${attempt.version}`,
    hint: words.getting_new,
    timer: timer(words.new_code_in, at, left, from, to),
    announcement: words.says_qr,
  };
}

function noCode(hint) {
  return { screen: 'qr', picture: null, hint, timer: null, announcement: `${hint}.` };
}

function pairingCode(attempt, at, words) {
  if (!attempt.pairing_code) return noPairingCode(words.asking_pairing);
  const { code, expires_in_ms: left, issued_at: from, expires_at: to } = attempt.pairing_code;
  return {
    screen: 'code',
    code,
    hint: words.code_over,
    timer: timer(words.valid_for, at, left, from, to),
    announcement: `${words.says_code} ${spelt(code)}.`,
  };
}

function noPairingCode(hint) {
  return { screen: 'code', code: null, hint, timer: null, announcement: `${hint}.` };
}

/// From when a code was issued to when it ends. Only the time left is measured by this page's clock;
/// the gateway's own times tell how long the whole is.
function timer(label, at, leftMs, from, to) {
  const wholeMs = Date.parse(to) - Date.parse(from);
  const until = at + leftMs;
  return { label, from: until - Math.max(leftMs, wholeMs || 0), until };
}

function waiting(wish, { reason, not_before_in_ms: left }, at, words) {
  const timer = left === null ? null : { label: words.next_code_in, from: at, until: at + left };
  const text = `${sentence(reason) ?? words.waiting} ${words.comes_by_itself}`;
  const buttons = wish.method === 'qr' ? ['fresh', 'number'] : ['qr'];
  return message({ tone: 'wait', title: words.waiting_title, text, buttons }, timer);
}

/// What is wrong with a number is a word of ours, or what the gateway said of it.
function asking({ number, error }, words) {
  const announcement = error ? '' : words.says_number;
  return { number, error: error === null ? null : (words[error] ?? sentence(error)), announcement };
}

function linked({ whatsapp }, words) {
  const ending = whatsapp?.phone_ends_with;
  const whose = ending ? words.linked_ending.replace('{digits}', ending) : words.linked;
  const text = `${whose} ${words.linked_end}`;
  return message({ tone: 'done', title: words.linked_title, text });
}

function failed({ wish, seen }, words) {
  const { failure, reason } = seen.attempt;
  const text = FAILURES.includes(failure) ? words[failure] : (sentence(reason) ?? words.failed);
  const buttons = wish.method === 'qr' ? ['again', 'number'] : ['another', 'number', 'qr'];
  return message({ tone: 'stop', title: words.failed_title, text, buttons });
}

function limited({ wish, until }, words) {
  const timer = { label: words.new_codes_in, from: null, until };
  const buttons = wish.method === 'qr' ? ['qr'] : ['number', 'qr'];
  const { limited_title: title, limited: text } = words;
  return message({ tone: 'wait', title, text, buttons }, timer);
}

function closed({ why, detail }, words) {
  const view = told(why, words);
  if (!detail) return view;
  return message({ ...view, text: `${words.refused} ${detail}.` });
}

/// One of the messages that need nothing but their words.
function told(name, words) {
  const { tone, words: key, buttons } = MESSAGES[name];
  return message({ tone, title: words[`${key}_title`], text: words[key], buttons });
}

function message({ tone, title, text, buttons = [] }, timer = null) {
  const announcement = `${title}. ${text}`;
  return { screen: 'message', tone, title, text, buttons, timer, announcement };
}

/// The gateway's words are fragments of a sentence.
function sentence(words) {
  if (!words) return null;
  const ended = /[.!?]$/.test(words) ? words : `${words}.`;
  return ended[0].toUpperCase() + ended.slice(1);
}

/// As phones show it, and the terminal.
export function dashed(code) {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/// As a screen reader should say it, and not as a word.
export function spelt(code) {
  return [code.slice(0, 4), code.slice(4)].map((half) => [...half].join(' ')).join(', ');
}
