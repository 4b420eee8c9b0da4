// The other family: the library that the gateway is built on, as a process of its own (`../library`).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { within } from '../deadline.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Library {
  #child;
  #told = [];
  #waiting = new Set();

  static start(url) {
    const sandbox = process.env.SANDBOX_WAYGATE;
    assert.ok(sandbox, 'SANDBOX_WAYGATE is not set: run this by `cargo xtask test`');
    // Built together with the gateway, into the same folder.
    const binary = join(dirname(sandbox), 'waygate-library-client');
    const child = spawn(binary, [url], { stdio: ['pipe', 'pipe', 'inherit'] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const library = new Library();
    library.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      // What is told without particulars is a word alone.
      const told = JSON.parse(line);
      library.#told.push(typeof told === 'string' ? { [told]: true } : told);
      library.#waiting.forEach((look) => look());
    });
    return library;
  }

  /// The first thing that `pick` takes of what was told, or is yet to be.
  async until(what, pick) {
    let look;
    const picked = new Promise((resolve) => {
      look = () => {
        const found = this.#told.map(pick).find((value) => value !== undefined);
        if (found !== undefined) resolve(found);
      };
    });
    this.#waiting.add(look);
    look();
    try {
      return await within(what, picked);
    } finally {
      this.#waiting.delete(look);
    }
  }

  /// A message that says this.
  text(words) {
    return this.until(`the text "${words}"`, ({ text }) => (text?.text === words ? text : undefined));
  }

  /// The file in the message of this id.
  async file(id) {
    const file = await this.until('a file', ({ image }) =>
      image?.id === id ? image.file : undefined,
    );
    return Buffer.from(file, 'base64');
  }

  /// Writes a text; its id.
  write(to, text) {
    return this.#sent({ do: 'text', to, text });
  }

  /// Writes an image; its id.
  writeImage(to, file) {
    return this.#sent({ do: 'image', to, file: file.toString('base64') });
  }

  /// Hangs up, and stays linked.
  hangUp() {
    this.#wish({ do: 'close' });
  }

  /// Comes back; nothing that was told before counts any more.
  comeBack() {
    this.#told = [];
    this.#wish({ do: 'open' });
  }

  async close() {
    if (!running.has(this.#child)) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    await within('the end of the library', gone);
  }

  async #sent(wish) {
    const known = new Set(this.#told.map(({ sent }) => sent));
    this.#wish(wish);
    return this.until('that it is sent', ({ sent }) => (known.has(sent) ? undefined : sent));
  }

  #wish(wish) {
    this.#child.stdin.write(`${JSON.stringify(wish)}\n`);
  }
}
