// What changes the machine is asked for with the token that it wrote to a file for its user.

import { byId, say } from './text.js';

export class TokenForm {
  #token = sessionStorage.getItem('token') ?? '';
  #again = null;

  constructor() {
    byId('token').addEventListener('submit', event => {
      event.preventDefault();
      this.#token = byId('token-text').value.trim();
      sessionStorage.setItem('token', this.#token);
      byId('token').hidden = true;
      this.#again?.();
    });
  }

  /** The answer to a POST; without the right token it is asked for, and then the answer follows. */
  async post(query) {
    let why = '';
    while (true) {
      if (this.#token === '' || why !== '') await this.#ask(why);
      const answer = await fetch('/api/step?' + query, { method: 'POST', headers: { Authorization: 'Bearer ' + this.#token } });
      if (answer.status !== 401) {
        say(byId('token-problem'), '');
        return answer;
      }
      why = 'That is not the token of this machine.';
    }
  }

  /** Who asks for something else meanwhile is the one who gets it. */
  #ask(why) {
    say(byId('token-problem'), why);
    byId('token').hidden = false;
    byId('token-text').value = '';
    byId('token-text').focus();
    return new Promise(resolve => this.#again = resolve);
  }
}
