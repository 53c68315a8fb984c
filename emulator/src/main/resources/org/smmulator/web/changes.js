// The last changes on a line of time; a click shows one whole.

import { byId, count, element, moment, say, span, svg } from './text.js';

export class Changes {
  #history;
  #list = 'calls';
  #shown = -1;
  #known = { calls: [], pageRequests: [] };

  constructor(history) {
    this.#history = history;
    for (const button of byId('changes-filter').children) {
      button.addEventListener('click', () => {
        this.#list = button.dataset.list;
        for (const other of byId('changes-filter').children) other.setAttribute('aria-pressed', String(other === button));
        this.#draw();
      });
    }
  }

  async load(version) {
    if (version === this.#shown) return;
    const answer = await fetch('/api/changes', { cache: 'no-store' });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    this.#known = await answer.json();
    this.#shown = version;
    this.#draw();
  }

  #draw() {
    const list = [...this.#known[this.#list]].reverse(), root = byId('changes');
    if (list.length === 0) {
      root.replaceChildren(element('li', { class: 'note' }, 'None yet.'));
      return;
    }
    const from = Math.min(...list.map(c => c.begun)), to = Math.max(...list.map(c => c.latest), from + 1);
    const focused = document.activeElement?.dataset?.change;
    root.replaceChildren(...list.map(change => this.#row(change, from, to)));
    if (focused) root.querySelector(`[data-change="${focused}"]`)?.focus();
  }

  #row(change, from, to) {
    const x = t => 100 * (t - from) / (to - from);
    const bar = svg('svg', { class: 'when', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
      svg('rect', { class: 'line', x: 0, y: 2.5, width: 100, height: 1 }),
      svg('rect', { class: 'took', x: Math.min(98.8, x(change.begun)), y: 0, width: Math.max(1.2, x(change.latest) - x(change.begun)), height: 6 }));
    const button = element('button', { type: 'button', class: 'change', 'data-change': change.id },
      element('span', { class: 'number' }, moment(change.begun, this.#history.virtual)),
      element('span', { class: 'what' }, change.what),
      element('span', { class: 'effect' }, effect(change)), bar);
    button.addEventListener('click', () => this.#open(change));
    return element('li', {}, button);
  }

  async #open(change) {
    const answer = await fetch('/api/changes?id=' + change.id, { cache: 'no-store' });
    const dialog = byId('change');
    say(byId('change-title'), change.what);
    if (answer.ok) this.#tell(change, await answer.json());
    else byId('change-story').replaceChildren(element('p', {}, 'The machine keeps it no more: newer changes took its place.'));
    if (!dialog.open) dialog.showModal();
  }

  #tell(change, lines) {
    const end = Math.max(change.latest - change.begun, 1);
    const rows = lines.map(line => {
      const after = line.nanos - change.begun;
      const what = element('td', { class: 'depth-' + Math.min(line.depth, 6) }, line.what);
      const bar = svg('svg', { class: 'when', viewBox: '0 0 100 6', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
        svg('rect', { class: 'line', x: 0, y: 2.5, width: 100, height: 1 }),
        svg('rect', { class: 'took', x: Math.min(98.5, 100 * after / end), y: 0, width: 1.5, height: 6 }));
      return element('tr', {}, element('td', { class: 'number' }, '+' + span(after)), element('td', {}, line.who), what, element('td', { class: 'bar' }, bar));
    });
    const head = element('tr', {}, ...['After', 'Who', 'What', 'When'].map(name => element('th', { scope: 'col' }, name)));
    const story = [
      element('p', { class: 'note' }, `${moment(change.begun, this.#history.virtual)}, ${span(change.latest - change.begun)} until its last effect, ${count(change.events)} events. ${effect(change)}`),
      element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'change-title' }, element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows))),
    ];
    if (change.events > lines.length) story.push(element('p', { class: 'note' }, count(change.events - lines.length) + ' later events are not listed; run --events writes all.'));
    byId('change-story').replaceChildren(...story);
  }
}

function effect(change) {
  return change.devices.length === 0 ? span(change.latest - change.begun) :
    change.devices.map(on => `${on.device} dropped ${count(on.dropped)}` + (on.completed < on.requests ? `, ${on.requests - on.completed} not complete` : '')).join(', ');
}
