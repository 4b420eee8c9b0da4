// Paints views onto the document, and tells what a person does there. It decides nothing.
import { fit, seenModules } from './fit.mjs';
import { inWords, secondsLeft } from './remaining.mjs';
import { dashed, spelt } from './view.mjs';

/// How often remaining times are painted. Oftener than the seconds change, or some would be skipped.
const TICK_MS = 250;

/// How long after a picture that could not be loaded it is asked for again.
const PICTURE_PAUSE_MS = 1000;

/// The word on a button, what it is told as, and the way to link that it belongs to.
const BUTTONS = {
  again: ['begin_again', 'again', null],
  another: ['ask_another', 'again', 'code'],
  fresh: ['ask_fresh', 'fresh', 'qr'],
  number: ['by_number', 'number', 'code'],
  qr: ['show_qr', 'qr', 'qr'],
};

export class Page {
  #document;
  #words;
  #hands;
  #view = null;
  #picture = null;
  #modules = null;

  /// `hands` are told of what a person does: `press(button)`, `submit(number)` and `bring(text)`.
  constructor(document, words, hands) {
    this.#document = document;
    this.#words = words;
    this.#hands = hands;
    for (const button of document.querySelectorAll('button[data-press]')) {
      button.addEventListener('click', () => hands.press(button.dataset.press));
    }
    this.#at('form').addEventListener('submit', (event) => {
      event.preventDefault();
      hands.submit(this.#at('phone').value);
    });
    this.#at('passkey-form').addEventListener('submit', (event) => {
      event.preventDefault();
      hands.bring(this.#at('passkey-answer').value);
    });
    this.#at('passkey-copy').addEventListener('click', () => this.#copyScript());
    this.#at('phone').readOnly = this.#said.phoneFixed === 'true';
    setInterval(() => this.#tick(), TICK_MS);
    document.defaultView.addEventListener('resize', () => this.#fit());
    // The style shows from here on what the view says.
    document.body.dataset.live = '';
  }

  /// The ways to link that are offered.
  get methods() {
    return this.#said.methods;
  }

  /// What was said of this page when its link was made.
  get #said() {
    return this.#document.body.dataset;
  }

  /// What is to be linked.
  name(name) {
    this.#at('instance').hidden = name === '';
    this.#at('instance-name').textContent = name;
  }

  show(view) {
    const before = this.#view;
    this.#view = view;
    const focused = this.#document.activeElement;
    for (const section of this.#document.querySelectorAll('[data-screen]')) {
      section.hidden = section.dataset.screen !== view.screen;
    }
    this.#paint(view, before);
    const { title } = this.#words;
    this.#document.title = view.title ? `${view.title} - ${title}` : title;
    this.#at('notice').hidden = view.notice === null;
    this.#at('notice-text').textContent = view.notice ?? '';
    this.#announce(view.announcement);
    this.#tick();
    this.#keepFocus(focused);
  }

  #paint(view, before) {
    // A code of another screen must not be there when that screen comes back.
    if (view.screen !== 'qr') this.#paintPicture(null);
    switch (view.screen) {
      case 'qr':
        this.#at('qr-hint').textContent = view.hint;
        return this.#paintPicture(view.picture);
      case 'number':
        return this.#paintNumber(view, before);
      case 'code':
        return this.#paintCode(view);
      case 'passkey':
        return this.#paintPasskey(view, before);
      case 'compare':
        this.#at('compare-code').textContent = view.code;
        this.#at('compare-spelt').textContent = spelt(view.code.replace('-', ''));
        return undefined;
      default:
        return this.#paintMessage(view);
    }
  }

  #paintPicture(address) {
    if (this.#picture === address) return;
    this.#picture = address;
    this.#hidePicture();
    if (address !== null) this.#load(address);
  }

  #paintNumber({ number, error }, before) {
    const phone = this.#at('phone');
    const isNew = before?.screen !== 'number';
    if (isNew) phone.value = number || this.#said.phone;
    phone.setAttribute('aria-invalid', String(error !== null));
    this.#at('phone-error').textContent = error ?? '';
    // Whoever has just come should read first, and see more than a keyboard.
    if ((isNew && before !== null) || error !== null) phone.focus();
  }

  #paintCode({ code, hint }) {
    const isThere = code !== null;
    this.#at('code-halves').hidden = !isThere;
    this.#at('code-hint').hidden = isThere;
    this.#at('code-hint').textContent = hint;
    this.#at('code-halves').textContent = isThere ? dashed(code) : '';
    this.#at('code-spelt').textContent = isThere ? spelt(code) : '';
  }

  #paintPasskey({ script, error }, before) {
    const answer = this.#at('passkey-answer');
    if (this.#at('passkey-script').value !== script) {
      this.#at('passkey-script').value = script;
      this.#say('passkey-copied', '');
      // An answer to another challenge is of no use.
      answer.value = '';
    }
    answer.setAttribute('aria-invalid', String(error !== null));
    this.#say('passkey-error', error ?? '');
    if (error !== null && before?.error !== error) answer.focus();
  }

  /// A browser may refuse to copy; then a person does, from where all is marked.
  async #copyScript() {
    const script = this.#at('passkey-script');
    script.select();
    try {
      await navigator.clipboard.writeText(script.value);
      this.#say('passkey-copied', this.#words.passkey_copied);
    } catch {
      this.#say('passkey-copied', this.#words.passkey_marked);
    }
  }

  #paintMessage({ tone, title, text, buttons }) {
    this.#at('message').dataset.tone = tone;
    this.#at('message-title').textContent = title;
    this.#at('message-text').textContent = text;
    const onward = this.#document.getElementById('go-on');
    if (onward) onward.hidden = tone !== 'done';
    const row = this.#at('message-buttons');
    const offered = buttons.filter((name) => this.#isOffered(name));
    const wanted = offered.join(' ');
    if (row.dataset.buttons === wanted) return;
    row.dataset.buttons = wanted;
    row.replaceChildren(...offered.map((name, index) => this.#button(name, index === 0)));
  }

  #isOffered(name) {
    const [, , way] = BUTTONS[name];
    return way === null || this.methods === 'both' || this.methods === way;
  }

  #button(name, isFirst) {
    const [label, press] = BUTTONS[name];
    const button = this.#document.createElement('button');
    button.type = 'button';
    button.className = isFirst ? 'first' : '';
    button.textContent = this.#words[label];
    button.addEventListener('click', () => this.#hands.press(press));
    return button;
  }

  /// The old code is out of sight before the new one is asked for, and the new one comes in whole.
  #load(address) {
    const picture = this.#at('picture');
    // Neither replaced by now, nor expired.
    const isWanted = () => this.#picture === address && this.#view.timer.until > performance.now();
    picture.onload = () => {
      this.#modules = seenModules(picture);
      this.#fit();
      picture.hidden = !isWanted();
      this.#tick();
    };
    picture.onerror = () => {
      this.#at('qr-hint').textContent = this.#words.picture_lost;
      setTimeout(() => isWanted() && this.#load(address), PICTURE_PAUSE_MS);
    };
    picture.src = address;
  }

  #hidePicture() {
    const picture = this.#at('picture');
    picture.onload = null;
    picture.onerror = null;
    picture.hidden = true;
    picture.removeAttribute('src');
  }

  #fit() {
    const picture = this.#at('picture');
    if (picture.naturalWidth > 0) fit(picture, picture.parentElement, this.#modules);
  }

  /// Only what changes is said, and nothing twice.
  #announce(text) {
    const region = this.#at('announcement');
    if (region.textContent !== text) region.textContent = text;
  }

  /// Who uses the keyboard must not lose their place: when what had the focus is gone, the heading of
  /// what has come gets it.
  #keepFocus(focused) {
    const isThere = focused?.isConnected && focused.closest('[hidden]') === null;
    if (focused === null || isThere) return;
    const section = this.#document.querySelector(`[data-screen="${this.#view.screen}"]`);
    if (!section.contains(this.#document.activeElement)) section.querySelector('h2').focus();
  }

  #tick() {
    if (this.#view === null) return;
    const now = performance.now();
    const { screen, timer, notice, retryAt } = this.#view;
    if (timer !== undefined) this.#paintTimer(screen, timer, now);
    // No event tells of a screen with other pixels.
    this.#fit();
    if (notice !== null) {
      const seconds = secondsLeft(retryAt, now);
      const { trying_in: before, trying } = this.#words;
      this.#say('notice-time', seconds > 0 ? `${before} ${this.#time(seconds)}.` : trying);
    }
  }

  #paintTimer(screen, timer, now) {
    const seconds = timer === null ? 0 : secondsLeft(timer.until, now);
    // A code that has expired is not left in sight, even when nobody tells us of another.
    if (seconds === 0 && screen === 'qr') this.#at('picture').hidden = true;
    if (seconds === 0 && screen === 'code') this.#hideCode();
    const isShown = seconds > 0 && (screen !== 'qr' || !this.#at('picture').hidden);
    const bar = this.#at(`${screen}-bar`);
    if (bar) bar.value = isShown ? (timer.until - now) / (timer.until - timer.from) : 0;
    this.#say(`${screen}-time`, isShown ? `${timer.label} ${this.#time(seconds)}` : '');
  }

  /// Numbers and units go from left to right in every language.
  #time(seconds) {
    const isTurned = this.#words.direction === 'rtl';
    return isTurned ? `\u2066${inWords(seconds)}\u2069` : inWords(seconds);
  }

  #hideCode() {
    this.#at('code-halves').hidden = true;
    this.#at('code-hint').hidden = false;
    this.#at('code-spelt').textContent = '';
  }

  #say(name, text) {
    const element = this.#at(name);
    if (element.textContent !== text) element.textContent = text;
  }

  #at(name) {
    return this.#document.getElementById(name);
  }
}
