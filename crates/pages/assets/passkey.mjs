// What a person takes to WhatsApp's own page and brings back from it. Only a page of whatsapp.com may ask
// for the account's passkey, so no call of ours could: a script does it there, which shows a button (a
// browser asks for a passkey when a person has pressed something), and then the answer.

/// The longest answer that the gateway takes, in characters.
const ANSWER_MAX = 16 * 1024;

/// The script for these options; `label` is the word on its button. JSON is JavaScript, so what the
/// gateway tells cannot break out of its place.
export function script(options, label) {
  return `(() => {
  const options = ${JSON.stringify(options)};
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes)))
      .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  options.challenge = bytes(options.challenge);
  for (const one of options.allowCredentials ?? []) one.id = bytes(one.id);
  const button = document.createElement('button');
  button.textContent = ${JSON.stringify(label)};
  button.style.cssText =
    'position:fixed;inset:25% 15%;z-index:2147483647;font:2rem sans-serif;color:#000;background:#fff';
  button.onclick = async () => {
    try {
      const key = await navigator.credentials.get({ publicKey: options });
      const { clientDataJSON, authenticatorData, signature, userHandle } = key.response;
      const answer = JSON.stringify({
        id: key.id,
        rawId: text(key.rawId),
        type: key.type,
        authenticatorAttachment: key.authenticatorAttachment,
        clientExtensionResults: key.getClientExtensionResults(),
        response: {
          clientDataJSON: text(clientDataJSON),
          authenticatorData: text(authenticatorData),
          signature: text(signature),
          userHandle: userHandle ? text(userHandle) : null,
        },
      });
      const area = document.createElement('textarea');
      area.value = answer;
      area.readOnly = true;
      area.style.cssText = button.style.cssText;
      button.replaceWith(area);
      area.select();
      await navigator.clipboard.writeText(answer);
    } catch (error) {
      console.warn(error);
      button.textContent = String(error);
    }
  };
  document.body.append(button);
})();`;
}

/// What was brought back: `{ assertion }`, or `{ complaint }` by the name that words.*.mjs have for it.
export function read(text) {
  const typed = text.trim();
  if (typed === '') return { complaint: 'passkey_missing' };
  if (typed.length > ANSWER_MAX) return { complaint: 'passkey_other' };
  try {
    const assertion = JSON.parse(typed);
    const isObject = typeof assertion === 'object' && assertion !== null && !Array.isArray(assertion);
    return isObject && 'response' in assertion ? { assertion } : { complaint: 'passkey_other' };
  } catch {
    return { complaint: 'passkey_other' };
  }
}
