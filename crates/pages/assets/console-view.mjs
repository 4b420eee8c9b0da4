// What the console says of an instance, without a document.

/// By the state's name: the tone, what it is called, what to do next, and what can be done.
const STATES = {
  pending: ['wait', 'Starting', 'It starts in a moment.', []],
  unlinked: ['wait', 'Not linked', 'Link a phone to it, or send somebody a link.', ['link', 'send']],
  connecting: ['wait', 'Connecting', 'It talks to WhatsApp. This should last seconds.', []],
  linking: ['wait', 'Linking', 'A code is out. Scan it with the phone.', ['link', 'send']],
  online: ['done', 'Online', 'Nothing is left to do.', ['logout']],
  offline: ['wait', 'Offline', 'It is linked, and tries to connect again by itself.', ['logout']],
  stopped: ['wait', 'Stopped', 'It rests until it is started.', ['start']],
  suspended: ['stop', 'Suspended', 'WhatsApp banned the account for a time. It tries again afterwards.', []],
  banned: ['stop', 'Banned', 'WhatsApp banned the account. Log out to link another one.', ['logout']],
  failed: ['stop', 'Failed', 'It tries no more. Log out, and link it again.', ['logout', 'link']],
};

const UNKNOWN = ['wait', 'Unknown', 'This console does not know the state.', []];

/// What the link page does better, and only once.
const PASSKEY = 'WhatsApp asks for a passkey. Close this and choose "Send a link": that page says how.';
const COMPARE = 'Compare the codes on that page and on the phone, and confirm there.';

/// How an instance is shown.
export function card({ id, number, name, state, whatsapp }) {
  const [tone, word, next, deeds] = STATES[state.name] ?? UNKNOWN;
  // A connection in the making may be that of an account or that of a code.
  const link = state.name === 'connecting' && !state.linked ? ['link', 'send'] : [];
  return {
    id,
    title: name || `Instance ${number}`,
    number: `Number ${number}`,
    account: whatsapp ? `Linked to +${whatsapp.phone}` : '',
    tone,
    state: word,
    next: [sentence(state.reason), next].filter(Boolean).join(' '),
    deeds: [...deeds, ...link],
  };
}

/// What the console says of a linking attempt: its words, the picture's version or nothing, and whether
/// it is over.
export function attempt({ step, version, reason, whatsapp }) {
  switch (step) {
    case 'qr_code':
      return { text: 'Scan this code with the phone. It renews itself.', version, over: false };
    case 'linked':
      return { text: `Linked to +${whatsapp.phone}.`, version: null, over: true };
    case 'failed':
      return { text: `Not linked. ${sentence(reason) ?? ''}`.trim(), version: null, over: true };
    case 'finishing':
      return { text: 'The phone has accepted. Keep WhatsApp open on it.', version: null, over: false };
    case 'passkey_challenge':
      return { text: PASSKEY, version: null, over: false };
    case 'passkey_confirmation':
      return { text: COMPARE, version: null, over: false };
    case 'waiting':
      return { text: sentence(reason) ?? 'The next code has to wait.', version: null, over: false };
    default:
      return { text: 'Getting a code from WhatsApp.', version: null, over: false };
  }
}

/// What to say of a call that came to nothing.
export function trouble({ status, detail }) {
  if (status === 401) return 'The session has ended. Sign in again.';
  if (status === 429) return 'Too many requests. Wait a moment and try again.';
  if (status === 0) return 'The gateway does not answer. This page keeps trying.';
  return sentence(detail) ?? 'The gateway could not do it. Its log tells more.';
}

/// The gateway's words are fragments of a sentence.
function sentence(words) {
  if (!words) return null;
  const ended = /[.!?]$/.test(words) ? words : `${words}.`;
  return ended[0].toUpperCase() + ended.slice(1);
}
