// Where everything is put together: performs what the course asks for, tells it what came of it, and
// has the page painted after each step.
import { wasAway } from './absence.mjs';
import { Calls } from './call.mjs';
import { arrive, deed, step } from './course.mjs';
import { Page } from './page.mjs';
import { view } from './view.mjs';

/// How long a hidden page goes on. A forgotten one must not keep a connection to WhatsApp for ever.
const HIDDEN_MS_MAX = 120_000;

/// How often the clocks are looked at.
const GLANCE_MS = 1000;

/// A phone, upright or not, and no tablet; style.css knows it too. The person likely holds the very
/// phone whose account is to be linked.
const PHONE = '(pointer: coarse) and (max-width: 46rem), (pointer: coarse) and (max-height: 30rem)';

// Relative to the page: whatever a proxy puts in front of the path stays there.
const ticket = location.pathname.split('/').at(-1);
const { default: words } = await import(`./words.${document.documentElement.lang}.mjs`);
const page = new Page(document, words, {
  press: (button) => take({ is: 'pressed', button: offered(button) }),
  submit: (number) => take({ is: 'submitted', number }),
  bring: (text) => take({ is: 'brought', text }),
});

const calls = new Calls(ticket, page);

let state = null;
let current = new AbortController();
let hidden = null;
let glance = clocks();

/// Where no code to scan is offered, beginning again means another number.
function offered(button) {
  const isForScan = button === 'again' && state.wish?.method !== 'code';
  return isForScan && page.methods === 'code' ? 'number' : button;
}

function take(event) {
  enter(step(state, event, performance.now()));
}

function enter(next) {
  if (next === state) return;
  state = next;
  current.abort();
  current = new AbortController();
  const wanted = deed(state);
  if (wanted) perform(wanted, current.signal);
  page.show(view(state, ticket, words));
}

async function perform({ call, wish, due, ...look }, signal) {
  await pause(due - performance.now(), signal);
  if (signal.aborted) return;
  const event = await called(call, wish, look, signal);
  // What was dropped has no say any more.
  if (!signal.aborted) take(event);
}

function called(call, wish, look, signal) {
  if (call === 'begin') return calls.begin(wish, signal);
  return call === 'instance' ? calls.instance(signal) : calls[call](look, signal);
}

function pause(ms, signal) {
  if (ms <= 0) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function clocks() {
  return { wall: Date.now(), steady: performance.now() };
}

/// Timers of a frozen tab and of a sleeping computer stand still, and no event tells of the latter.
function lookAtClocks() {
  const before = glance;
  glance = clocks();
  if (wasAway(before, glance)) take({ is: document.hidden ? 'left' : 'awoke' });
}

setInterval(lookAtClocks, GLANCE_MS);
document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  lookAtClocks();
  if (document.hidden) hidden = setTimeout(() => take({ is: 'left' }), HIDDEN_MS_MAX);
  else take({ is: 'returned' });
});
addEventListener('online', () => take({ is: 'returned' }));
// Back from the browser's own cache of pages: the calls of before are lost.
addEventListener('pageshow', (event) => event.persisted && location.reload());

enter(arrive(performance.now(), matchMedia(PHONE).matches, page.methods));
