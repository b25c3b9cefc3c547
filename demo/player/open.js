// How the page begins: it takes the log that it holds, or asks for one.
'use strict';

// What the address asks for: {n, task}.
function fragment() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const number = name => (/^\d+$/.test(asked.get(name) ?? '') ? Number(asked.get(name)) : undefined);
  return {n: number('n'), task: number('task') ?? 0};
}

// The kinds of waiting, as the lanes draw them.
function legend() {
  const scale = devicePixelRatio || 1;
  const kinds = [['run', 'runs'], ['queue', 'queued'], ['sockets', 'socket'], ['timers', 'timer'], ['locks', 'lock'], ['joins', 'join'], ['pool', 'blocking job']];
  byId('legend').replaceChildren(...kinds.map(([kind, name]) => {
    const item = document.createElement('li');
    const canvas = document.createElement('canvas');
    canvas.width = 26 * scale;
    canvas.height = 16 * scale;
    const c = canvas.getContext('2d');
    c.scale(scale, scale);
    c.fillStyle = Colors.get('c1');
    if (kind === 'run') c.fillRect(11, 1, 3, 14);
    else if (kind === 'queue') {
      c.globalAlpha = 0.5;
      c.fillRect(6, 4, 12, 8);
    } else {
      drawWait(c, kind, 0, 26, 8, 8);
    }
    item.append(canvas, name);
    return item;
  }));
}

// Light or dark, as the reader's system has it, until a press says otherwise.
const night = matchMedia('(prefers-color-scheme: dark)');
document.documentElement.dataset.theme = night.matches ? 'dark' : 'light';
night.addEventListener('change', () => {
  document.documentElement.dataset.theme = night.matches ? 'dark' : 'light';
  window.player?.repaint();
});

// For tests and consoles. `state` gives the canonical state at a step, as JSON: see `canonical`.
window.roundabout = {
  ready: false, errors: [], total: 0,
  get n() { return window.player?.n ?? 0; },
  get playing() { return window.player?.playing ?? false; },
  seek: n => window.player.seek(n, 0),
  step: way => window.player.step(way),
  turn: way => window.player.turn(way),
  play: () => window.player.play(),
  pause: () => window.player.pause(),
  state: (n = window.player.n) => canonical(window.player.tape.at(n)),
};
addEventListener('error', event => window.roundabout.errors.push(String(event.message)));
addEventListener('unhandledrejection', event => window.roundabout.errors.push(String(event.reason)));

// Opens a log; where it cannot be read, says why and asks for another.
function begin(text) {
  const empty = byId('empty');
  try {
    const log = Log.parse(text);
    legend();
    window.player = new Player(log);
    empty.hidden = true;
    Object.assign(window.roundabout, {ready: true, total: log.total});
  } catch (why) {
    byId('empty-why').textContent = why.message;
    empty.hidden = false;
    if (!(why instanceof SyntaxError) && why.constructor !== Error) throw why;
  }
}

byId('file').addEventListener('change', async event => begin(await event.target.files[0].text()));
addEventListener('dragover', event => event.preventDefault());
addEventListener('drop', async event => {
  event.preventDefault();
  if (event.dataTransfer.files[0] && !window.player) begin(await event.dataTransfer.files[0].text());
});

{
  const log = byId('log');
  const text = log.textContent;
  log.remove(); // the events are objects from here on: the text need not be kept as well
  if (text.trim()) begin(text);
  else byId('empty').hidden = false;
}
