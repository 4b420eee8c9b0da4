// The console's calls. The browser sends its session along by itself; no script ever sees it, or the
// key after it was sent once.

/// Longer than the longest wait of a call.
const LOST_MS = 45_000;

/// A call that came to nothing: the answer's status, or 0 where there was none.
export class Refusal extends Error {
  constructor(status, detail) {
    super(detail ?? `status ${status}`);
    this.status = status;
    this.detail = detail;
  }
}

export const signIn = (key) => call('POST', 'console/session', { key });
export const signOut = () => call('DELETE', 'console/session');

export async function instances() {
  const all = [];
  let cursor = null;
  do {
    const page = await api('GET', `instances?limit=500${cursor ? `&cursor=${cursor}` : ''}`);
    all.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor);
  return all;
}

export const create = (name) => api('POST', 'instances', { name });
export const start = (id) => api('POST', `instances/${id}/start`, {});
export const logOut = (id) => api('POST', `instances/${id}/logout`, {});
export const ticket = (id) => api('POST', `instances/${id}/link-tickets`, { expires_in: 86_400 });
export const link = (id) => api('POST', `instances/${id}/linking-attempts`, { method: 'qr' });

export function look(id, { id: attempt, version }, signal) {
  const path = `instances/${id}/linking-attempts/${attempt}?wait=25&after=${version}`;
  return api('GET', path, undefined, signal);
}

export function picture(id, { id: attempt, version }) {
  return `api/v1/instances/${id}/linking-attempts/${attempt}/qr.png?v=${version}`;
}

function api(verb, path, body, signal) {
  return call(verb, `api/v1/${path}`, body, signal);
}

async function call(method, path, body, signal) {
  const late = AbortSignal.timeout(LOST_MS);
  const options = { method, cache: 'no-store', signal: signal ? AbortSignal.any([signal, late]) : late };
  if (body !== undefined) {
    options.headers = { 'content-type': 'application/json' };
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options).catch((error) => {
    throw signal?.aborted ? error : new Refusal(0);
  });
  const text = await response.text();
  const told = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Refusal(response.status, told?.detail);
  return told;
}
