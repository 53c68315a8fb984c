// Streams and their PASIDs, as stream table and context tables have them.

import { byId, count, element, say } from './text.js';

const STREAM = ['Stream', 'Device', 'Config', 'EATS', 'S1DSS', 'S1STALLD', 'VMID'];
const PASID = ['PASID', 'ASID', 'TTB0', 'Bits', 'Faults', 'Granted'];

export function streamTable(table) {
  byId('processes-panel').hidden = table?.external === true; // Such a guest has processes of its own.
  if (table === null) return;
  say(byId('stream-table'), table.smmu);
  const head = element('tr', {}, ...[...STREAM, ...PASID].map(name => element('th', { scope: 'col' }, name)));
  const body = table.streams.length === 0 ? [element('tr', {}, element('td', { colspan: STREAM.length + PASID.length }, 'No device yet.'))]
    : table.streams.flatMap(lines);
  byId('streams').replaceChildren(element('thead', {}, head), element('tbody', {}, ...body));
  const left = table.streamsLeft === 0 ? [] : [`and ${count(table.streamsLeft)} streams more`];
  byId('stream-remarks').replaceChildren(
    ...[...table.streams.flatMap(remarks), ...left].map(text => element('li', {}, text)),
    ...(table.external ? table.isolated : []).map(text => element('li', { class: 'isolated' }, text)));
}

/** A line for each PASID; what is of the stream stands once. */
function lines(row) {
  const contexts = row.contexts.length === 0 ? [null] : row.contexts, span = { rowspan: contexts.length };
  const stream = [device(row), row.config, row.ste?.eats, row.ste?.s1dss,
    row.ste ? Number(row.ste.s1stalld) : null, row.ste?.vmid];
  return contexts.map((context, i) => element('tr', {},
    ...(i > 0 ? [] : [element('th', { scope: 'rowgroup', ...span }, row.streamId), ...stream.map(value => cell(value, span))]),
    ...[context?.pasid, context?.asid, context?.ttb0, context?.bits, context?.faults || null, context ? count(context.granted) : null].map(value => cell(value))));
}

/** A name that a device has by default tells where it is. */
const device = row => row.device === null ? 'platform' : row.device.endsWith(row.id) ? row.device : `${row.device} (${row.id})`;

const cell = (value, attributes = {}) => element('td', attributes, String(value ?? '–'));

function remarks(row) {
  const of = `stream ${row.streamId}`;
  const left = row.contextsLeft === 0 ? [] : [`${of}: and ${count(row.contextsLeft)} PASIDs more`];
  return [
    ...(row.refused === null ? [] : [`${of}: ${row.refused}`]),
    ...row.contexts.filter(each => each.refused !== null)
      .map(each => `${of} ${each.pasid === null ? 'without PASID' : 'PASID ' + each.pasid}: ${each.refused}`),
    ...left,
    ...row.remarks.map(each => `${of}: ${each}`)];
}
