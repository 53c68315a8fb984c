// The machine as a picture: processes, their PASIDs, the SMMU, devices and memory.

import { brief, byId, element, say, svg } from './text.js';

const MOST_DEVICES = 8;
const NARROW = 640;
const REQUESTS = ['translationRequests', 'pageRequests', 'invalidationsSent'];

export class Picture {
  #history;
  #readout = element('p', { class: 'readout', 'aria-hidden': 'true' });

  constructor(history) {
    this.#history = history;
    const root = byId('picture-drawing');
    root.after(this.#readout);
    for (const event of ['focusin', 'mouseover']) root.addEventListener(event, e => this.#tell(e.target.closest('.box')));
    for (const event of ['focusout', 'mouseleave']) root.addEventListener(event, () => this.#tell(null));
  }

  /** What a screen reader says of a box is there for all. */
  #tell(box) {
    say(this.#readout, box?.getAttribute('aria-label') ?? '');
  }

  update(summary, processes) {
    const root = byId('picture-drawing'), narrow = root.clientWidth < NARROW, most = narrow ? 4 : 6;
    const devices = ofEachId(summary.devices).slice(0, MOST_DEVICES);
    const all = processes?.processes ?? [];
    const alive = [...all].sort((a, b) => (a.state === 'exited') - (b.state === 'exited')).slice(0, most);
    const known = pasids(alive, processes?.quarantined ?? []), shown = known.slice(0, most + 2);
    const layout = narrow ? tall(alive, shown, devices) : wide(alive, shown, devices);
    const drawing = svg('svg', { viewBox: `0 0 ${layout.width} ${layout.height}`, role: 'group', 'aria-label': inWords(alive, shown, devices) });
    drawing.append(...this.#edges(layout, shown, devices), ...this.#boxes(layout, alive, shown, devices, summary));
    const focused = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    root.replaceChildren(drawing);
    if (focused) root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    const left = all.length - alive.length, leftOut = known.length - shown.length;
    if (left > 0) root.append(element('p', { class: 'note' }, left === 1 ? 'and one process more' : `and ${left} processes more`));
    if (leftOut > 0) root.append(element('p', { class: 'note' }, leftOut === 1 ? 'and one PASID more' : `and ${leftOut} PASIDs more`));
  }

  #edges(layout, pasids, devices) {
    const edges = [];
    pasids.forEach((pasid, i) => {
      const asked = this.#ofPasid(devices, pasid), kind = 'bond' + (pasid.ending || pasid.why ? ' ending' : '');
      if (pasid.owner !== null) edges.push(...edge(layout.process(pasid.owner).out, layout.pasid(pasid.place).in, asked, '', kind));
      edges.push(...edge(layout.pasid(pasid.place).out, layout.smmu.in(i, pasids.length), asked, layout.narrow || pasid.why ? '' : this.#per(asked), kind));
    });
    const reads = this.#history.recent('/smmu/descriptorReads');
    edges.push(...edge(layout.smmu.down, layout.memory.up, reads, 'walks ' + this.#per(reads), 'walks'));
    devices.forEach((device, i) => {
      const place = '/devices/' + device.id, bad = device.violations > 0 ? ' bad' : '';
      const asked = this.#requests(place);
      const bytes = this.#history.recent(place + '/bytesRead') + this.#history.recent(place + '/bytesWritten');
      edges.push(...edge(layout.device(i).toSmmu, layout.smmu.out(i, devices.length), asked, 'ATS, PRI ' + this.#per(asked), 'ats' + bad));
      edges.push(...edge(layout.device(i).toMemory, layout.memory.right(i, devices.length), bytes / 1000, 'DMA ' + brief(bytes) + 'B/' + this.#history.unitName, 'dma' + bad));
    });
    return edges;
  }

  #boxes(layout, processes, pasids, devices, summary) {
    const made = processes.map((process, i) => box(layout.process(i), 'process ' + process.state, [process.name, process.state],
      `Process ${process.name}, ${process.state}` + (process.pasid === null ? ', without PASID' : `, PASID ${process.pasid}, ASID ${process.asid}`)));
    pasids.forEach(pasid => made.push(box(layout.pasid(pasid.place), 'pasid' + (pasid.why ? ' quarantined' : pasid.ending ? ' exiting' : ''),
      ['PASID ' + pasid.number, pasid.why ? 'quarantined' : 'ASID ' + pasid.asid], pasidWords(pasid) +
      (pasid.why ? '' : ': ATS, PRI and invalidations ' + this.#per(this.#ofPasid(devices, pasid))))));
    const smmu = summary.smmu;
    const numbers = ['TLB ' + brief(smmu.tlb.resident) + ' entries', brief(smmu.walks) + ' walks', brief(smmu.commandsWaiting) + ' commands wait'];
    made.push(box(layout.smmu, 'smmu', ['SMMU', ...numbers], 'SMMU: ' + numbers.join(', ')));
    made.push(box(layout.memory, 'memory', ['Memory'], 'Memory'));
    devices.forEach((device, i) => made.push(box(layout.device(i), 'device' + (device.violations > 0 ? ' bad' : '') + (device.attached ? '' : ' gone'),
      [device.name, device.id + deviceState(device)],
      `Device ${device.name}, ${device.id}${deviceState(device)}: ATS, PRI and invalidations ${this.#per(this.#requests('/devices/' + device.id))}`)));
    if (processes.length === 0) made.push(svg('text', { class: 'empty', x: layout.process(0).x, y: layout.process(0).y + 24 }, 'no process'));
    if (pasids.length === 0) made.push(svg('text', { class: 'empty', x: layout.pasid(0).x, y: layout.pasid(0).y + 24 }, 'no PASID'));
    if (devices.length === 0) made.push(svg('text', { class: 'empty', x: layout.device(0).x, y: layout.device(0).y + 24 }, 'no device'));
    return made;
  }

  /** What goes over the bus for translations, of a device or of one of its PASIDs. */
  #requests(place) {
    return REQUESTS.reduce((sum, name) => sum + this.#history.recent(place + '/' + name), 0);
  }

  #ofPasid(devices, pasid) {
    return devices.reduce((sum, device) => sum + this.#requests(`/devices/${device.id}/pasids/${pasid.number}/${pasid.process}`), 0);
  }

  #per(rate) {
    return brief(rate) + '/' + this.#history.unitName;
  }
}

/** Those of processes, each in its owner's place, and in the places left those that wait for a device. */
function pasids(processes, quarantined) {
  const held = processes.flatMap((process, i) => process.pasid === null ? [] :
    [{ number: process.pasid, asid: process.asid, process: process.name, owner: i, place: i, ending: process.state === 'exiting', why: null }]);
  let place = 0;
  const waiting = quarantined.map(each => {
    while (held.some(pasid => pasid.place === place)) place++;
    return { number: each.pasid, process: '', owner: null, place: place++, ending: true, why: `${each.devices.join(', ')} ${each.why}` };
  });
  return held.concat(waiting);
}

const pasidWords = pasid => pasid.why ? `PASID ${pasid.number}, in quarantine: ${pasid.why}` : `PASID ${pasid.number} of ${pasid.process}, ASID ${pasid.asid}`;

const deviceState = device => device.violations > 0 ? ', ' + device.violations + ' violations' : device.attached ? device.answering ? '' : ', isolated' : ', gone';

function inWords(processes, pasids, devices) {
  return `Processes: ${processes.map(p => p.name).join(', ') || 'none'}. PASIDs: ${pasids.map(pasidWords).join('; ') || 'none'}. ` +
    `Devices: ${devices.map(d => d.name + deviceState(d)).join('; ') || 'none'}.`;
}

/** The device that has an ID, or had it last. */
function ofEachId(devices) {
  const last = new Map();
  for (const device of devices) {
    if (!last.get(device.id)?.attached) last.set(device.id, device);
  }
  return [...last.values()];
}

/** Ten times the traffic is so much thicker. */
const thickness = traffic => 1.5 + 2.2 * Math.log10(1 + traffic);

function edge(from, to, traffic, text, kind) {
  const width = thickness(traffic);
  const bend = Math.abs(to.x - from.x) > Math.abs(to.y - from.y)
    ? `C ${(from.x + to.x) / 2} ${from.y} ${(from.x + to.x) / 2} ${to.y}` : `C ${from.x} ${(from.y + to.y) / 2} ${to.x} ${(from.y + to.y) / 2}`;
  const at = { x: from.x + (to.x - from.x) * (from.at ?? 0.5), y: from.y + (to.y - from.y) * (from.at ?? 0.5) };
  return [
    svg('path', { class: 'edge ' + kind, d: `M ${from.x} ${from.y} ${bend} ${to.x} ${to.y}`, 'stroke-width': width.toFixed(1) }, svg('title', {}, text)),
    svg('text', { class: 'edge-text ' + kind, x: at.x, y: (at.y - 5 - width / 2).toFixed(1), 'text-anchor': 'middle' }, text),
  ];
}

function box(place, kind, lines, words) {
  const made = svg('g', { class: 'box ' + kind, tabindex: 0, role: 'img', 'aria-label': words, 'data-key': kind.split(' ')[0] + ' ' + lines[0] }, svg('rect', { x: place.x, y: place.y, width: place.w, height: place.h, rx: 6 }));
  lines.forEach((line, i) => made.append(svg('text', { x: place.x + 10, y: place.y + 20 + 17 * i, class: i === 0 ? 'name' : '' }, line)));
  return made;
}

const spread = (from, size, i, n) => from + size * (i + 1) / (n + 1);

/** From left to right: processes, PASIDs, SMMU above memory, devices. */
function wide(processes, pasids, devices) {
  const rows = Math.max(processes.length, ...pasids.map(pasid => pasid.place + 1), devices.length, 2), height = Math.max(300, 76 * rows + 20);
  const smmu = { x: 510, y: 20, w: 170, h: height / 2 - 10 };
  const memory = { x: 510, y: height - 66, w: 170, h: 46 };
  const row = (x, w, i) => ({ x, y: 20 + 76 * i, w, h: 48 });
  return {
    width: 1160,
    height,
    process(i) {
      const place = row(10, 160, i);
      return { ...place, out: { x: place.x + place.w, y: place.y + 24 } };
    },
    pasid(i) {
      const place = row(250, 130, i);
      return { ...place, in: { x: place.x, y: place.y + 24 }, out: { x: place.x + place.w, y: place.y + 24 } };
    },
    device(i) {
      const place = row(930, 220, i);
      return { ...place, toSmmu: { x: place.x, y: place.y + 14, at: 0.5 }, toMemory: { x: place.x, y: place.y + 36, at: 0.8 } };
    },
    smmu: {
      ...smmu,
      in: (i, n) => ({ x: smmu.x, y: spread(smmu.y, smmu.h, i, n) }),
      out: (i, n) => ({ x: smmu.x + smmu.w, y: spread(smmu.y, smmu.h, i, n) }),
      down: { x: smmu.x + smmu.w / 2, y: smmu.y + smmu.h },
    },
    memory: { ...memory, up: { x: memory.x + memory.w / 2, y: memory.y }, right: (i, n) => ({ x: memory.x + memory.w, y: spread(memory.y, memory.h, i, n) }) },
  };
}

/** From top to bottom: processes, PASIDs, SMMU, devices, memory. */
function tall(processes, pasids, devices) {
  const width = 360, gap = 64, columns = Math.max(2, Math.min(4, processes.length));
  const row = (y, perRow, i) => {
    const step = (width - 10) / perRow;
    return { x: 10 + (i % perRow) * step, y: y + Math.floor(i / perRow) * 58, w: step - 10, h: 48 };
  };
  const below = (y, n, perRow) => y + 58 * Math.max(1, Math.ceil(n / perRow)) - 10;
  const pasidsY = below(10, processes.length, columns) + 32, last = Math.max(0, ...pasids.map(pasid => pasid.place + 1));
  const smmuY = below(pasidsY, last, columns) + 36;
  const devicesY = smmuY + 84 + gap, memoryY = below(devicesY, devices.length, 2) + gap;
  const smmu = { x: 60, y: smmuY, w: 240, h: 84 }, memory = { x: 60, y: memoryY, w: 240, h: 34 };
  return {
    narrow: true,
    width,
    height: memoryY + 44,
    process(i) {
      const place = row(10, columns, i);
      return { ...place, out: { x: place.x + place.w / 2, y: place.y + place.h } };
    },
    pasid(i) {
      const place = row(pasidsY, columns, i);
      return { ...place, in: { x: place.x + place.w / 2, y: place.y }, out: { x: place.x + place.w / 2, y: place.y + place.h } };
    },
    device(i) {
      const place = row(devicesY, 2, i);
      return { ...place, toSmmu: { x: place.x + place.w / 2, y: place.y, at: 0.4 }, toMemory: { x: place.x + place.w / 2, y: place.y + place.h, at: 0.5 } };
    },
    smmu: {
      ...smmu,
      in: (i, n) => ({ x: spread(smmu.x, smmu.w, i, n), y: smmu.y }),
      out: (i, n) => ({ x: spread(smmu.x, smmu.w, i, n), y: smmu.y + smmu.h }),
      down: { x: smmu.x + smmu.w / 2, y: smmu.y + smmu.h, at: 0.12 },
    },
    memory: { ...memory, up: { x: memory.x + memory.w / 2, y: memory.y }, right: (i, n) => ({ x: spread(memory.x, memory.w, i, n), y: memory.y }) },
  };
}
