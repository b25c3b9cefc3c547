// The mouse, or a finger, on the timeline: it seeks, moves, zooms and chooses.
'use strict';

const NEAR = 4; // how far a pointer may move in a click

function pointer(view) {
  const {plot} = view;
  const hint = byId('lanes-hint');
  const at = e => {
    const box = plot.getBoundingClientRect();
    return {x: e.clientX - box.left, y: e.clientY - box.top};
  };
  const seek = x => view.on.seek(Math.max(0, Math.min(view.log.total, view.even ? Math.round(view.valueAt(x)) : view.log.stepAt(view.valueAt(x)))));
  let drag = null;
  plot.addEventListener('pointerdown', e => {
    const {x, y} = at(e);
    if (e.button !== 0 || x > plot.clientWidth) return;
    drag = {x, y, from: view.from, scroll: plot.scrollTop, ruler: y < RULER || Math.abs(x - view.x(view.at)) < NEAR, moved: false};
    if (x < view.left) drag.label = true;
    plot.setPointerCapture(e.pointerId);
    if (drag.ruler && !drag.label) seek(x);
  });
  plot.addEventListener('pointermove', e => {
    const {x, y} = at(e);
    if (!drag) {
      plot.classList.toggle('on-ruler', y < RULER || Math.abs(x - view.x(view.at)) < NEAR);
      plot.classList.toggle('on-label', x < view.left && y > RULER);
      hint.textContent = pointedAt(view, x, y);
      return;
    }
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > NEAR;
    if (drag.label) return;
    if (drag.ruler) seek(x);
    else if (drag.moved) {
      plot.classList.add('dragged');
      const size = view.to - view.from;
      plot.scrollTop = drag.scroll - (y - drag.y);
      view.move(drag.from - ((x - drag.x) / (view.width - view.left - view.right)) * size, size);
    }
  });
  const up = e => {
    if (drag && !drag.moved && e.type === 'pointerup') {
      if (drag.label) pressLabel(view, drag.y);
      else if (!drag.ruler) seek(drag.x);
    }
    drag = null;
    plot.classList.remove('dragged');
  };
  plot.addEventListener('pointerup', up);
  plot.addEventListener('pointercancel', up);
  plot.addEventListener('pointerleave', () => { hint.textContent = ''; });
  plot.addEventListener('wheel', e => {
    const {x} = at(e);
    if (x < view.left) return; // over the names it scrolls
    e.preventDefault();
    if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) view.pan((e.deltaX || e.deltaY) / 900);
    else view.zoom(1.0018 ** e.deltaY, view.valueAt(x));
  }, {passive: false});
}

// What the pointer is over, in words, for the line above the lanes.
function pointedAt(view, x, y) {
  const i = Math.floor((y - RULER + view.plot.scrollTop) / view.row);
  const lane = view.lanes[i];
  if (!lane || x < view.left || y < RULER) return '';
  const value = view.valueAt(x);
  const reach = (view.to - view.from) / (view.width - view.left) * 2.5; // a thin stretch is hard to hit
  let best = null;
  for (const [s] of view.seen(lane.list)) {
    const from = view.value(s.from), to = view.value(s.to);
    if (from - reach > value) break;
    if (to + reach >= value && (!best || s.kind === 'run' || (best.kind !== 'run' && to - from < view.value(best.to) - view.value(best.from)))) best = s;
  }
  if (!best) return lane.kind === 'loop' ? 'the loop is awake' : '';
  const {log} = view;
  const took = span(log.time(best.to) - log.time(best.from));
  const name = lane.kind === 'group' ? plain(`{t${log.poll(best.from)?.task}}`, log) : lane.name;
  const doing = {
    run: `runs ${took}`, queue: `in the queue for ${took}`, sleep: `sleeps ${took}`,
    wait: `waits ${took}${best.on ? ` for ${plain(waitName({...best.on, task: lane.task?.number}, log), log)}` : ''}`,
  };
  return `${name} ${doing[best.kind]}`;
}

// A press on the name of a lane.
function pressLabel(view, y) {
  const lane = view.lanes[Math.floor((y - RULER + view.plot.scrollTop) / view.row)];
  if (!lane) return;
  if (lane.kind === 'group') view.on.fold(false);
  else view.on.select(lane.kind === 'loop' || lane.task.number === view.selected ? 0 : lane.task.number);
}
