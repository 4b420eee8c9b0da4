// A receiver of webhooks, as one writes it in Node.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { LIMIT_MS, within } from '../../deadline.mjs';

export class Receiver {
  #server;
  #letters = [];
  #wake = () => {};

  static async listen() {
    const receiver = new Receiver();
    receiver.#server = createServer(async (request, response) => {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      receiver.#letters.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(204).end();
      receiver.#wake();
    });
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    receiver.url = `http://127.0.0.1:${receiver.#server.address().port}/hook`;
    return receiver;
  }

  /// The next letter in which this is found.
  async next(what, found) {
    const search = async () => {
      for (;;) {
        const place = this.#letters.findIndex(found);
        if (place >= 0) return this.#letters.splice(place, 1)[0];
        await new Promise((resolve) => (this.#wake = resolve));
      }
    };
    return within(what, search());
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
