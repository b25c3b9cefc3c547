// The arrows of the timeline, from the wake to the poll that it led to.
'use strict';

// All arrows from wake to poll where they can be told apart, and always that of the present step.
function paintArrows(c, view, n) {
  const {wakes} = view.log;
  const from = view.even ? view.from : view.log.stepAt(view.from), to = view.even ? view.to : view.log.stepAt(view.to);
  let low = 0, high = wakes.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (wakes[mid].n < from) low = mid + 1;
    else high = mid;
  }
  let end = low;
  while (end < wakes.length && wakes[end].n <= to && end - low <= 90) end++;
  c.save();
  c.beginPath();
  c.rect(view.left - 8, RULER, view.width, view.height);
  c.clip();
  if (end - low <= 90) {
    c.globalAlpha = 0.35;
    c.strokeStyle = c.fillStyle = Colors.get('faint');
    c.lineWidth = 1.2;
    for (let i = low; i < end; i++) arrow(c, view, wakes[i], 5);
    c.globalAlpha = 1;
  }
  const e = view.log.event(n);
  const now = view.log.wakeOf.get(e?.what === 'queued' ? e.n : view.log.poll(n)?.from);
  if (now) {
    c.strokeStyle = c.fillStyle = Colors.get('accent');
    c.lineWidth = 1.8;
    c.setLineDash([4, 4]);
    arrow(c, view, now, 7);
  }
  c.restore();
}

function arrow(c, view, wake, head) {
  const to = view.laneOf.get(wake.task);
  const from = wake.by.kind === 'task' ? view.laneOf.get(wake.by.id) : 0;
  if (to === undefined || from === undefined || !wake.poll) return;
  const x0 = view.x(view.value(wake.n)), x1 = view.x(view.value(wake.poll));
  const down = to >= from ? 1 : -1;
  const y0 = view.y(from) + down * view.row * 0.3, y1 = view.y(to) - (to === from ? -1 : down) * view.row * 0.3;
  const bend = (y1 - y0) * 0.45;
  c.beginPath();
  c.moveTo(x0, y0);
  c.bezierCurveTo(x0, y0 + bend, x1, y1 - bend, x1, y1 - down * head * 0.7);
  c.stroke();
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x1 - head * 0.55, y1 - down * head);
  c.lineTo(x1 + head * 0.55, y1 - down * head);
  c.fill();
}
