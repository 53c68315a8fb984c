// Verdict, violations, processes and every counter, in words.

import { byId, count, element, percent, say, words } from './text.js';

const KINDS = {
  DATA_MISMATCH: 'Data mismatch',
  STALE_ACCESS: 'Stale access',
  OVERDUE_ACCESS: 'Overdue access',
  FREED_UNDER_GRANT: 'Freed under a grant',
  PROTOCOL_VIOLATION: 'Protocol violation',
  KERNEL_FAILURE: 'Kernel failure',
  UNENDED_OPERATION: 'Operation that did not end',
};

export function verdict(found) {
  const badge = byId('verdict');
  badge.className = found.clean ? 'badge good' : 'badge bad';
  const bad = found.violations.filter(v => v.kind !== 'UNENDED_OPERATION').reduce((sum, v) => sum + v.count, 0) + found.violationsLeftOut;
  const unmet = found.expectations?.unmet ?? 0;
  if (unmet > 0) {
    say(badge, '✗ ' + count(unmet) + (unmet === 1 ? ' expectation not met' : ' expectations not met'));
  } else if (found.clean) {
    say(badge, bad === 0 ? '✓ No violation so far' : '✓ No violation but those expected');
  } else {
    say(badge, '✗ ' + count(bad) + (bad === 1 ? ' violation' : ' violations'));
  }
}

export function violationList(found) {
  const root = byId('violations');
  const shown = JSON.stringify([found.violations, found.violationsLeftOut]);
  if (root.dataset.shown === shown) return;
  root.dataset.shown = shown;
  if (found.violations.length === 0) {
    root.replaceChildren(element('p', { class: 'note' }, 'None so far: every access was checked against what each device was granted.'));
    return;
  }
  root.replaceChildren(...found.violations.map(violation));
  if (found.violationsLeftOut > 0) {
    root.append(element('p', { class: 'note' }, 'and ' + count(found.violationsLeftOut) + ' of other groups'));
  }
}

function violation(v) {
  const where = [['device', v.device], ['PASID', v.pasid], ['address', v.address], ['frame', v.frame]];
  const packet = Object.entries(v.packet ?? {}).map(([name, value]) => [words(name), value]);
  return element('article', { class: v.kind === 'UNENDED_OPERATION' ? 'panel violation minor' : 'panel violation' },
    element('h3', {}, KINDS[v.kind] ?? v.kind, ' ', element('span', { class: 'times' }, v.count > 1 ? '× ' + count(v.count) : '')),
    element('p', {}, v.text),
    fieldList('where', where),
    ...(packet.length === 0 ? [] : [element('h4', {}, v.count > 1 ? 'The packet of the first' : 'The packet'), fieldList('packet', packet)]));
}

/** Names and values, as pairs that stay together where a line ends. */
function fieldList(kind, fields) {
  return element('dl', { class: kind }, ...fields.filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, String(value)))));
}

export function processTable(table, devices) {
  const rows = table?.processes ?? [];
  const head = element('tr', {}, ...['Process', 'State', 'PASID', 'ASID', 'Buffer', 'Pages', 'Devices'].map(name => element('th', { scope: 'col' }, name)));
  const body = rows.map(row => element('tr', {},
    element('th', { scope: 'row' }, row.name),
    ...[row.state, row.pasid ?? '–', row.asid ?? '–', row.buffer, count(row.pages), row.devices.length === 0 ? '–' : row.devices.join(', ')]
      .map(cell => element('td', {}, String(cell)))));
  byId('processes').replaceChildren(element('thead', {}, head),
    element('tbody', {}, ...(rows.length === 0 ? [element('tr', {}, element('td', { colspan: 7 }, 'No process yet.'))] : body)));
  byId('quarantine').replaceChildren(...(table?.quarantined ?? []).map(each =>
    element('li', {}, `PASID ${each.pasid} is in quarantine: ${each.devices.join(', ')} ${each.why}`)),
  ...devices.filter(device => device.attached && device.isolated).map(device =>
    element('li', { class: 'isolated' }, `${device.name} (${device.id}) is ${device.isolated}`)));
}

/** Every number of a part of the summary, by the words of its place. */
function numbers(part, place = '', found = new Map()) {
  for (const [name, value] of Object.entries(part)) {
    const label = (place + ' ' + words(name)).trim();
    if (value === null || typeof value === 'number') {
      found.set(label, name === 'hitRatio' ? percent(value) : count(value));
    } else if (typeof value === 'object' && !Array.isArray(value)) numbers(value, label, found);
  }
  return found;
}

function counterTable(title, heads, columns) {
  const names = [...new Set(columns.flatMap(column => [...column.keys()]))];
  return element('table', {},
    element('caption', {}, title),
    element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'Counter'), ...heads.map(head => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, ...names.map(name => element('tr', {},
      element('th', { scope: 'row' }, name), ...columns.map(column => element('td', {}, column.get(name) ?? '–'))))));
}

export function allCounters(summary) {
  const root = byId('counters');
  if (!root.parentElement.open) return;
  const parts = Object.entries(summary).filter(([name, part]) => name !== 'devices' && !Array.isArray(part));
  root.replaceChildren(
    counterTable('Devices', summary.devices.map(d => d.name + ' ' + d.id + (d.attached ? '' : ' (gone)')), summary.devices.map(d => numbers(d))),
    ...parts.map(([name, part]) => counterTable(words(name), ['value'], [numbers(part)])));
}
