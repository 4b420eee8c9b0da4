// `waygate serve` as a process of its own, on a data directory of its own, with a partner's token.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LIMIT_MS, within } from '../../deadline.mjs';

const running = new Set();
// The simulator's module makes an exit of the signals that end a test run.
process.on('exit', () => running.forEach((gateway) => gateway.kill()));

export class Gateway {
  #child;
  #env;
  #folder;
  #partner;

  /// One that takes the simulator for WhatsApp; apart from that nothing is set but where it listens,
  /// that it is quiet, and `more`.
  static async start(simulator, more = {}) {
    const binary = process.env.SANDBOX_WAYGATE;
    const gateway = new Gateway();
    gateway.#folder = mkdtempSync(join(tmpdir(), 'waygate-green-api-'));
    running.add(gateway);
    gateway.#env = {
      ...strangers(),
      WAYGATE_DATA_DIR: gateway.#folder,
      WAYGATE_LISTEN: '127.0.0.1:0',
      WAYGATE_LOG__LEVEL: 'warn',
      WAYGATE_WHATSAPP__URL: simulator.chat,
      WAYGATE_WHATSAPP__VERSION_URL: `http://${new URL(simulator.chat).host}/sw.js`,
      ...more,
    };
    const issue = ['token', 'create', '--kind', 'partner'];
    const issuing = { env: gateway.#env, timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] };
    gateway.#partner = execFileSync(binary, issue, issuing).toString().trim();
    await gateway.up();
    return gateway;
  }

  /// A key of the native API, as whoever runs the gateway gets one.
  issueKey() {
    const issue = ['token', 'create', '--kind', 'native'];
    const issuing = { env: this.#env, timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] };
    return execFileSync(process.env.SANDBOX_WAYGATE, issue, issuing).toString().trim();
  }

  /// Serves, at the address of before if there was one.
  async up() {
    const env = this.host ? { ...this.#env, WAYGATE_LISTEN: new URL(this.host).host } : this.#env;
    const options = { env, stdio: ['ignore', 'pipe', 'inherit'] };
    this.#child = spawn(process.env.SANDBOX_WAYGATE, ['serve'], options);
    this.host = await within('the address of the gateway', address(this.#child));
  }

  /// Ends the process like a power cut, and leaves its data.
  async down() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await within('the end of the gateway', gone);
  }

  /// A new instance, as the vendor's partners make one; this SDK cannot.
  async createInstance() {
    const url = `${this.host}/partner/createInstance/${this.#partner}`;
    const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(LIMIT_MS) });
    assert.equal(response.status, 200);
    return response.json();
  }

  /// Ends it like a power cut.
  kill() {
    running.delete(this);
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async stop() {
    await this.down();
    this.kill();
  }
}

/// The environment without settings of a gateway that somebody runs.
function strangers() {
  const entries = Object.entries(process.env);
  return Object.fromEntries(entries.filter(([name]) => !name.toUpperCase().startsWith('WAYGATE_')));
}

/// Where it says that it listens, as soon as its instances run.
function address(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      text += `${line}\n`;
      if (line.startsWith('running ')) resolve(text.match(/listening on (http:\/\/\S+)/)[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended (${code}): ${text}`)));
  });
}
