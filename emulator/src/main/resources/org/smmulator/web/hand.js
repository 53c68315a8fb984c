// Steps of the scenario language by hand, on a machine on real time, and what they caused.

import { byId, count, element, say, span } from './text.js';

const ASK_MILLIS = 200;

export class Hand {
  #token;

  constructor(token) {
    this.#token = token;
    const process = () => byId('hand-process').value, device = () => byId('hand-device').value;
    const steps = {
      unmap: () => `munmap: {process: ${process()}, page: ${byId('hand-page').value}, pages: ${byId('hand-pages').value}}`,
      kill: () => `kill: {process: ${process()}}`,
      lose: () => `inject: {drop: packet, device: '${device()}'}`,
      unplug: () => `unplug: {device: '${device()}'}`,
    };
    for (const [name, step] of Object.entries(steps)) byId('hand-' + name).addEventListener('click', () => this.#perform(step()));
    byId('hand-any').addEventListener('submit', event => {
      event.preventDefault();
      this.#perform(byId('hand-step').value);
    });
    byId('hand-process').addEventListener('change', () => this.#wholeBuffer());
  }

  /** @param processes of the built-in kernel; null if a machine has another guest or its order is a seed's */
  update(processes, devices) {
    byId('hand').hidden = processes === null;
    if (processes === null) return;
    const living = processes.processes.filter(each => each.state === 'running');
    if (choices(byId('hand-process'), living.map(each => [each.name, each.name, each.pages]))) this.#wholeBuffer();
    choices(byId('hand-device'), devices.filter(each => each.attached).map(each => [each.id, each.name + ' (' + each.id + ')', 0]));
    for (const name of ['unmap', 'kill']) byId('hand-' + name).disabled = living.length === 0;
    for (const name of ['lose', 'unplug']) byId('hand-' + name).disabled = byId('hand-device').options.length === 0;
  }

  #wholeBuffer() {
    byId('hand-page').value = 0;
    byId('hand-pages').value = byId('hand-process').selectedOptions[0]?.dataset.pages ?? 1;
  }

  async #perform(step) {
    const answer = await this.#token.post('step=' + encodeURIComponent(step));
    if (!answer.ok) {
      this.#tell(step, (await answer.text()).trim(), null);
      return;
    }
    const { number } = await answer.json();
    this.#tell(step, 'under way', null);
    while (true) {
      const report = await (await fetch('/api/step?number=' + number, { cache: 'no-store' })).json();
      if (report.state !== 'running') {
        this.#tell(step, report.why ?? report.state, report);
        return;
      }
      await new Promise(resolve => setTimeout(resolve, ASK_MILLIS));
    }
  }

  #tell(step, how, report) {
    say(byId('hand-said'), step + ': ' + how);
    byId('hand-effects').replaceChildren(...effects(report));
    say(byId('hand-story'), report?.story.join('\n') ?? '');
    byId('hand-story').hidden = !report?.story.length;
  }
}

/** Whether another one is chosen than before. */
function choices(select, options) {
  const shown = JSON.stringify(options);
  if (select.dataset.shown === shown) return false;
  select.dataset.shown = shown;
  const before = select.value;
  select.replaceChildren(...options.map(([value, label, pages]) => element('option', { value, 'data-pages': pages }, label)));
  if (options.some(([value]) => value === before)) select.value = before;
  return select.value !== before;
}

/** What each device was sent, and what it dropped. */
function effects(report) {
  const devices = report?.steps[0].devices ?? [];
  if (devices.length === 0) return [];
  const cells = device => [count(device.requests), count(device.entriesDropped), count(device.pagesOverInvalidated), span(device.lastCompletionNanos)];
  return [
    element('thead', {}, element('tr', {}, ...['Device', 'Requests', 'Dropped', 'Not named', 'Done after'].map(name => element('th', { scope: 'col' }, name)))),
    element('tbody', {}, ...devices.map(device => element('tr', {},
      element('th', { scope: 'row' }, device.device), ...cells(device).map(cell => element('td', {}, cell)))))];
}
