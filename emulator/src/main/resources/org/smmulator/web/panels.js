// Which charts there are over time, and what each of them draws.

import { TimeChart, view } from './charts.js';
import { byId, words } from './text.js';

const CACHES = [['TLB', 'tlb'], ['walk cache', 'walkCache'], ['configuration cache', 'configurationCache']];
const LEVELS = [0, 1, 2, 3];

export class Panels {
  #charts = [];
  #names = new Map();
  #history;

  constructor(history) {
    this.#history = history;
    const devices = byId('device-charts'), smmu = byId('smmu-charts');
    this.#add(devices, 'hit-ratio', () => 'ATC hit ratio', 'ratio',
      h => this.#ofDevices(d => h.ratio(d + '/atc/hits', d + '/atc/lookups')));
    this.#add(devices, 'invalidations', perUnit('Invalidate Requests'), 'number',
      h => this.#ofDevices(d => h.rate(d + '/invalidationsSent')));
    this.#add(devices, 'page-requests', perUnit('Page requests'), 'number',
      h => this.#ofDevices(d => h.rate(d + '/pageRequests')));
    this.#add(devices, 'translations-held', () => 'Translations held', 'number',
      h => this.#ofDevices(d => h.level(d + '/translationsHeld')));
    this.#add(smmu, 'tlb-occupancy', () => 'Entries in the caches', 'number',
      h => CACHES.map(([label, name]) => ({ label, values: h.level(`/smmu/${name}/resident`) })));
    this.#add(smmu, 'smmu-hit-ratios', () => 'Hit ratios of the caches', 'ratio',
      h => CACHES.map(([label, name]) => ({ label, values: h.ratio(`/smmu/${name}/hits`, `/smmu/${name}/lookups`) })));
    this.#add(smmu, 'walks', perUnit('Descriptors read by walks, by level'), 'number',
      h => LEVELS.map(level => ({ label: 'level ' + level, values: h.rate('/smmu/readsOfLevel' + level) })));
    this.#add(smmu, 'queues', () => 'Entries in the queues', 'number',
      h => [['commands', 'commandsWaiting'], ['events', 'eventsUnread'], ['page requests', 'pageRequestsUnread']]
        .map(([label, name]) => ({ label, values: h.level('/smmu/' + name) })));
    this.#add(smmu, 'commands', perUnit('Commands, by opcode'), 'number', h => byName(h, '/smmu/commands/'));
    this.#add(smmu, 'events', perUnit('Events, by type'), 'number', h => byName(h, '/smmu/events/'));
    this.#add(smmu, 'notifier', perUnit('Notifier calls'), 'number', h => byName(h, '/sva/notifierCalls/'));
    this.#add(smmu, 'faults', perUnit('Page faults'), 'number',
      h => [['of CPUs', 'cpuFaults'], ['for devices', 'remoteFaults']]
        .map(([label, name]) => ({ label, values: h.rate('/mm/' + name) })));
    view.listeners.push(() => this.update());
  }

  #add(root, id, title, format, lines) {
    this.#charts.push(new TimeChart(root, id, title, format, lines));
  }

  #ofDevices(values) {
    return this.#history.devices().map(id => ({ label: this.#names.get(id) ?? id, values: values('/devices/' + id) }));
  }

  /** Devices as the summary has them. */
  name(devices) {
    devices.forEach(device => this.#names.set(device.id, devices.some(other => other.id !== device.id && other.name === device.name) ? device.name + ' ' + device.id : device.name));
  }

  update() {
    if (this.#history.t.length > 0) this.#charts.forEach(chart => chart.update(this.#history));
  }

  forgetColours() {
    this.#charts.forEach(chart => chart.forgetColours());
    this.update();
  }
}

const perUnit = what => history => what + ' per ' + history.unitName;

/** A line for each that ever was; the eight with the most. */
function byName(history, place) {
  return history.under(place)
    .sort((a, b) => history.latest(place + b) - history.latest(place + a))
    .slice(0, 8)
    .sort()
    .map(name => ({ label: words(name), values: history.rate(place + name) }));
}
