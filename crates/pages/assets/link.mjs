// Where everything is put together: performs what the course asks for, tells it what came of it, and
// has the page painted after each step.
import { Calls } from './call.mjs';
import { deed, start, step } from './course.mjs';
import { Page } from './page.mjs';
import { view } from './view.mjs';

/// How long a hidden page goes on. A forgotten one must not keep a connection to WhatsApp for ever.
const HIDDEN_MS_MAX = 120_000;

// Relative to the page: whatever a proxy puts in front of the path stays there.
const ticket = location.pathname.split('/').at(-1);
const calls = new Calls(ticket);
const page = new Page(document, {
  press: (button) => take({ is: 'pressed', button }),
  submit: (number) => take({ is: 'submitted', number }),
});

let state = null;
let current = new AbortController();
let hidden = null;

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
  page.show(view(state, ticket));
}

async function perform({ call, wish, due, ...look }, signal) {
  await pause(due - performance.now(), signal);
  if (signal.aborted) return;
  const event = await (call === 'begin' ? calls.begin(wish, signal) : calls.look(look, signal));
  // What was dropped has no say any more.
  if (!signal.aborted) take(event);
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

document.addEventListener('visibilitychange', () => {
  clearTimeout(hidden);
  if (document.hidden) hidden = setTimeout(() => take({ is: 'left' }), HIDDEN_MS_MAX);
  else take({ is: 'returned' });
});
addEventListener('online', () => take({ is: 'returned' }));
// Back from the browser's own cache of pages: the calls of before are lost.
addEventListener('pageshow', (event) => event.persisted && location.reload());

enter(start(performance.now()));
calls.instance().then((instance) => page.name(instance?.name ?? ''));
