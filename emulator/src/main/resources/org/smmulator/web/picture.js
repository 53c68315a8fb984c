// The machine as a picture: processes, their PASIDs, the SMMU, devices and memory.

import { brief, byId, element, svg } from './text.js';

const MOST_DEVICES = 8;
const NARROW = 640;

export class Picture {
  #history;

  constructor(history) {
    this.#history = history;
  }

  update(summary, processes) {
    const root = byId('picture-drawing'), narrow = root.clientWidth < NARROW;
    const devices = ofEachId(summary.devices).slice(0, MOST_DEVICES);
    const all = processes?.processes ?? [];
    const alive = [...all].sort((a, b) => (a.state === 'exited') - (b.state === 'exited')).slice(0, narrow ? 4 : 6);
    const layout = narrow ? tall(alive, devices) : wide(alive, devices);
    const drawing = svg('svg', { viewBox: `0 0 ${layout.width} ${layout.height}`, role: 'img', 'aria-label': this.#inWords(alive, devices) });
    drawing.append(...this.#edges(layout, alive, devices), ...boxes(layout, alive, devices, summary));
    root.replaceChildren(drawing);
    const left = all.length - alive.length;
    if (left > 0) root.append(element('p', { class: 'note' }, left === 1 ? 'and one process more' : `and ${left} processes more`));
  }

  #inWords(processes, devices) {
    const bound = processes.map(p => p.name + (p.pasid === null ? ' without PASID' : ' as PASID ' + p.pasid));
    return `Processes: ${bound.join(', ') || 'none'}. Devices: ${devices.map(d => this.#deviceWords(d)).join('; ') || 'none'}.`;
  }

  #deviceWords(device) {
    const place = '/devices/' + device.id;
    return `${device.name} ${brief(this.#history.recent(place + '/translationRequests'))} translation requests per ${this.#history.unitName}` +
      (device.violations > 0 ? `, ${device.violations} violations` : '');
  }

  #edges(layout, processes, devices) {
    const edges = [];
    processes.forEach((process, i) => {
      if (process.pasid === null) return;
      const text = layout.narrow ? '' : 'PASID ' + process.pasid;
      edges.push(...edge(layout.process(i).out, layout.smmu.in(i, processes.length), 2, text, 'bond' + (process.state === 'exiting' ? ' ending' : '')));
    });
    const reads = this.#history.recent('/smmu/descriptorReads');
    edges.push(...edge(layout.smmu.down, layout.memory.up, reads, 'walks ' + this.#per(reads), 'walks'));
    devices.forEach((device, i) => {
      const place = '/devices/' + device.id, bad = device.violations > 0 ? ' bad' : '';
      const asked = this.#history.recent(place + '/translationRequests') + this.#history.recent(place + '/pageRequests') + this.#history.recent(place + '/invalidationsSent');
      const bytes = this.#history.recent(place + '/bytesRead') + this.#history.recent(place + '/bytesWritten');
      edges.push(...edge(layout.device(i).toSmmu, layout.smmu.out(i, devices.length), asked, 'ATS, PRI ' + this.#per(asked), 'ats' + bad));
      edges.push(...edge(layout.device(i).toMemory, layout.memory.right(i, devices.length), bytes / 1000, 'DMA ' + brief(bytes) + 'B/' + this.#history.unitName, 'dma' + bad));
    });
    return edges;
  }

  #per(rate) {
    return brief(rate) + '/' + this.#history.unitName;
  }
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
  const bend = Math.abs(to.x - from.x) > Math.abs(to.y - from.y)
    ? `C ${(from.x + to.x) / 2} ${from.y} ${(from.x + to.x) / 2} ${to.y}` : `C ${from.x} ${(from.y + to.y) / 2} ${to.x} ${(from.y + to.y) / 2}`;
  const at = { x: from.x + (to.x - from.x) * (from.at ?? 0.5), y: from.y + (to.y - from.y) * (from.at ?? 0.5) };
  return [
    svg('path', { class: 'edge ' + kind, d: `M ${from.x} ${from.y} ${bend} ${to.x} ${to.y}`, 'stroke-width': thickness(traffic).toFixed(1) }, svg('title', {}, text)),
    svg('text', { class: 'edge-text ' + kind, x: at.x, y: at.y - 6, 'text-anchor': 'middle' }, text),
  ];
}

function box(place, kind, lines) {
  const made = svg('g', { class: 'box ' + kind }, svg('rect', { x: place.x, y: place.y, width: place.w, height: place.h, rx: 6 }));
  lines.forEach((line, i) => made.append(svg('text', { x: place.x + 10, y: place.y + 20 + 17 * i, class: i === 0 ? 'name' : '' }, line)));
  return made;
}

function boxes(layout, processes, devices, summary) {
  const made = processes.map((process, i) => box(layout.process(i), 'process ' + process.state,
    [process.name, process.pasid === null ? process.state : `${process.state}, PASID ${process.pasid}`]));
  const smmu = summary.smmu;
  made.push(box(layout.smmu, 'smmu', ['SMMU', 'TLB ' + brief(smmu.tlb.resident) + ' entries', brief(smmu.walks) + ' walks', brief(smmu.commandsWaiting) + ' commands wait']));
  made.push(box(layout.memory, 'memory', ['Memory']));
  devices.forEach((device, i) => made.push(box(layout.device(i), 'device' + (device.violations > 0 ? ' bad' : '') + (device.attached ? '' : ' gone'),
    [device.name, device.id + (device.violations > 0 ? ', ' + device.violations + ' violations' : device.attached ? device.answering ? '' : ', silent' : ', gone')])));
  if (processes.length === 0) made.push(svg('text', { class: 'empty', x: layout.process(0).x, y: layout.process(0).y + 24 }, 'no process'));
  if (devices.length === 0) made.push(svg('text', { class: 'empty', x: layout.device(0).x, y: layout.device(0).y + 24 }, 'no device'));
  return made;
}

const spread = (from, size, i, n) => from + size * (i + 1) / (n + 1);

/** Processes left, SMMU and memory in the middle, devices right. */
function wide(processes, devices) {
  const rows = Math.max(processes.length, devices.length, 2), height = Math.max(300, 76 * rows + 20);
  const smmu = { x: 430, y: 20, w: 170, h: height / 2 - 10 };
  const memory = { x: 430, y: height - 66, w: 170, h: 46 };
  return {
    width: 1080,
    height,
    process(i) {
      const place = { x: 10, y: 20 + 76 * i, w: 190, h: 48 };
      return { ...place, out: { x: 200, y: place.y + 24 } };
    },
    device(i) {
      const place = { x: 850, y: 20 + 76 * i, w: 220, h: 48 };
      return { ...place, toSmmu: { x: 850, y: place.y + 14, at: 0.25 }, toMemory: { x: 850, y: place.y + 36, at: 0.78 } };
    },
    smmu: {
      ...smmu,
      in: (i, n) => ({ x: smmu.x, y: spread(smmu.y, smmu.h, i, n) }),
      out: (i, n) => ({ x: smmu.x + smmu.w, y: spread(smmu.y, smmu.h, i, n) }),
      down: { x: 515, y: smmu.y + smmu.h },
    },
    memory: { ...memory, up: { x: 515, y: memory.y }, right: (i, n) => ({ x: memory.x + memory.w, y: spread(memory.y, memory.h, i, n) }) },
  };
}

/** From top to bottom: processes, SMMU, devices, memory. */
function tall(processes, devices) {
  const width = 360, gap = 74, column = (i, n) => ({ w: Math.min(160, (width - 20) / Math.max(1, n) - 8), n, i });
  const row = (y, n, i) => {
    const perRow = 2, line = Math.floor(i / perRow), c = column(i % perRow, perRow);
    return { x: 10 + (i % perRow) * 180, y: y + line * 58, w: c.w, h: 48 };
  };
  const lines = n => Math.max(1, Math.ceil(n / 2));
  const smmuY = 10 + 58 * lines(processes.length) + gap - 10, devicesY = smmuY + 84 + gap, memoryY = devicesY + 58 * lines(devices.length) + gap - 10;
  const smmu = { x: 60, y: smmuY, w: 240, h: 84 }, memory = { x: 60, y: memoryY, w: 240, h: 34 };
  return {
    narrow: true,
    width,
    height: memoryY + 44,
    process(i) {
      const place = row(10, processes.length, i);
      return { ...place, out: { x: place.x + place.w / 2, y: place.y + place.h } };
    },
    device(i) {
      const place = row(devicesY, devices.length, i);
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
