// The calls below the page's own address. Each ends in an event for the course.
import { LOST_MS, standing } from './course.mjs';

export class Calls {
  #base;
  #ears;

  /// `base` is the address that all calls stand below. `ears.name(name)` hears what is to be linked.
  constructor(base, ears) {
    this.#base = base;
    this.#ears = ears;
  }

  /// Begins an attempt, unless the instance is not open for one: a refusal would be an error on the
  /// browser's console.
  async begin({ method, fresh, phone }, signal) {
    const before = await this.instance(signal);
    if (before.is !== 'told' || standing(before.instance) !== 'open') return before;
    const wish = method === 'qr' ? { method, fresh } : { method, phone };
    const event = await this.#ask('linking-attempts', post(wish), signal, answered);
    if (event.status !== 409) return event;
    // Somebody was quicker.
    const after = await this.instance(signal);
    return { ...event, isLinked: after.is === 'told' && standing(after.instance) === 'linked' };
  }

  look({ id, after, wait }, signal) {
    const path = `linking-attempts/${id}?wait=${wait}&after=${after}`;
    return this.#ask(path, {}, signal, answered);
  }

  answer({ id, assertion }, signal) {
    return this.#ask(`linking-attempts/${id}/passkey-assertion`, post({ assertion }), signal, answered);
  }

  confirm({ id }, signal) {
    return this.#ask(`linking-attempts/${id}/passkey-confirmation`, post({}), signal, answered);
  }

  async instance(signal) {
    const event = await this.#ask('instance', {}, signal, told);
    if (event.is === 'told') this.#ears.name(event.instance.name ?? '');
    return event;
  }

  async #ask(path, options, signal, heard) {
    try {
      const response = await this.#fetch(path, options, signal);
      if (response.ok) return heard(await response.json());
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
    const late = AbortSignal.timeout(LOST_MS);
    const either = new AbortController();
    for (const end of [signal, late]) {
      end.addEventListener('abort', () => either.abort(), { once: true });
    }
    const address = `${this.#base}/${path}`;
    return fetch(address, { ...options, cache: 'no-store', signal: either.signal });
  }
}

function post(value) {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(value) };
}

const answered = (attempt) => ({ is: 'answered', attempt });
const told = (instance) => ({ is: 'told', instance });

function retryAfterMs(response) {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
