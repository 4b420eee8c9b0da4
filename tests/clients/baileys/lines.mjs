// Two lines of Baileys, each with its signature checks made to count and its addresses ours: what a test
// changes of a client, and nothing else.
import { createRequire } from 'node:module';
import { Agent as HttpsAgent } from 'node:https';
import { connect } from 'node:net';
import { Agent as FetchAgent } from 'undici';
import * as seven from 'baileys';
import { generateSignalPubKey as sevenKey } from 'baileys/lib/Utils/crypto.js';
import * as six from 'baileys-6';
import { generateSignalPubKey as sixKey } from 'baileys-6/lib/Utils/crypto.js';

/// What both have checked: the certificates of servers, and what phones have signed.
export const signatures = { right: 0, wrong: 0 };

/// Baileys drops what its Signal library's `verifySignature` returns, so it takes any certificate and any
/// signature of a phone; only a malformed key makes it refuse.
function makeStrict({ Curve }, name, toKey) {
  // The very library that this Baileys uses, wherever npm has put it.
  const curve = createRequire(import.meta.resolve(name))('libsignal/src/curve.js');
  Curve.verify = (key, message, signature) => {
    let right = false;
    try {
      right = curve.verifySignature(toKey(key), message, signature) === true;
    } catch {
      // Malformed is wrong too.
    }
    signatures[right ? 'right' : 'wrong'] += 1;
    return right;
  };
}

makeStrict(seven, 'baileys', sevenKey);
makeStrict(six, 'baileys-6', sixKey);

/// Baileys 6 looks at one number of the certificates it is shown and at no signature. It is given the check
/// that Baileys 7 makes.
let sixRoot;
const { CertChain } = six.proto;
const { Details } = CertChain.NoiseCertificate;
const decodeChain = CertChain.decode;
CertChain.decode = (...bytes) => {
  const chain = decodeChain(...bytes);
  const { leaf, intermediate } = chain;
  const { key } = Details.decode(intermediate.details);
  const signed =
    six.Curve.verify(key, leaf.details, leaf.signature) &&
    six.Curve.verify(sixRoot, intermediate.details, intermediate.signature);
  if (!signed) throw new Error('noise certificate signature invalid');
  return chain;
};

/// The root that both trust.
export function trust(root) {
  seven.WA_CERT_DETAILS.PUBLIC_KEY = root;
  sixRoot = root;
}

/// Both ask for `https` and a host of WhatsApp's, or the one that `media_conn` names; whatever it is, they
/// get the simulator, which speaks without TLS on this machine.
class PlainAgent extends HttpsAgent {
  #port;

  constructor(port) {
    super();
    this.#port = port;
  }

  createConnection() {
    return connect(this.#port, '127.0.0.1');
  }
}

function plainFetch(port) {
  return new FetchAgent({
    connect(_, callback) {
      const socket = connect(port, '127.0.0.1', () => callback(null, socket));
      socket.once('error', (error) => callback(error, null));
    },
  });
}

/// How a file of a message is fetched: Baileys 7 uses `fetch`, Baileys 6 axios.
export const LINES = {
  7: {
    ...seven,
    makeWASocket: seven.default,
    agents: (port) => ({
      fetchAgent: new PlainAgent(port),
      options: { dispatcher: plainFetch(port) },
    }),
  },
  6: {
    ...six,
    makeWASocket: six.default,
    agents: (port) => {
      const agent = new PlainAgent(port);
      return { fetchAgent: agent, options: { httpsAgent: agent, proxy: false } };
    },
  },
};
