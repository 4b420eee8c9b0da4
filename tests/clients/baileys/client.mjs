// Baileys as a test drives it, and what a test has to see of it.
import { within } from '../deadline.mjs';
import { LINES } from './lines.mjs';

export const silent = {
  level: 'silent',
  child: () => silent,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

/// What a socket reported so far, so that nothing is missed between two waits.
export class Events {
  #seen = [];
  #waiting = new Set();

  constructor(socket) {
    const see = (update) => {
      this.#seen.push(update);
      this.#waiting.forEach((look) => look());
    };
    for (const name of ['connection.update', 'creds.update']) socket.ev.on(name, see);
    socket.ev.on('messages.upsert', ({ messages }) => messages.forEach((message) => see({ message })));
    socket.ev.on('messages.update', (changes) => changes.forEach((change) => see({ change })));
    socket.ev.on('presence.update', (presence) => see({ presence }));
  }

  /// The first thing that `pick` takes from an update, an earlier one or one to come.
  async until(what, pick) {
    let look;
    const picked = new Promise((resolve) => {
      look = () => {
        const found = this.#seen.map(pick).find((value) => value !== undefined);
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
    const says = ({ message } = {}) =>
      message?.conversation === words || message?.extendedTextMessage?.text === words;
    return this.until(`the text "${words}"`, ({ message }) => (says(message) ? message : undefined));
  }

  /// A message that has this field.
  message(field, id) {
    return this.until(`a message with ${field}`, ({ message }) =>
      message?.message?.[field] && (id === undefined || message.key.id === id) ? message : undefined,
    );
  }

  /// That a message of this device's has come so far. News that come close together are told as one.
  status(id, wanted) {
    const reached = (key, status) => key?.id === id && status >= wanted;
    return this.until(`status ${wanted} of a message`, ({ change, message }) =>
      reached(change?.key, change?.update.status) || reached(message?.key, message?.status)
        ? true
        : undefined,
    );
  }

  /// That somebody is seen so: there, away, writing.
  seen(jid, wanted) {
    return this.until(`that somebody is ${wanted}`, ({ presence }) =>
      presence?.presences[jid]?.lastKnownPresence === wanted ? true : undefined,
    );
  }

  /// Whether there is a code, an open connection or its end, after so many milliseconds at most.
  hasBegun(patience) {
    const begun = this.until('a beginning', ({ qr, connection }) =>
      qr || connection === 'open' || connection === 'close' ? true : undefined,
    );
    const late = new Promise((resolve) => setTimeout(resolve, patience, false).unref());
    // What comes too late is waited for elsewhere.
    return Promise.race([begun.catch(() => false), late]);
  }

  /// Why the connection was closed.
  closed() {
    return this.until('the end of the connection', (update) =>
      update.connection === 'close' ? reason(update.lastDisconnect?.error) : undefined,
    );
  }

  /// What comes first: a QR code, or the end with its reason.
  qrOrClosed() {
    return this.until('a QR code or a refusal', (update) => {
      if (update.qr) return { qr: update.qr };
      return update.connection === 'close' ? reason(update.lastDisconnect?.error) : undefined;
    });
  }
}

function reason(error) {
  return { code: error?.output?.statusCode, message: error?.message };
}

/// A device whose credentials are in a folder.
export class Client extends Events {
  #line;
  #options;
  #writes;

  constructor(socket, { line, options, writes }) {
    super(socket);
    this.socket = socket;
    this.#line = line;
    this.#options = options;
    this.#writes = writes;
  }

  /// `version` is that of the line of Baileys.
  static async open(url, folder, version = 7) {
    const line = LINES[version];
    const { fetchAgent, options } = line.agents(Number(new URL(url).port));
    const { state, saveCreds } = await line.useMultiFileAuthState(folder);
    const writes = new Set();
    const track = (write) => {
      writes.add(write);
      return write.finally(() => writes.delete(write));
    };
    const { get, set } = state.keys;
    const socket = line.makeWASocket({
      waWebSocketUrl: url,
      fetchAgent,
      options,
      auth: { creds: state.creds, keys: { get, set: (data) => track(set(data)) } },
      logger: silent,
      // The simulator has no history; waiting for one, Baileys would hold back its events for 20 s.
      shouldSyncHistoryMessage: () => false,
    });
    socket.ev.on('creds.update', () => track(saveCreds()));
    return new Client(socket, { line, options, writes });
  }

  /// The file in a message, fetched and decrypted.
  file(message) {
    return this.#line.downloadMediaMessage(message, 'buffer', { options: this.#options });
  }

  opened() {
    return this.until('an open connection', (update) => update.connection === 'open' || undefined);
  }

  /// Waits for the end, and until all of the credentials are on disk.
  async settled() {
    const end = await this.closed();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
    return end;
  }

  /// Ends the connection and stays linked.
  async close() {
    void this.socket.end(undefined);
    await this.settled();
  }
}
