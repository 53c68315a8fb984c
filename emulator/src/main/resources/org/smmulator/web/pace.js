// Pause and step of a simulated machine.

import { byId, say } from './text.js';

export class PaceButtons {
  #history;

  constructor(history, token) {
    this.#history = history;
    byId('pause').addEventListener('click', () => token.post(byId('pause').textContent === 'Run' ? 'do=run' : 'do=pause'));
    for (const button of document.querySelectorAll('#pace [data-do]')) {
      const nanos = button.dataset.nanos ? '&nanos=' + button.dataset.nanos : '';
      button.addEventListener('click', () => token.post('do=' + button.dataset.do + nanos));
    }
  }

  update() {
    byId('pace').hidden = !this.#history.virtual;
    say(byId('pause'), this.#history.state === 'paused' ? 'Run' : 'Pause');
    for (const button of byId('pace').children) button.disabled = this.#history.state === 'over';
  }
}
