// Each ATC as sets x ways, coloured by PASID.

import { byId, colour, count, element, percent, say, style } from './text.js';

const BAND = 64;

export class AtcMaps {
  #maps = new Map();

  async load(devices) {
    const attached = devices.filter(device => device.attached).slice(0, 8);
    for (const [name, map] of this.#maps) {
      if (!attached.some(device => device.name === name)) {
        map.remove();
        this.#maps.delete(name);
      }
    }
    for (const device of attached) {
      const answer = await fetch('/api/atc?device=' + encodeURIComponent(device.name), { cache: 'no-store' });
      if (!answer.ok) continue;
      if (!this.#maps.has(device.name)) this.#maps.set(device.name, new AtcMap(device.name));
      this.#maps.get(device.name).update(await answer.json());
    }
  }

  draw() {
    this.#maps.forEach(map => map.draw());
  }
}

class AtcMap {
  #root;
  #canvas = element('canvas', { tabindex: 0, role: 'img' });
  #legend = element('ul', { class: 'legend' });
  #readout = element('p', { class: 'readout', 'aria-live': 'polite' });
  #caption = element('figcaption');
  #atc = null;
  #cells = new Map();
  #at = [0, 0];

  constructor(name) {
    this.#root = element('figure', { class: 'panel atc', 'data-device': name }, this.#caption, this.#canvas,
      element('p', { class: 'note' }, 'Sets from left to right, in bands of ' + BAND + '; ways from top to bottom.'), this.#legend, this.#readout);
    byId('atc').append(this.#root);
    this.#canvas.addEventListener('mousemove', event => this.#point(event));
    this.#canvas.addEventListener('keydown', event => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(this.#root);
  }

  remove() {
    this.#root.remove();
  }

  update(atc) {
    this.#atc = atc;
    this.#cells = new Map(atc.entries.map(entry => [entry.set + ':' + entry.way, entry]));
    this.draw();
  }

  #owners() {
    const owners = new Map();
    for (const entry of this.#atc.entries) {
      const key = entry.pasid ?? -1;
      const owner = owners.get(key) ?? { pasid: key, process: entry.process, entries: 0 };
      owner.entries++;
      owners.set(key, owner);
    }
    return [...owners.values()].sort((a, b) => a.pasid - b.pasid);
  }

  #geometry() {
    const { sets, ways } = this.#atc, columns = Math.min(sets, BAND), bands = Math.ceil(sets / BAND);
    const cell = Math.max(2, Math.min(24, Math.floor(this.#canvas.parentElement.clientWidth / columns) - 1));
    return { columns, bands, cell, gap: cell > 4 ? 1 : 0, band: ways * cell + 6 };
  }

  draw() {
    if (!this.#atc) return;
    const { sets, ways } = this.#atc, { columns, bands, cell, gap, band } = this.#geometry(), ratio = devicePixelRatio;
    const wide = columns * cell, high = bands * band, used = this.#atc.entries.length, owners = this.#owners();
    this.#canvas.width = wide * ratio;
    this.#canvas.height = high * ratio;
    this.#canvas.style.width = wide + 'px';
    this.#canvas.style.height = high + 'px';
    const context = this.#canvas.getContext('2d');
    context.scale(ratio, ratio);
    const colours = new Map(owners.map(owner => [owner.pasid, colour(series(owner.pasid))])), empty = style('--empty');
    for (let set = 0; set < sets; set++) {
      for (let way = 0; way < ways; way++) {
        const entry = this.#cells.get(set + ':' + way);
        context.fillStyle = entry ? colours.get(entry.pasid ?? -1) : empty;
        context.fillRect(set % BAND * cell, Math.floor(set / BAND) * band + way * cell, cell - gap, cell - gap);
      }
    }
    say(this.#caption, `ATC of ${this.#atc.device}: ${count(used)} of ${count(sets * ways)} entries (${percent(used / (sets * ways))}), ${sets} x ${ways}`);
    this.#legend.replaceChildren(...owners.map(owner => element('li', {}, element('span', { class: 'swatch series-' + series(owner.pasid), 'aria-hidden': 'true' }),
      element('span', { class: 'label' }, name(owner)), ' ', element('span', { class: 'number' }, count(owner.entries)))));
    this.#canvas.setAttribute('aria-label', this.#caption.textContent + ': ' + owners.map(owner => name(owner) + ' ' + owner.entries).join(', ') + '. Arrow keys read entries.');
  }

  #point(event) {
    const { cell, band } = this.#geometry(), bandAt = Math.floor(event.offsetY / band);
    this.#read(bandAt * BAND + Math.floor(event.offsetX / cell), Math.floor((event.offsetY - bandAt * band) / cell));
  }

  #key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || !this.#atc) return;
    event.preventDefault();
    this.#read(this.#at[0] + step[0], this.#at[1] + step[1]);
  }

  #read(set, way) {
    if (!this.#atc || set < 0 || way < 0 || set >= this.#atc.sets || way >= this.#atc.ways) return;
    this.#at = [set, way];
    const entry = this.#cells.get(set + ':' + way);
    say(this.#readout, `Set ${set}, way ${way}: ` + (entry ? `${name(entry)}, page ${entry.page}` : 'empty'));
  }
}

function name(owner) {
  const pasid = owner.pasid === null || owner.pasid === undefined || owner.pasid < 0 ? 'no PASID' : 'PASID ' + owner.pasid;
  return owner.process ? owner.process + ', ' + pasid : pasid;
}

/** The last colour is that of entries without PASID alone. */
function series(pasid) {
  return pasid < 0 ? 7 : pasid % 7;
}
