// Charts over time: one view for all of them, steps of the scenario as marks, a legend whose
// buttons hide a line, and a cursor that the keyboard moves too.

import uPlot from './uplot.js';
import { brief, byId, colour, element, moment, percent, say, style } from './text.js';

const HEIGHT = 190;

/** The part of the run that all charts show. */
export const view = {
  range: null,
  listeners: [],
  set(range) {
    this.range = range;
    byId('whole').setAttribute('aria-pressed', String(range === null));
    this.listeners.forEach(listener => listener());
  },
  of(history) {
    return this.range ?? [history.t[0] ?? 0, Math.max(history.now, (history.t[0] ?? 0) + 1)];
  },
};

export function listenToView(history) {
  const change = (size, shift) => {
    const [from, to] = view.of(history), middle = (from + to) / 2, half = (to - from) / 2;
    const start = Math.max(0, middle - half * size + 2 * half * shift);
    view.set([start, start + 2 * half * size]);
  };
  byId('zoom-in').addEventListener('click', () => change(0.5, 0));
  byId('zoom-out').addEventListener('click', () => change(2, 0));
  byId('earlier').addEventListener('click', () => change(1, -0.25));
  byId('later').addEventListener('click', () => change(1, 0.25));
  byId('whole').addEventListener('click', () => view.set(null));
}

export const FORMATS = { number: brief, ratio: percent };

export class TimeChart {
  #root;
  #name;
  #lines;
  #format;
  #plot = null;
  #shape = '';
  #legend = element('ul', { class: 'legend' });
  #readout = element('p', { class: 'readout', 'aria-live': 'polite' });
  #box = element('div', { class: 'plot', tabindex: 0, role: 'img' });
  #hidden = new Set();
  #history = null;

  /**
   * @param lines of a history: [{label, values}], its Y axis from 0
   * @param format number, or ratio from 0 to 1
   */
  constructor(root, id, title, format, lines) {
    this.#lines = lines;
    this.#format = format;
    this.#name = title;
    this.#root = element('figure', { class: 'panel chart', id });
    this.#root.append(element('figcaption', {}), this.#box, this.#legend, this.#readout);
    root.append(this.#root);
    this.#box.addEventListener('keydown', event => this.#key(event));
    new ResizeObserver(() => this.#plot?.setSize({ width: this.#box.clientWidth, height: HEIGHT })).observe(this.#box);
  }

  forgetColours() {
    this.#shape = '';
  }

  update(history) {
    this.#history = history;
    const lines = this.#lines(history), title = this.#name(history);
    say(this.#root.firstChild, title);
    const shape = title + lines.map(line => line.label).join('|');
    const data = [history.t, ...lines.map(line => line.values)];
    if (shape !== this.#shape || this.#plot === null) this.#make(shape, lines, data);
    else this.#plot.setData(data, false);
    const [min, max] = view.of(history);
    this.#plot.setScale('x', { min, max });
    this.#legendSays(lines);
    this.#box.setAttribute('aria-label', title + ': ' + this.#now(lines) + '. Arrow keys read values.');
  }

  #now(lines) {
    return lines.length === 0 ? 'nothing yet' :
      lines.map(line => line.label + ' ' + FORMATS[this.#format](last(line.values))).join(', ');
  }

  #make(shape, lines, data) {
    this.#shape = shape;
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(lines), data, this.#box);
    this.#legend.replaceChildren(...lines.map((line, i) => this.#entry(line, i)));
  }

  #options(lines) {
    const ink = style('--dim'), grid = { stroke: style('--grid'), width: 1 }, format = FORMATS[this.#format];
    const top = this.#format === 'ratio' ? () => [0, 1] : (unused, min, max) => [0, max > 0 ? max * 1.05 : 1];
    const axis = { stroke: ink, grid, ticks: grid, font: '12px system-ui, sans-serif' };
    return {
      width: this.#box.clientWidth || 300,
      height: HEIGHT,
      padding: [10, 14, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      scales: { x: { time: false }, y: { range: top } },
      axes: [
        { ...axis, space: 70, size: 28, values: (plot, ticks) => this.#times(plot, ticks) },
        { ...axis, size: 54, values: (unused, ticks) => ticks.map(format === percent ? whole : format) },
      ],
      series: [{}, ...lines.map((line, i) => ({
        label: line.label, stroke: colour(line.colour ?? i), width: 1.5, spanGaps: true, dash: line.dash,
        show: !this.#hidden.has(line.label), points: { show: false },
      }))],
      hooks: {
        draw: [plot => this.#marks(plot)],
        setSelect: [plot => zoom(plot)],
        setCursor: [plot => this.#read(plot)],
      },
    };
  }

  #times(plot, ticks) {
    const virtual = this.#history.virtual, wide = plot.scales.x.max - plot.scales.x.min;
    const unit = virtual ? (wide > 5e9 ? [1e9, 's'] : wide > 2e6 ? [1e6, 'ms'] : [1e3, 'µs']) : wide > 3e11 ? [6e10, 'min'] : [1e9, 's'];
    return ticks.map(t => (t / unit[0]).toLocaleString('en', { maximumFractionDigits: 2 }) + ' ' + unit[1]);
  }

  /** Where steps begin; numbers where there is room. */
  #marks(plot) {
    const context = plot.ctx, { left, top, width, height } = plot.bbox, ratio = devicePixelRatio;
    context.save();
    context.strokeStyle = context.fillStyle = style('--mark');
    context.setLineDash([2 * ratio, 3 * ratio]);
    context.font = 10 * ratio + 'px system-ui, sans-serif';
    let free = -Infinity;
    this.#history.steps.forEach((step, i) => {
      const x = plot.valToPos(step.t, 'x', true);
      if (x < left || x > left + width) return;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
      if (x >= free) {
        context.fillText(String(i + 1), x + 2 * ratio, top + 9 * ratio);
        free = x + 18 * ratio;
      }
    });
    context.restore();
  }

  #entry(line, i) {
    const swatch = element('span', { class: 'swatch series-' + (line.colour ?? i) % 8, 'aria-hidden': 'true' });
    const button = element('button', { type: 'button', 'aria-pressed': String(!this.#hidden.has(line.label)) },
      swatch, element('span', { class: 'label' }, line.label), ' ', element('span', { class: 'number' }));
    button.addEventListener('click', () => {
      const show = this.#hidden.delete(line.label);
      if (!show) this.#hidden.add(line.label);
      button.setAttribute('aria-pressed', String(show));
      this.#plot.setSeries(i + 1, { show });
    });
    return element('li', {}, button);
  }

  #legendSays(lines) {
    lines.forEach((line, i) => {
      const value = this.#legend.children[i]?.querySelector('.number');
      if (value) say(value, FORMATS[this.#format](last(line.values)));
    });
  }

  /** What the cursor is at. */
  #read(plot) {
    const at = plot.cursor.idx;
    if (at === null || at === undefined || !this.#history || plot.cursor.left < 0) {
      say(this.#readout, '');
      return;
    }
    const t = plot.data[0][at];
    const values = plot.series.slice(1).map((series, i) => series.label + ' ' + FORMATS[this.#format](plot.data[i + 1][at]));
    say(this.#readout, moment(t, this.#history.virtual) + stepAt(this.#history, t) + ': ' + values.join(', '));
  }

  #key(event) {
    const plot = this.#plot, step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!plot || step === undefined) return;
    event.preventDefault();
    const t = plot.data[0], at = Math.max(0, Math.min(t.length - 1, (plot.cursor.idx ?? t.length - 1) + step * (event.shiftKey ? 20 : 1)));
    plot.setCursor({ left: plot.valToPos(t[at], 'x'), top: HEIGHT / 3 });
  }
}

const whole = ratio => Math.round(100 * ratio) + ' %';

function zoom(plot) {
  const { left, width } = plot.select;
  if (width < 4) return;
  view.set([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
}

function stepAt(history, t) {
  let found = '';
  history.steps.forEach((step, i) => {
    if (step.t <= t) found = ', step ' + (i + 1) + ' ' + step.step;
  });
  return found;
}

export function last(values) {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return values[i];
  return null;
}
