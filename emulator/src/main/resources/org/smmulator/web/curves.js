// Histograms of latencies, and the hit ratios that other sizes of ATC would have had.

import uPlot from './uplot.js';
import { brief, byId, colour, count, element, percent, say, span, style, svg } from './text.js';

const KINDS = [['translationRequest', 'Translation requests'], ['invalidation', 'Invalidations'], ['pageRequest', 'Page requests']];

/** Upper bounds of the buckets, as the machine has them: powers of two, the last ones further apart. */
const BOUNDS = [...Array(15).keys()].map(i => 2 ** (10 + i)).concat([2 ** 27, 2 ** 30, 2 ** 33]);
const WIDE = 360, HIGH = 150, LEFT = 40, BASE = 120, TOP = 10;

export class Curves {
  #figures = new Map();
  #workingSet = null;
  #shape = '';
  #devices = [];

  update(devices) {
    this.#devices = devices.filter(device => device.attached).length > 0 ? devices.filter(device => device.attached) : devices;
    for (const [kind, title] of KINDS) this.#histogram(kind, title + ': round trips by duration');
    this.#curve();
  }

  forgetColours() {
    this.#shape = '';
    if (this.#devices.length > 0) this.update(this.#devices);
  }

  #figure(id) {
    if (!this.#figures.has(id)) {
      const made = element('figure', { class: 'panel chart', id }, element('figcaption', {}), element('div', { class: 'plot' }), element('ul', { class: 'legend' }));
      byId('curves').append(made);
      this.#figures.set(id, made);
    }
    return this.#figures.get(id);
  }

  #histogram(kind, title) {
    const figure = this.#figure('latency-' + kind), [caption, plot, legend] = figure.children;
    const measured = this.#devices.map((device, i) => ({ device, i, trips: device.latencies[kind] })).filter(each => each.trips);
    say(caption, title);
    legend.replaceChildren(...measured.map(({ device, i, trips }) => entry(i, device.name, `median ${span(trips.p50)}, p99 ${span(trips.p99)}`)));
    const words = measured.map(({ device, trips }) => `${device.name} median ${span(trips.p50)}, 99 of 100 below ${span(trips.p99)}`).join('; ');
    plot.replaceChildren(measured.length === 0 ? element('p', { class: 'note' }, 'None yet.') : bars(measured, title + ': ' + words));
  }

  #curve() {
    const lines = this.#devices.flatMap((device, i) => device.workingSet.filter(curve => curve.accesses > 0 && curve.entries.length > 0).map((curve, which) => ({
      label: device.name + (curve.sets === 1 ? ', fully associative' : ', ' + curve.sets + ' sets'),
      colour: i, dash: which === 0 ? undefined : [5, 4],
      points: new Map(curve.entries.map((entries, at) => [entries, curve.hits[at] / curve.accesses])),
    })));
    const figure = this.#figure('working-set'), [caption, plot, legend] = figure.children;
    say(caption, 'Working set: ATC hit ratio by number of entries');
    const sizes = [...new Set(lines.flatMap(line => [...line.points.keys()]))].sort((a, b) => a - b);
    if (sizes.length === 0) {
      this.#workingSet?.destroy();
      this.#workingSet = null;
      plot.replaceChildren(element('p', { class: 'note' }, 'No device has told of its working set yet.'));
      legend.replaceChildren();
      return;
    }
    const data = [sizes, ...lines.map(line => sizes.map(size => line.points.get(size) ?? null))];
    const shape = lines.map(line => line.label).join('|') + plot.clientWidth;
    if (shape !== this.#shape || !this.#workingSet) {
      this.#workingSet?.destroy();
      plot.replaceChildren();
      this.#workingSet = new uPlot(curveOptions(plot, lines), data, plot);
      this.#shape = shape;
    } else this.#workingSet.setData(data);
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', caption.textContent + ': ' + lines.map(line => line.label + ' ' + half(line.points)).join('; '));
    legend.replaceChildren(...lines.map(line => entry(line.colour, line.label, half(line.points), line.dash)));
  }
}

/** The size from which more entries gain little. */
function half(points) {
  const best = Math.max(...points.values());
  const enough = [...points.entries()].find(([, ratio]) => ratio >= best - 0.01);
  return enough ? `up to ${percent(best)}, nearly that from ${count(enough[0])}` : '';
}

function entry(index, label, value, dash) {
  return element('li', {}, element('span', { class: 'swatch series-' + index % 8 + (dash ? ' dashed' : ''), 'aria-hidden': 'true' }),
    element('span', { class: 'label' }, label), ' ', element('span', { class: 'number' }, value));
}

function curveOptions(plot, lines) {
  const grid = { stroke: style('--grid'), width: 1 };
  const axis = { stroke: style('--dim'), grid, ticks: grid, font: '12px system-ui, sans-serif' };
  return {
    width: plot.clientWidth || 300, height: 190, padding: [10, 14, 0, 0], legend: { show: false }, cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, distr: 3, log: 2 }, y: { range: [0, 1] } },
    axes: [
      { ...axis, space: 45, size: 28, values: (unused, ticks) => ticks.map(tick => tick === null ? '' : brief(tick)) },
      { ...axis, size: 54, values: (unused, ticks) => ticks.map(ratio => Math.round(100 * ratio) + ' %') },
    ],
    series: [{}, ...lines.map(line => ({ label: line.label, stroke: colour(line.colour), width: 1.5, dash: line.dash, spanGaps: true, points: { show: false } }))],
  };
}

/** Bars side by side for each bucket that anybody has something in, and those between. */
function bars(measured, words) {
  const used = BOUNDS.map((unused, i) => i).concat(BOUNDS.length).filter(i => measured.some(({ trips }) => trips.counts[i] > 0));
  const first = Math.max(0, used[0] - 1), last = Math.min(BOUNDS.length, used[used.length - 1] + 1), buckets = last - first + 1;
  const most = Math.max(...measured.flatMap(({ trips }) => trips.counts));
  const step = (WIDE - LEFT - 6) / buckets, thick = step * 0.8 / measured.length, y = n => BASE - (BASE - TOP) * n / most;
  const drawing = svg('svg', { viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-label': words, class: 'bars' });
  for (const part of [0, 0.5, 1]) {
    drawing.append(svg('line', { class: 'grid-line', x1: LEFT, x2: WIDE, y1: y(part * most), y2: y(part * most) }),
      svg('text', { x: LEFT - 6, y: y(part * most) + 4, 'text-anchor': 'end' }, brief(Math.round(part * most))));
  }
  const every = Math.ceil(buckets / 6);
  for (let i = first; i <= last; i++) {
    const x = LEFT + step * (i - first);
    measured.forEach(({ device, i: index, trips }, at) => {
      if (trips.counts[i] === 0) return;
      const tall = Math.max(1, BASE - y(trips.counts[i]));
      drawing.append(svg('rect', { class: 'fill-' + index % 8, x: x + step * 0.1 + thick * at, y: BASE - tall, width: thick, height: tall },
        svg('title', {}, `${device.name}: ${count(trips.counts[i])} of ${i < BOUNDS.length ? 'less than ' + span(BOUNDS[i]) : 'more'}`)));
    });
    if (i < BOUNDS.length && (i - first) % every === 0) {
      drawing.append(svg('line', { class: 'grid-line', x1: x + step, x2: x + step, y1: BASE, y2: BASE + 4 }),
        svg('text', { x: x + step, y: BASE + 18, 'text-anchor': x + step > WIDE - 24 ? 'end' : 'middle' }, span(BOUNDS[i])));
    }
  }
  return drawing;
}
