// The live page: loads what the machine keeps, follows what is new, and draws.

import { AtcMaps } from './atc.js';
import { Changes } from './changes.js';
import { listenToView } from './charts.js';
import { Curves } from './curves.js';
import { Hand } from './hand.js';
import { History } from './history.js';
import { PaceButtons } from './pace.js';
import { Panels } from './panels.js';
import { Picture } from './picture.js';
import { streamTable } from './streams.js';
import { allCounters, processTable, verdict, violationList } from './tables.js';
import { byId, moment, say } from './text.js';
import { TokenForm } from './token.js';

const DRAW_MILLIS = 400;
const ASK_MILLIS = 1000;
const STATES = { real: 'running', running: 'running, simulated', paused: 'paused', over: 'the run is over' };

const history = new History();
const panels = new Panels(history);
const picture = new Picture(history);
const curves = new Curves();
const changes = new Changes(history);
const atcMaps = new AtcMaps();
const token = new TokenForm();
const pace = new PaceButtons(history, token);
const hand = new Hand(token);
let known = { summary: null, processes: null, streams: null };
let changesVersion = -1;
let asked = false;
let loading = false;
let drawTimer = null;

async function json(path) {
  const answer = await fetch(path, { cache: 'no-store' });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

/** Of a machine that has not started yet there is none. */
async function ifAny(path) {
  try {
    return await json(path);
  } catch {
    return null;
  }
}

function problem(text) {
  byId('problem').hidden = text === '';
  say(byId('problem'), text);
}

/** What is too large for every sample: asked for now and then, and only if something is new. */
async function ask() {
  if (asked) {
    asked = false;
    try {
      known.summary = await json('/api/summary');
      known.streams = await ifAny('/api/streams');
      known.processes = known.streams?.external ? null : await ifAny('/api/processes');
      await changes.load(changesVersion);
      await atcMaps.load(known.summary.devices);
      problem('');
      show();
    } catch (failure) {
      asked = true;
      problem('The machine does not answer: ' + failure.message);
    }
  }
  setTimeout(ask, ASK_MILLIS);
}

function show() {
  const { summary, processes, streams } = known;
  panels.name(summary.devices);
  verdict(summary.verdict);
  violationList(summary.verdict);
  processTable(processes, summary.devices);
  streamTable(streams);
  hand.update(history.state === 'real' ? processes : null, summary.devices);
  allCounters(summary);
  curves.update(summary.devices);
  picture.update(summary, processes);
  soon();
  document.body.dataset.shown = String(Number(document.body.dataset.shown ?? 0) + 1);
}

function draw() {
  drawTimer = null;
  say(byId('machine'), history.machine);
  document.title = history.machine + ' · Smmulator';
  say(byId('state'), STATES[history.state] ?? history.state);
  say(byId('time'), 'at ' + moment(history.now, history.virtual));
  pace.update();
  panels.update();
  document.body.dataset.samples = String(history.t.length);
  document.body.dataset.steps = String(history.stepsBegun);
}

function soon() {
  drawTimer ??= setTimeout(draw, DRAW_MILLIS);
}

async function load() {
  loading = true;
  try {
    history.load(await json('/api/history'));
  } finally {
    loading = false;
  }
  asked = true;
  soon();
}

/** The browser connects again by itself; what was missed meanwhile the machine still has. */
function follow() {
  const stream = new EventSource('/api/stream');
  let missed = false;
  stream.addEventListener('open', () => {
    if (missed) load().catch(failure => problem(failure.message));
    missed = false;
    problem('');
  });
  stream.addEventListener('error', () => {
    missed = true;
    problem('No connection to the machine; it may have ended.');
  });
  stream.addEventListener('message', event => {
    const news = JSON.parse(event.data), before = history.state;
    const drawn = history.append(news);
    if (drawn || news.changes !== changesVersion || history.state !== before) asked = true;
    changesVersion = news.changes;
    if (history.isFull && !loading) load().catch(failure => problem(failure.message));
    soon();
  });
}

function theme() {
  const chosen = localStorage.getItem('theme');
  if (chosen) document.documentElement.dataset.theme = chosen;
  const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const redraw = () => {
    say(byId('theme'), isDark() ? 'Light' : 'Dark');
    panels.forgetColours();
    if (known.summary) show();
    curves.forgetColours();
    atcMaps.draw();
  };
  byId('theme').addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    localStorage.setItem('theme', next);
    redraw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  redraw();
}

listenToView(history);
theme();
load().catch(failure => problem('The machine does not answer: ' + failure.message));
follow();
ask();
byId('counters').parentElement.addEventListener('toggle', () => known.summary && allCounters(known.summary));
addEventListener('resize', () => known.summary && picture.update(known.summary, known.processes));
