// How often a client asks that keeps to the vendor's limits.
import { setTimeout as pause } from 'node:timers/promises';

/// Most methods may be called once a second, counted apart, and the vendor advises to ask for a code or
/// a state that often.
const BETWEEN_MS = 1000;

export class Pace {
  #last = new Map();

  /// Calls when this method may be called again.
  async call(method, call) {
    const left = (this.#last.get(method) ?? -Infinity) + BETWEEN_MS - performance.now();
    // allowed: the limits are the server's own, in real time, and part of what is tested.
    if (left > 0) await pause(left);
    try {
      return await call();
    } finally {
      this.#last.set(method, performance.now());
    }
  }
}
