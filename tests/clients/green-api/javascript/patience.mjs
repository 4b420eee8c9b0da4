// What a client does that is told to come back later: it asks again, until it is served.
import assert from 'node:assert/strict';
import { LIMIT_MS } from '../../deadline.mjs';

const TOO_MANY_REQUESTS = 429;

/// Calls until the call is within the vendor's limits. At once again: refused calls use nothing up.
export async function served(call) {
  const deadline = AbortSignal.timeout(LIMIT_MS);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (error.response?.status !== TOO_MANY_REQUESTS) throw error;
    }
    assert.ok(!deadline.aborted, `not served within ${LIMIT_MS} ms`);
  }
}
