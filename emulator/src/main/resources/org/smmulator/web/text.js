// Numbers, times and names in words, and elements of the page.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = id => document.getElementById(id);

/** An element with attributes and children; texts are texts, never markup. */
export function element(name, attributes = {}, ...children) {
  return furnish(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, name), attributes, children);
}

function furnish(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined));
  return made;
}

/** Writes a text only where it is another one, so that readers of the screen hear changes alone. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export const count = n => n === null || n === undefined ? 'unknown' : n.toLocaleString('en');

export const percent = r => r === null || r === undefined ? '–' : (100 * r).toFixed(1) + ' %';

const THOUSANDS = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];

/** A number in few characters. */
export function brief(n) {
  if (n === null || n === undefined) return '–';
  const size = Math.abs(n);
  for (const [unit, letter] of THOUSANDS) {
    if (size >= unit) return trim(n / unit) + letter;
  }
  return trim(n);
}

const trim = n => String(Number(n.toFixed(Math.abs(n) >= 100 ? 0 : Math.abs(n) >= 10 ? 1 : 2)));

const UNITS = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']];

/** A span of time in the unit that fits it. */
export function span(nanos) {
  if (nanos === null || nanos === undefined) return '–';
  const [unit, name] = UNITS.find(([size]) => Math.abs(nanos) >= size) ?? UNITS[3];
  return trim(nanos / unit) + ' ' + name;
}

/** A moment of the run, so that moments a unit apart look different. */
export function moment(nanos, virtual) {
  if (virtual) return (nanos / 1e6).toLocaleString('en', { minimumFractionDigits: 3, maximumFractionDigits: 3 }) + ' ms';
  const seconds = nanos / 1e9, minutes = Math.floor(seconds / 60);
  return minutes === 0 ? seconds.toFixed(1) + ' s' : minutes + ' min ' + (seconds - 60 * minutes).toFixed(0).padStart(2, '0') + ' s';
}

/** pasidsLive as "PASIDs live"; opcodes and events keep their spelling. */
export const words = name => /^[A-Z0-9_]+$/.test(name) ? name :
  name.replace(/[A-Z]/g, c => ' ' + c.toLowerCase()).replace(/\b(atc|ats|cpu|id|pasid|smmu|sva|tlb)(?=s?\b)/g, w => w.toUpperCase());

/** The colour of a series, for the theme of now. */
export const colour = index => style('--series-' + index % 8);

export const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
