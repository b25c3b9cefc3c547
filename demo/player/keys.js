// The keyboard: one table, of which the help is made as well.
'use strict';

// What is shown of the keys, what they are for, and what each does, by the name that browsers have for it.
const KEYS = [
  [['Space', 'k'], 'play, pause', {' ': p => p.toggle(), k: p => p.toggle()}],
  [['→', '←'], 'a step on, back', {ArrowRight: p => p.step(1), ArrowLeft: p => p.step(-1)}],
  [['Shift →', 'Shift ←'], 'a turn of the loop on, back', {'Shift ArrowRight': p => p.turn(1), 'Shift ArrowLeft': p => p.turn(-1)}],
  [['Home', 'End'], 'to the start, to the end', {Home: p => p.seek(0), End: p => p.seek(p.log.total)}],
  [['<', '>'], 'slower, faster', {'<': p => p.faster(-1), '>': p => p.faster(1)}],
  [['+', '−'], 'zoom in, out around the playhead', {'+': p => p.timeline.zoom(0.6), '=': p => p.timeline.zoom(0.6), '-': p => p.timeline.zoom(1 / 0.6)}],
  [['0'], 'the whole run in view', {0: p => p.timeline.fit()}],
  [['a', 'd'], 'the timeline to the left, to the right', {a: p => p.timeline.pan(-0.2), d: p => p.timeline.pan(0.2)}],
  [['x'], 'even steps instead of time', {x: p => p.axis(!p.timeline.even)}],
  [['g'], 'fold, unfold groups', {g: p => p.fold(!p.timeline.folded)}],
  [['1', '2', '3'], 'roundabout, machine room, steps', {1: p => { p.view = 'stage'; }, 2: p => { p.view = 'room'; }, 3: p => { p.view = 'steps'; }}],
  [['[', ']'], 'only the task before, after', {'[': p => nextTask(p, -1), ']': p => nextTask(p, 1)}],
  [['/'], 'search; Enter: the next find', {'/': toSearch}],
  [['n', 'N'], 'the next find, the one before', {n: p => p.steps.go(1), N: p => p.steps.go(-1)}],
  [['Esc'], 'all tasks again, no search', {Escape: showAll}],
  [['t'], 'light, dark', {t: p => p.theme()}],
  [['?'], 'this help', {'?': () => byId('help').showModal()}],
];
const ACTS = Object.assign({}, ...KEYS.map(([, , acts]) => acts));

function nextTask(player, way) {
  const tasks = [0, ...player.log.tasks.keys()];
  player.select(tasks[(tasks.indexOf(player.selected) + way + tasks.length) % tasks.length]);
}

function toSearch(player) {
  player.view = 'steps';
  player.steps.search.focus();
  player.steps.search.select();
}

function showAll(player) {
  player.steps.search.value = player.steps.query = '';
  player.select(0);
}

function keys(player) {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
    const {target, key} = event;
    // A field of text keeps its keys, and a control those that it needs itself.
    if (target.matches('input[type="search"], select')) return;
    if (target.matches('button') && (key === ' ' || key === 'Enter')) return;
    if (target.matches('[role="tab"]') && key.startsWith('Arrow')) return tabs(player, event);
    // In the list of steps, up and down are back and on.
    const inList = target.id === 'list' && {ArrowUp: 'ArrowLeft', ArrowDown: 'ArrowRight'}[key];
    const act = ACTS[(event.shiftKey && `Shift ${key}`) in ACTS ? `Shift ${key}` : inList || key];
    if (!act) return;
    event.preventDefault();
    act(player);
  });
}

// Arrows go from tab to tab, as people who use the keyboard expect of tabs.
function tabs(player, event) {
  const way = {ArrowRight: 1, ArrowLeft: -1}[event.key];
  if (!way) return;
  event.preventDefault();
  const all = ['stage', 'room', 'steps'];
  player.view = all[(all.indexOf(player.view) + way + all.length) % all.length];
  byId(`tab-${player.view}`).focus();
}

function help() {
  const rows = KEYS.map(([names, what]) => `<div><dt>${names.map(name => `<kbd>${escaped(name)}</kbd>`).join(' ')}</dt><dd>${what}</dd></div>`);
  byId('help').innerHTML = '<h2 id="help-title">How to watch</h2>' +
    '<p>One thread runs all tasks. It polls the front of the run queue; the task drives around the circle until it cannot go on, and parks in a bay named for what it waits on. ' +
    'A wake sends it from its bay back to the queue. When nobody is in the queue, the thread sleeps.</p>' +
    '<p>In the timeline the wheel zooms, dragging moves, a press goes to that moment, and a press on a name shows that task alone. The address holds the step: send it to point at a moment.</p>' +
    `<dl>${rows.join('')}</dl><form method="dialog"><button>Close</button></form>`;
}
