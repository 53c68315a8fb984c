// Pause and step, for who has the token that the machine wrote to a file.

import { byId, say } from './text.js';

export class PaceButtons {
  #history;
  #token = sessionStorage.getItem('token') ?? '';
  #wanted = null;

  constructor(history) {
    this.#history = history;
    byId('pause').addEventListener('click', () => this.#tell(byId('pause').textContent === 'Run' ? 'do=run' : 'do=pause'));
    for (const button of document.querySelectorAll('#pace [data-do]')) {
      const nanos = button.dataset.nanos ? '&nanos=' + button.dataset.nanos : '';
      button.addEventListener('click', () => this.#tell('do=' + button.dataset.do + nanos));
    }
    byId('token').addEventListener('submit', event => {
      event.preventDefault();
      this.#token = byId('token-text').value.trim();
      sessionStorage.setItem('token', this.#token);
      byId('token').hidden = true;
      if (this.#wanted) this.#tell(this.#wanted);
    });
  }

  update() {
    byId('pace').hidden = !this.#history.virtual;
    say(byId('pause'), this.#history.state === 'paused' ? 'Run' : 'Pause');
    for (const button of byId('pace').children) button.disabled = this.#history.state === 'over';
  }

  async #tell(what) {
    this.#wanted = what;
    if (this.#token === '') {
      this.#ask('');
      return;
    }
    const answer = await fetch('/api/step?' + what, { method: 'POST', headers: { Authorization: 'Bearer ' + this.#token } });
    if (answer.status === 401) {
      this.#ask('That is not the token of this machine.');
    } else {
      this.#problem('');
      this.#wanted = null;
    }
  }

  #ask(why) {
    this.#problem(why);
    byId('token').hidden = false;
    byId('token-text').value = '';
    byId('token-text').focus();
  }

  #problem(text) {
    say(byId('token-problem'), text);
  }
}
