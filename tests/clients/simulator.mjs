// `waygate sim` as a process of its own, steered over its control API.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { within, LIMIT_MS } from './deadline.mjs';

export const NUMBER = '15550001111';

const running = new Set();
// Whatever ends this process, no simulator outlives it. The test runner ends it by SIGTERM when it
// takes too long, and that alone would not be an exit.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(1));

export class Simulator {
  #child;
  #control;
  #isStopped = false;
  /// The kinds of refusals that the test has said to provoke.
  #provoked = new Set();

  /// One on addresses of its own, with one phone.
  static async start() {
    const binary = process.env.SANDBOX_WAYGATE;
    assert.ok(binary, 'SANDBOX_WAYGATE is not set: run this by `cargo xtask test`');
    const child = spawn(binary, ['sim', '--listen', '127.0.0.1:0', '--control', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const simulator = new Simulator();
    simulator.#child = child;
    const said = await within('the addresses of the simulator', printed(child, 'control API at '));
    simulator.chat = address(said, /ws:\/\/[^\s,;]+/);
    simulator.#control = address(said, /control API at (http:\/\/[^\s,;]+)/);
    assert.equal((await simulator.call('POST', '/phones', { number: NUMBER })).status, 201);
    return simulator;
  }

  async call(method, path, body) {
    const response = await fetch(this.#control + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  /// One more phone, with an account of its own.
  async addPhone(number) {
    assert.equal((await this.call('POST', '/phones', { number })).status, 201);
  }

  /// What a phone's hand does; it must succeed.
  async phone(deed, body, number = NUMBER) {
    const answer = await this.call('POST', `/phones/${number}/${deed}`, body);
    assert.ok([200, 204].includes(answer.status), JSON.stringify(answer.body));
    return answer.body;
  }

  /// The messages that a phone shows.
  async inbox(number = NUMBER) {
    const { status, body } = await this.call('GET', `/phones/${number}/inbox`);
    assert.equal(status, 200);
    return body.messages;
  }

  async inject(fault) {
    assert.equal((await this.call('POST', '/faults', fault)).status, 204);
  }

  async rename(name) {
    const { status } = await this.call('POST', '/phones', { number: NUMBER, push_name: name });
    assert.equal(status, 200);
  }

  async devices(number = NUMBER) {
    return (await this.call('GET', `/phones/${number}`)).body.devices;
  }

  async report() {
    return (await this.call('GET', '/report')).body;
  }

  /// Nothing unknown and no refusals but these; nothing online twice, and nothing that the oracle
  /// finds.
  async assertClean(refusals = {}) {
    for (const kind of Object.keys(refusals)) this.#provoked.add(kind);
    const report = await this.report();
    assert.deepEqual(await this.#found(), []);
    assert.deepEqual(report.unknown, {});
    assert.deepEqual(report.refusals, refusals, JSON.stringify(report.refusal_log));
    assert.deepEqual(report.replaced, {});
  }

  /// What the oracle finds, but for refusals: those are in the report by their kinds.
  async #found() {
    const { status, body } = await this.call('GET', '/oracle');
    assert.equal(status, 200);
    return body.violations.filter((it) => it.violation !== 'refused');
  }

  /// Asks until the report is as wanted: the server learns of what a client does after the client.
  async reports(what, isThere) {
    const deadline = AbortSignal.timeout(LIMIT_MS);
    while (!isThere(await this.report())) {
      assert.ok(!deadline.aborted, `${what}: not within ${LIMIT_MS} ms`);
    }
  }

  /// Asks until nothing waits any more for an account's devices.
  async drained(number = NUMBER) {
    const deadline = AbortSignal.timeout(LIMIT_MS);
    while ((await this.devices(number)).some((device) => device.queued > 0)) {
      assert.ok(!deadline.aborted, `that nothing waits: not within ${LIMIT_MS} ms`);
    }
  }

  /// Asks until a phone shows what is wanted, and gives it.
  async shows(what, number, pick) {
    const deadline = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const found = pick(await this.inbox(number));
      if (found !== undefined) return found;
      assert.ok(!deadline.aborted, `${what}: not within ${LIMIT_MS} ms`);
    }
  }

  /// Asks until a phone shows that these are writing.
  async typing(number, wanted) {
    const deadline = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const { typing } = (await this.call('GET', `/phones/${number}/inbox`)).body;
      if (isDeepStrictEqual(typing, wanted)) return;
      assert.ok(!deadline.aborted, `who is writing: not within ${LIMIT_MS} ms`);
    }
  }

  /// Waits until no connection is open.
  async hungUp() {
    await this.reports('the end of all connections', (report) => report.live_connections === 0);
  }

  /// The root that its certificates are signed with.
  async root() {
    return Buffer.from((await this.call('GET', '/root-key')).body, 'hex');
  }

  /// Ends it. No test ends without the oracle being asked: what it has found, and the test has not
  /// said to provoke, fails here.
  async stop() {
    if (this.#isStopped) return;
    this.#isStopped = true;
    assert.ok(running.has(this.#child), 'the simulator has ended by itself');
    const [found, { refusals }] = [await this.#found(), await this.report()];
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await within('the end of the simulator', gone);
    assert.deepEqual(found, [], 'what the oracle found at the end');
    const unprovoked = Object.keys(refusals).filter((kind) => !this.#provoked.has(kind));
    assert.deepEqual(unprovoked, [], 'what was refused at the end');
  }
}

/// Everything the process printed, as soon as a line holds these words.
function printed(child, words) {
  return new Promise((resolve, reject) => {
    let text = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      text += `${line}\n`;
      if (line.includes(words)) resolve(text);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the simulator ended (${code}): ${text}`)));
  });
}

function address(text, pattern) {
  const found = text.match(pattern);
  assert.ok(found, `no address in: ${text}`);
  return found[1] ?? found[0];
}
