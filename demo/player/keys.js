// The keyboard: one table, from which the help is made as well.
'use strict';

const KEYS = [
  [['Space', 'k'], 'play, pause', p => p.toggle(), [' ', 'k']],
  [['→', '←'], 'a step on, back', null],
  [['Shift →', 'Shift ←'], 'a turn of the loop on, back', null],
  [['Home', 'End'], 'to the start, to the end', null],
  [['<', '>'], 'slower, faster', null],
  [['+', '−'], 'zoom in, out around the playhead', null],
  [['0'], 'the whole run in view', p => p.timeline.fit(), ['0']],
  [['a', 'd'], 'the timeline to the left, to the right', null],
  [['x'], 'even steps instead of time', p => p.axis(!p.timeline.even), ['x']],
  [['g'], 'fold, unfold groups', p => p.fold(!p.timeline.folded), ['g']],
  [['1', '2', '3'], 'roundabout, machine room, steps', null],
  [['[', ']'], 'only the task before, after', null],
  [['/'], 'search; Enter: the next find', null],
  [['n', 'N'], 'the next find, the one before', null],
  [['Esc'], 'all tasks again, no search', null],
  [['t'], 'light, dark', p => p.theme(), ['t']],
  [['?'], 'this help', () => byId('help').showModal(), ['?']],
];

// What a key does, by its name; with Shift as the browser names it then.
const ACTS = {
  ArrowRight: (p, shift) => (shift ? p.turn(1) : p.step(1)),
  ArrowLeft: (p, shift) => (shift ? p.turn(-1) : p.step(-1)),
  Home: p => p.seek(0),
  End: p => p.seek(p.log.total),
  '<': p => p.faster(-1),
  '>': p => p.faster(1),
  '+': p => p.timeline.zoom(0.6),
  '=': p => p.timeline.zoom(0.6),
  '-': p => p.timeline.zoom(1 / 0.6),
  a: p => p.timeline.pan(-0.2),
  d: p => p.timeline.pan(0.2),
  1: p => { p.view = 'stage'; },
  2: p => { p.view = 'room'; },
  3: p => { p.view = 'steps'; },
  '[': p => nextTask(p, -1),
  ']': p => nextTask(p, 1),
  '/': p => {
    p.view = 'steps';
    p.steps.search.focus();
    p.steps.search.select();
  },
  n: p => p.steps.go(1),
  N: p => p.steps.go(-1),
  Escape: p => {
    p.steps.search.value = p.steps.query = '';
    p.select(0);
  },
};
for (const [, , act, names] of KEYS) for (const name of names ?? []) ACTS[name] = act;

function nextTask(player, way) {
  const tasks = [0, ...player.log.tasks.keys()];
  player.select(tasks[(tasks.indexOf(player.selected) + way + tasks.length) % tasks.length]);
}

function keys(player) {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
    const {target} = event;
    // A field of text keeps its keys, and a control those that it needs itself.
    if (target.matches('input[type="search"], select')) return;
    if (target.matches('button') && (event.key === ' ' || event.key === 'Enter')) return;
    if (target.matches('[role="tab"]') && event.key.startsWith('Arrow')) return tabs(player, event);
    const act = ACTS[event.key];
    if (!act) return;
    event.preventDefault();
    act(player, event.shiftKey);
  });
}

// Arrows go from tab to tab, as people who use the keyboard expect of tabs.
function tabs(player, event) {
  const all = ['stage', 'room', 'steps'];
  const way = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (!way) return;
  event.preventDefault();
  player.view = all[(all.indexOf(player.view) + way + 3) % 3];
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
