// The machine's past as it keeps it: samples in columns, the older the fewer.

const MOST = 3000;
const MOST_STEPS = 512;

export class History {
  machine = '';
  virtual = false;
  state = '';
  t = [];
  steps = [];
  #stepsBegun = 0;
  #columns = new Map();

  /** The last sample of the stream, which says only what is other than in the one before. */
  #current = new Map();

  /** What /api/history says. */
  load(json) {
    this.machine = json.machine;
    this.virtual = json.clock === 'virtual';
    this.state = json.state;
    this.t = json.t;
    this.steps = json.steps;
    this.#stepsBegun = json.stepsBegun;
    this.#columns = new Map(Object.entries(json.columns));
  }

  /** What one message of /api/stream says; whether there is anything to draw. */
  append(news) {
    this.state = news.state;
    const fresh = Math.min(news.stepsBegun - this.#stepsBegun, news.steps.length);
    if (fresh > 0) this.steps.push(...news.steps.slice(-fresh));
    this.#stepsBegun = Math.max(this.#stepsBegun, news.stepsBegun);
    if (this.steps.length > MOST_STEPS) this.steps.splice(0, this.steps.length - MOST_STEPS);
    news.samples.forEach(sample => this.#add(sample));
    return news.samples.length > 0 || fresh > 0;
  }

  #add(sample) {
    if (sample.whole) this.#current.clear();
    for (const [name, value] of Object.entries(sample.changed)) this.#current.set(name, value);
    const last = this.t.length - 1;
    if (last >= 0 && sample.t < this.t[last]) return;
    const at = last >= 0 && sample.t === this.t[last] ? last : last + 1;
    this.t[at] = sample.t;
    for (const name of this.#current.keys()) {
      if (!this.#columns.has(name)) this.#columns.set(name, new Array(at).fill(0));
    }
    for (const [name, values] of this.#columns) values[at] = this.#current.has(name) ? this.#current.get(name) : 0;
  }

  /** Whether the machine, which keeps fewer of the older ones, is to be asked anew. */
  get isFull() {
    return this.t.length > MOST;
  }

  /** How many steps of the scenario have begun, those that are not kept included. */
  get stepsBegun() {
    return this.#stepsBegun;
  }

  get now() {
    return this.t.length === 0 ? 0 : this.t[this.t.length - 1];
  }

  /** The names of columns that begin so, with what comes behind. */
  under(place) {
    return [...this.#columns.keys()].filter(name => name.startsWith(place)).map(name => name.slice(place.length)).sort();
  }

  /** The devices there ever were, by their IDs. */
  devices() {
    return [...new Set(this.under('/devices/').map(name => name.split('/')[0]))];
  }

  has(name) {
    return this.#columns.has(name);
  }

  /** The values of a column: as they are. */
  level(name) {
    return this.#columns.get(name) ?? this.t.map(() => 0);
  }

  latest(name) {
    return this.#columns.get(name)?.[this.t.length - 1] ?? 0;
  }

  /** Growth of a column, for each unit of time; null where it is unknown or began anew. */
  rate(name) {
    const values = this.level(name), unit = this.unit;
    return this.t.map((t, i) => i === 0 ? null : growth(values, i) === null ? null : growth(values, i) / ((t - this.t[i - 1]) / unit));
  }

  /** Growth of one column for each of another; null where the other did not grow. */
  ratio(part, whole) {
    const parts = this.level(part), wholes = this.level(whole);
    return this.t.map((unused, i) => i === 0 ? null : growth(wholes, i) > 0 ? growth(parts, i) / growth(wholes, i) : null);
  }

  /** Nanoseconds for which rates are given. */
  get unit() {
    return this.virtual ? 1e6 : 1e9;
  }

  get unitName() {
    return this.virtual ? 'ms' : 's';
  }

  /** Growth of a column over the last part of the run, for each unit of time. */
  recent(name) {
    const last = this.t.length - 1;
    if (last < 1) return 0;
    let first = last - 1;
    while (first > 0 && last - first < 12) first--;
    const values = this.level(name);
    const grown = Math.max(0, (values[last] ?? 0) - (values[first] ?? 0));
    return grown / ((this.t[last] - this.t[first]) / this.unit);
  }
}

function growth(values, i) {
  const before = values[i - 1], now = values[i];
  return before === null || now === null || now < before ? null : now - before;
}
