// Linking attempts as the gateway tells them to the page.

export const ID = '0198c0de-0000-7000-8000-000000000001';

const BEGUN = '2026-03-01T10:20:30.000Z';

export function attempt(step, more = {}) {
  return {
    id: ID,
    method: 'qr',
    begun_at: BEGUN,
    version: 1,
    step,
    qr_code: null,
    pairing_code: null,
    passkey_challenge: null,
    passkey_confirmation: null,
    not_before: null,
    not_before_in_ms: null,
    failure: null,
    reason: null,
    whatsapp: null,
    ...more,
  };
}

/// A code that was issued `validForMs - leftMs` ago.
export function code(leftMs, validForMs, more = {}) {
  const expires = Date.parse(BEGUN) + validForMs;
  return {
    issued_at: BEGUN,
    expires_at: new Date(expires).toISOString(),
    expires_in_ms: leftMs,
    ...more,
  };
}

export function qrCode(version, leftMs = 60_000, validForMs = 60_000) {
  return attempt('qr_code', { version, qr_code: code(leftMs, validForMs, { round: version }) });
}

export function pairingCode(version, leftMs = 160_000, text = 'ABCD1234') {
  const pairing_code = code(leftMs, 160_000, { code: text });
  return attempt('pairing_code', { method: 'code', version, pairing_code });
}

/// What WhatsApp wants a passkey to answer.
export const OPTIONS = {
  challenge: 'Y2hhbGxlbmdl',
  timeout: 600_000,
  rpId: 'whatsapp.com',
  allowCredentials: [{ id: 'aWRlbnRpdHk', type: 'public-key' }],
  userVerification: 'required',
};

export function challenge(version, leftMs = 580_000, options = OPTIONS) {
  const stage = options === null ? 'assertion_taken' : 'options_given';
  const { expires_at, expires_in_ms } = code(leftMs, 600_000);
  const passkey_challenge = { stage, options, expires_at, expires_in_ms };
  return attempt('passkey_challenge', { version, passkey_challenge });
}

export function confirmation(version, stage = 'code_shown', leftMs = 280_000) {
  const { expires_at, expires_in_ms } = code(leftMs, 300_000);
  const passkey_confirmation = { stage, code: 'ABCD-1234', expires_at, expires_in_ms };
  return attempt('passkey_confirmation', { version, passkey_confirmation });
}

export function failed(failure, more = {}) {
  return attempt('failed', { version: 9, failure, ...more });
}
