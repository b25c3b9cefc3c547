// How the lanes look: each function draws one kind of thing of a lane whose middle is at `y`.
//
// `view` is the timeline: it knows where on the canvas an event lies, and which stretches of a lane are in view.
'use strict';

function paintLoop(c, view, lane, y, tall) {
  const x0 = Math.max(view.left, view.x(0)), x1 = Math.min(view.width, view.x(view.all()));
  c.fillStyle = Colors.get('asleep');
  c.fillRect(x0, y - tall / 2, x1 - x0, tall);
  // A sleep ends for microseconds, which are less than a pixel: so each two pixels tell what part of them was wakeful,
  // and any wakefulness is seen.
  const wide = 2;
  const awake = new Float32Array(Math.max(0, Math.ceil((x1 - x0) / wide))).fill(1);
  for (const [, from, to] of view.seen(lane.list)) {
    const first = Math.max(0, Math.floor((from - x0) / wide)), last = Math.min(awake.length - 1, Math.floor((to - x0) / wide));
    for (let i = first; i <= last; i++) {
      awake[i] -= (Math.min(to - x0, (i + 1) * wide) - Math.max(from - x0, i * wide)) / wide;
    }
  }
  c.fillStyle = Colors.get('awake');
  const alpha = c.globalAlpha;
  for (const [i, part] of awake.entries()) {
    if (part < 1e-4) continue;
    // As the eye takes it: a hundredth is to be seen, and to look like little.
    c.globalAlpha = alpha * (0.1 + 0.9 * Math.sqrt(part));
    c.fillRect(x0 + i * wide, y - tall / 2, Math.min(wide, x1 - x0 - i * wide), tall);
  }
  c.globalAlpha = alpha;
}

function paintGroup(c, view, lane, y, tall) {
  const color = Colors.get('cgroup');
  const alpha = c.globalAlpha;
  const from = Math.min(...lane.tasks.map(task => task.from)), to = Math.max(...lane.tasks.map(task => task.to));
  c.fillStyle = color;
  c.globalAlpha = alpha * 0.25;
  pill(c, view.x(view.value(from)), view.x(view.value(to)), y, tall * 0.45);
  c.globalAlpha = alpha;
  paintRuns(c, view, lane.list, y, tall);
}

function paintTask(c, view, lane, y, tall) {
  const color = Colors.get(`c${lane.color}`);
  const alpha = c.globalAlpha;
  c.fillStyle = c.strokeStyle = color;
  const band = tall * 0.42;
  let solid = -9;
  for (const [s, x0, x1] of view.seen(lane.list)) {
    if (s.kind === 'wait') {
      if (x1 - solid < 0.5) continue;
      drawWait(c, s.bay, x0, x1, y, band, alpha);
    }
    solid = x1;
  }
  c.globalAlpha = alpha * 0.5;
  for (const [s, x0, x1] of view.seen(lane.list)) {
    // A queue of microseconds beside a wait of milliseconds is not to be seen, as it is nothing.
    if (s.kind === 'queue' && x1 - x0 > 0.7) c.fillRect(x0, y - tall * 0.3, x1 - x0, tall * 0.6);
  }
  c.globalAlpha = alpha;
  paintRuns(c, view, lane.list, y, tall);
  paintSpans(c, view, lane, y, tall);
  paintEnd(c, view, lane, y, tall, color);
}

function paintRuns(c, view, list, y, tall) {
  let last = -9;
  for (const [s, x0, x1] of view.seen(list)) {
    if (s.kind !== 'run' || Math.max(x1, x0 + 2) - last < 0.8) continue;
    const width = Math.max(2.2, x1 - x0);
    c.beginPath();
    c.roundRect(x0, y - tall / 2, width, tall, Math.min(3, width / 2));
    c.fill();
    last = x0 + width;
  }
}

// The program's own spans, as far as there is room for their names.
function paintSpans(c, view, lane, y, tall) {
  if (!lane.task?.spans.length || lane.kind !== 'task' || view.row < tall + view.text * 0.9) return;
  c.font = `${view.text * 0.78}px ${Colors.get('sans')}`;
  c.textBaseline = 'top';
  c.fillStyle = Colors.get('soft');
  for (const span of lane.task.spans) {
    const x0 = Math.max(view.left, view.x(view.value(span.from))), x1 = view.x(view.value(span.to));
    if (x1 < view.left || x0 > view.width || x1 - x0 < c.measureText(span.name).width + 6) continue;
    c.fillText(span.name, x0 + 3, y + tall / 2 + 1);
  }
}

// How it ended: a disc with a tick, or a cross.
function paintEnd(c, view, lane, y, tall, color) {
  const {how, to} = lane.child ?? lane.task;
  if (!how) return;
  const x = view.x(view.value(to)) + tall * 0.12;
  if (x < view.left - 20 || x > view.width + 20) return;
  const r = Math.min(tall * 0.42, 9);
  const bad = how !== 'ready';
  c.fillStyle = bad ? Colors.get('paper') : color;
  c.strokeStyle = bad ? color : Colors.get('paper');
  c.lineWidth = 2;
  c.beginPath();
  c.arc(x, y, r, 0, 7);
  c.fill();
  c.stroke();
  c.strokeStyle = bad ? color : Colors.on(color);
  c.lineWidth = 1.7;
  c.lineCap = 'round';
  c.beginPath();
  if (bad) {
    c.moveTo(x - r * 0.35, y - r * 0.35);
    c.lineTo(x + r * 0.35, y + r * 0.35);
    c.moveTo(x + r * 0.35, y - r * 0.35);
    c.lineTo(x - r * 0.35, y + r * 0.35);
  } else {
    c.moveTo(x - r * 0.42, y + r * 0.05);
    c.lineTo(x - r * 0.1, y + r * 0.38);
    c.lineTo(x + r * 0.45, y - r * 0.32);
  }
  c.stroke();
  c.lineCap = 'butt';
}

// What the program notes, and what goes wrong, as a small square on its tip above the lane.
function paintMarks(c, view) {
  const r = view.text * 0.3;
  c.fillStyle = Colors.get('accent');
  for (const {n, task} of view.log.marks) {
    const x = view.x(view.value(n));
    const i = task ? view.laneOf.get(task) : 0;
    if (x < view.left - r || x > view.width || i === undefined) continue;
    const y = view.y(i) - view.row * 0.4;
    c.beginPath();
    c.moveTo(x, y - r);
    c.lineTo(x + r, y);
    c.lineTo(x, y + r);
    c.lineTo(x - r, y);
    c.fill();
  }
}

function pill(c, x0, x1, y, tall) {
  c.beginPath();
  c.roundRect(x0, y - tall / 2, Math.max(x1 - x0, tall), tall, tall / 2);
  c.fill();
}

// The band of a task that waits. What it waits for is told by the shape, not by colour: see the legend.
function drawWait(c, bay, x0, x1, y, tall, alpha = 1) {
  c.globalAlpha = alpha * 0.32;
  switch (bay) {
    case 'timers': // dashes
      for (let x = x0 - (x0 % 9); x < x1; x += 9) {
        const from = Math.max(x, x0), to = Math.min(x + 5.5, x1);
        if (to > from) c.fillRect(from, y - tall * 0.35, to - from, tall * 0.7);
      }
      break;
    case 'locks': // two rails
      c.fillRect(x0, y - tall * 0.5, x1 - x0, tall * 0.3);
      c.fillRect(x0, y + tall * 0.2, x1 - x0, tall * 0.3);
      break;
    case 'joins': // a thread
      c.fillRect(x0, y - 1, x1 - x0, 2);
      break;
    case 'pool': // dots
      for (let x = x0 - (x0 % 7) + 3; x < x1; x += 7) {
        c.beginPath();
        c.arc(Math.max(x, x0), y, tall * 0.28, 0, 7);
        c.fill();
      }
      break;
    default:
      c.fillRect(x0, y - tall / 2, x1 - x0, tall);
  }
  c.globalAlpha = alpha;
}
