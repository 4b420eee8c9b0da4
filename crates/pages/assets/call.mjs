// The calls below the page's own address. Each ends in an event for the course.
import { WAIT_S } from './course.mjs';

/// Longer than any call that is answered takes.
const PATIENCE_MS = (WAIT_S + 15) * 1000;

export class Calls {
  #base;

  /// `base` is the address that all calls stand below.
  constructor(base) {
    this.#base = base;
  }

  async begin({ method, fresh, phone }, signal) {
    const wish = method === 'qr' ? { method, fresh } : { method, phone };
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify(wish);
    const event = await this.#attempt('linking-attempts', { method: 'POST', headers, body }, signal);
    if (event.status !== 409) return event;
    const { linked } = (await this.instance())?.state ?? {};
    return { ...event, isLinked: linked === true };
  }

  look({ id, after, wait }, signal) {
    return this.#attempt(`linking-attempts/${id}?wait=${wait}&after=${after}`, {}, signal);
  }

  /// What is to be linked; nothing when it cannot be told.
  async instance() {
    try {
      const response = await this.#fetch('instance', {}, new AbortController().signal);
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  async #attempt(path, options, signal) {
    try {
      const response = await this.#fetch(path, options, signal);
      if (response.ok) return { is: 'answered', attempt: await response.json() };
      if (response.status >= 500 || response.status === 408) {
        return { is: 'unreachable', pauseMs: retryAfterMs(response) };
      }
      const problem = await response.json().catch(() => ({}));
      const { status } = response;
      return { is: 'refused', status, detail: problem.detail, retryAfterMs: retryAfterMs(response) };
    } catch {
      // No network, no answer in time, or none that can be read.
      return { is: 'unreachable' };
    }
  }

  async #fetch(path, options, signal) {
    const late = AbortSignal.timeout(PATIENCE_MS);
    const either = new AbortController();
    for (const end of [signal, late]) {
      end.addEventListener('abort', () => either.abort(), { once: true });
    }
    const address = `${this.#base}/${path}`;
    return fetch(address, { ...options, cache: 'no-store', signal: either.signal });
  }
}

function retryAfterMs(response) {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
