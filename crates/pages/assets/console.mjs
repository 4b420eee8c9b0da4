// The console: paints what the gateway tells, and does what a person asks for.
import * as calls from './console-calls.mjs';
import { attempt, card, trouble } from './console-view.mjs';

/// How often the list is asked for while somebody looks.
const LOOK_MS = 3000;

const DEEDS = {
  link: ['Link here', (shown) => linkHere(shown)],
  send: ['Send a link', (shown) => send(shown)],
  start: ['Start', (shown) => then(calls.start(shown.id))],
  logout: ['Log out', (shown) => askToLogOut(shown)],
};

const at = (id) => document.getElementById(id);

let cards = new Map();
let timer = null;
let isLooking = false;
let leaving = null;

function say(text) {
  at('announcement').textContent = text;
}

function complain(error) {
  const text = error ? trouble(error) : '';
  at('notice').textContent = text;
  at('notice').hidden = text === '';
}

function show(isInside) {
  at('entrance').hidden = isInside;
  at('inside').hidden = !isInside;
  at('sign-out').hidden = !isInside;
}

/// Signed out, here or elsewhere. Nothing of the account stays in sight.
function leave(error) {
  clearTimeout(timer);
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
  cards = new Map();
  at('list').replaceChildren();
  at('address').value = '';
  show(false);
  complain(error);
  at('key').focus();
}

/// Performs a deed, says what became of it, and looks at the list again.
async function then(deed) {
  try {
    await deed;
    complain(null);
    await look();
  } catch (error) {
    if (error.status === 401) leave(error);
    else complain(error);
  }
}

async function look() {
  if (isLooking) return;
  isLooking = true;
  clearTimeout(timer);
  try {
    paint(await calls.instances());
    if (at('inside').hidden) {
      show(true);
      complain(null);
    }
    again();
  } catch (error) {
    if (error.status === 401) {
      // Whoever was never in is not told that a session has ended.
      leave(at('inside').hidden ? null : error);
    } else {
      complain(error);
      again();
    }
  } finally {
    isLooking = false;
  }
}

/// A page that nobody sees asks for nothing.
function again() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, LOOK_MS);
}

function paint(instances) {
  const shown = instances.map(card);
  const before = cards;
  cards = new Map(shown.map((it) => [it.id, before.get(it.id) ?? newCard(it.id)]));
  for (const it of shown) fill(cards.get(it.id), it);
  for (const [id, { element }] of before) if (!cards.has(id)) element.remove();
  const list = at('list');
  [...cards.values()].forEach(({ element }, place) => {
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
  });
  at('empty').hidden = shown.length > 0;
}

function newCard() {
  const element = document.createElement('li');
  element.className = 'card instance-card';
  const parts = {};
  for (const [name, tag] of Object.entries({ title: 'h3', state: 'p', next: 'p', number: 'p' })) {
    parts[name] = document.createElement(tag);
    parts[name].className = name === 'state' ? 'state' : name === 'title' ? '' : 'aside';
    element.append(parts[name]);
  }
  parts.buttons = document.createElement('div');
  parts.buttons.className = 'buttons';
  element.append(parts.buttons);
  return { element, parts, told: '' };
}

/// What has not changed is left alone, so that nobody loses their place in it.
function fill(one, shown) {
  const told = JSON.stringify(shown);
  if (one.told === told) return;
  const changed = one.shown && one.shown.state !== shown.state;
  const { parts, element } = one;
  element.dataset.tone = shown.tone;
  parts.title.textContent = shown.title;
  parts.state.textContent = shown.state;
  parts.next.textContent = shown.next;
  parts.number.textContent = [shown.account, shown.number].filter(Boolean).join(' · ');
  if (one.shown?.deeds.join() !== shown.deeds.join()) {
    parts.buttons.replaceChildren(...shown.deeds.map((name, place) => button(name, place, one)));
  }
  Object.assign(one, { told, shown });
  if (changed) say(`${shown.title}: ${shown.state}. ${shown.next}`);
}

function button(name, place, one) {
  const [label, deed] = DEEDS[name];
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = label;
  made.className = place === 0 && name !== 'logout' ? 'first' : '';
  made.setAttribute('aria-label', `${label}: ${one.parts.title.textContent}`);
  made.addEventListener('click', () => deed(one.shown));
  return made;
}

/// Shows codes until the instance is linked or the dialog is closed.
async function linkHere({ id, title }) {
  const dialog = at('linking');
  const over = new AbortController();
  dialog.addEventListener('close', () => over.abort(), { once: true });
  at('linking-title').textContent = `Link ${title}`;
  tell({ text: 'Asking for a code.', version: null });
  dialog.showModal();
  try {
    let now = await calls.link(id);
    for (;;) {
      const view = attempt(now);
      tell(view, view.version === null ? null : calls.picture(id, now));
      if (view.over || over.signal.aborted) break;
      now = await calls.look(id, now, over.signal);
    }
  } catch (error) {
    if (!over.signal.aborted) tell({ text: trouble(error) });
  }
  if (at('inside').hidden === false) await look();
}

function tell({ text }, address = null) {
  if (at('linking-text').textContent !== text) at('linking-text').textContent = text;
  const picture = at('picture');
  picture.hidden = address === null;
  if (address === null) picture.removeAttribute('src');
  else if (!picture.src.endsWith(address)) picture.src = address;
}

async function send({ id }) {
  await then(
    calls.ticket(id).then(({ path }) => {
      // Below whatever a proxy puts in front of the path.
      at('address').value = new URL(path.slice(1), document.baseURI).href;
      at('copied').textContent = '';
      at('sending').showModal();
      at('address').select();
    }),
  );
}

function askToLogOut(shown) {
  leaving = shown.id;
  at('leaving-text').textContent =
    `${shown.title} loses its WhatsApp account. To use it again, somebody has to link a phone.`;
  at('leaving').showModal();
}

at('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const key = at('key').value.trim();
  at('key').value = '';
  let error = key === '' ? 'Type the key.' : '';
  if (error === '') {
    try {
      await calls.signIn(key);
    } catch (refusal) {
      error = refusal.status === 401 ? 'The key is unknown, revoked, or of another kind.' : trouble(refusal);
    }
  }
  at('key-error').textContent = error;
  at('key').setAttribute('aria-invalid', String(error !== ''));
  if (error !== '') return at('key').focus();
  await look();
  at('title').focus();
});

at('create').addEventListener('submit', async (event) => {
  event.preventDefault();
  try {
    const made = await calls.create(at('name').value.trim());
    at('name').value = '';
    at('create-error').textContent = '';
    say(`${card(made).title} was created.`);
    await look();
  } catch (error) {
    if (error.status === 401) leave(error);
    else at('create-error').textContent = trouble(error);
  }
});

at('leave').addEventListener('click', () => {
  at('leaving').close();
  then(calls.logOut(leaving));
});

at('copy').addEventListener('click', async () => {
  at('address').select();
  // Without TLS browsers have no clipboard for pages; the address is selected then.
  const done = await navigator.clipboard?.writeText(at('address').value).then(() => true, () => false);
  at('copied').textContent = done ? 'Copied.' : 'Copy the selected address.';
});

at('sign-out').addEventListener('click', async () => {
  await calls.signOut().catch(() => {});
  leave(null);
  say('Signed out.');
});

for (const close of document.querySelectorAll('[data-close]')) {
  close.addEventListener('click', () => close.closest('dialog').close());
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (!at('inside').hidden) look();
});

look();
