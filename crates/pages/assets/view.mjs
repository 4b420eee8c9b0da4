// What a state looks like, in words and numbers and without a document. The page paints what this
// says; nothing here knows how.
//
// A view is on one of four screens:
//   qr       `picture` (the code's address below the page's, or nothing), `hint` (while there is
//            none), `timer`
//   number   `number`, `error`
//   code     `code` (or nothing), `hint`, `timer`
//   message  `tone` (wait, done, stop), `title`, `text`, `timer`, `buttons`
//
// and has a `notice` (or nothing), a `retryAt` for it, and an `announcement`: what a screen reader says
// when it changes. A timer is `{ label, from, until }`.

const WORDS = {
  finishing: {
    tone: 'wait',
    title: 'Finishing on the phone',
    text: 'The phone has accepted. Keep WhatsApp open on it until this page says that it is linked.',
  },
  pairing_code_typed: {
    tone: 'wait',
    title: 'The phone has typed the code',
    text: 'Waiting for WhatsApp to confirm it. Keep WhatsApp open on the phone.',
  },
  passkey_required: {
    tone: 'stop',
    title: 'WhatsApp asks for a passkey',
    text:
      'WhatsApp wants the passkey of this account before it links another device, and this page ' +
      'cannot give it. Link another account, or try again when WhatsApp no longer asks for it.',
    buttons: ['again'],
  },
  asleep: {
    tone: 'wait',
    title: 'Paused',
    text: 'This page was in the background for a while. It goes on as soon as you look at it.',
  },
  pass: {
    tone: 'stop',
    title: 'This page has expired',
    text:
      'It works for an hour in the browser that opened it, and not after a restart of the gateway. ' +
      'What is linked stays linked. To link an account, ask for a new link where you got this one.',
  },
  gone: {
    tone: 'stop',
    title: 'There is nothing to link any more',
    text: 'What this page was for was removed, or is not running. Ask whoever sent you the link.',
  },
  linked: {
    tone: 'done',
    title: 'Linked already',
    text: 'A WhatsApp account is linked, and nothing is left to do. You can close this page.',
  },
  fault: {
    tone: 'stop',
    title: 'Something went wrong',
    text: 'The gateway gave an answer that this page does not understand. Its log tells more.',
    buttons: ['again'],
  },
};

const FAILURES = {
  not_watched: 'Nobody looked at the code any more.',
  code_expired: 'The code was not typed in time.',
  wrong_code: 'Another code was typed on the phone than the one shown here.',
  code_lost: 'The code is no longer valid. A newer one may have been asked for.',
  given_up: 'It was given up elsewhere.',
};

const LOOKING = 'Catching up';

const UNREACHABLE = 'The gateway does not answer.';

/// `ticket` is the last part of the page's own address: all calls stand below it.
export function view(state, ticket) {
  const shown = screen(state, ticket);
  return { notice: null, retryAt: null, ...shown, ...trouble(state, shown) };
}

/// A single failed call is not worth a word: the next one is a second away.
function trouble({ tries = 0, due }, { hint, code }) {
  if (tries < 2) return {};
  const announcement = `${UNREACHABLE} This page keeps trying.`;
  const told = { notice: `${UNREACHABLE} `, retryAt: due, announcement };
  // In the place of a code: nothing is on its way. A code that is there says for itself how it ends.
  return hint && !code ? { ...told, hint: 'No code while the gateway does not answer' } : told;
}

function screen(state, ticket) {
  switch (state.at) {
    case 'beginning':
      return state.wish.method === 'qr' ? noCode('Asking for a code') : noPairingCode();
    case 'following':
      return attempted(state, ticket);
    case 'asking':
      return { screen: 'number', ...asking(state) };
    case 'over':
      return state.seen.attempt.step === 'linked' ? linked(state.seen.attempt) : failed(state);
    case 'finishing':
      return message(WORDS.finishing);
    case 'limited':
      return limited(state);
    case 'asleep':
      return message(WORDS.asleep);
    default:
      return closed(state);
  }
}

function attempted({ wish, seen, back }, ticket) {
  const { attempt, at } = seen;
  // After an absence the code of before may be worth nothing.
  if (back) return wish.method === 'qr' ? noCode(LOOKING) : noPairingCode(LOOKING);
  switch (attempt.step) {
    case 'qr_code':
    case 'pairing_code':
      return wish.method === 'qr' ? qrCode(attempt, at, ticket) : pairingCode(attempt, at);
    case 'waiting':
      return waiting(wish, attempt, at);
    case 'pairing_code_typed':
    case 'passkey_required':
    case 'finishing':
      return message(WORDS[attempt.step]);
    default:
      return wish.method === 'qr' ? noCode('Getting a code from WhatsApp') : noPairingCode();
  }
}

function qrCode(attempt, at, ticket) {
  // The code for scanning may end before the one for typing that another page asked for.
  if (!attempt.qr_code) return noCode('Getting a new code');
  const { expires_in_ms: left, issued_at: from, expires_at: to } = attempt.qr_code;
  return {
    screen: 'qr',
    picture: `${ticket}/linking-attempts/${attempt.id}/qr.png?v=${attempt.version}`,
    hint: 'Getting a new code',
    timer: timer('New code in', at, left, from, to),
    announcement: 'A QR code is shown. Scan it with the phone. It renews itself.',
  };
}

function noCode(hint) {
  return { screen: 'qr', picture: null, hint, timer: null, announcement: `${hint}.` };
}

function pairingCode(attempt, at) {
  if (!attempt.pairing_code) return noPairingCode();
  const { code, expires_in_ms: left, issued_at: from, expires_at: to } = attempt.pairing_code;
  return {
    screen: 'code',
    code,
    hint: 'This code has expired',
    timer: timer('Valid for', at, left, from, to),
    announcement: `Type this code on the phone: ${spelt(code)}.`,
  };
}

function noPairingCode(hint = 'Asking WhatsApp for a code') {
  return { screen: 'code', code: null, hint, timer: null, announcement: `${hint}.` };
}

/// From when a code was issued to when it ends. Only the time left is measured by this page's clock;
/// the gateway's own times tell how long the whole is.
function timer(label, at, leftMs, from, to) {
  const wholeMs = Date.parse(to) - Date.parse(from);
  const until = at + leftMs;
  return { label, from: until - Math.max(leftMs, wholeMs || 0), until };
}

function waiting(wish, { reason, not_before_in_ms: left }, at) {
  const timer = left === null ? null : { label: 'Next code in', from: at, until: at + left };
  const why = sentence(reason) ?? 'There is no code yet.';
  const text = `${why} The next one comes by itself.`;
  const buttons = wish.method === 'qr' ? ['fresh', 'number'] : ['qr'];
  return message({ tone: 'wait', title: 'The next code has to wait', text, buttons }, timer);
}

function asking({ number, error }) {
  const announcement = error ? '' : 'Type the number of the phone.';
  return { number, error: sentence(error), announcement };
}

function linked({ whatsapp }) {
  const ending = whatsapp?.phone_ends_with;
  const whose = ending ? `The account whose number ends in ${ending} is linked.` : 'It is linked.';
  const text = `${whose} You can close this page.`;
  return message({ tone: 'done', title: 'Linked', text });
}

function failed({ wish, seen }) {
  const { failure, reason } = seen.attempt;
  const text = FAILURES[failure] ?? sentence(reason) ?? 'WhatsApp gave no reason.';
  const buttons = wish.method === 'qr' ? ['again', 'number'] : ['another', 'number', 'qr'];
  return message({ tone: 'stop', title: 'Not linked', text, buttons });
}

function limited({ wish, until }) {
  const timer = { label: 'New codes in', from: null, until };
  const text = 'Too many new codes were asked for. A QR code that is there can still be shown.';
  const buttons = wish.method === 'qr' ? ['qr'] : ['number', 'qr'];
  return message({ tone: 'wait', title: 'Too many codes', text, buttons }, timer);
}

function closed({ why, detail }) {
  const text = detail ? `The gateway refused: ${detail}.` : WORDS[why].text;
  return message({ ...WORDS[why], text });
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
