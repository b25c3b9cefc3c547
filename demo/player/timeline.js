// The timeline: lanes on a canvas, with the playhead and the arrows from wake to poll on a second one above it, so that
// playing does not draw the lanes again.
'use strict';

const RULER = 30; // the height of the scale at the top
const NEAR = 4; // how far a pointer may move in a click

class Timeline {
  folded = true;
  even = false; // equal steps, instead of time
  selected = 0;
  #n = 0;
  #at = 0; // the playhead, in units of the axis
  #hover = null;

  // `on.seek(n)` and `on.select(task)` are called for what the pointer does.
  constructor(log, on) {
    this.log = log;
    this.on = on;
    this.stretches = new Stretches(log);
    this.plot = byId('plot');
    this.base = byId('plot-base').getContext('2d');
    this.over = byId('plot-over').getContext('2d');
    this.#lanes();
    this.fit();
    new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(this.plot);
    this.plot.addEventListener('scroll', () => this.draw());
    this.#pointer();
  }

  // The axis: time in ns, or steps.
  #value(n) {
    return this.even ? n : this.log.time(n);
  }

  #all() {
    return this.#value(this.log.total) || 1;
  }

  #x(value) {
    return this.left + ((value - this.from) / (this.to - this.from)) * (this.width - this.left - this.right);
  }

  #valueAt(x) {
    return this.from + ((x - this.left) / (this.width - this.left - this.right)) * (this.to - this.from);
  }

  #lanes() {
    this.lanes = lanesOf(this.log, this.stretches, this.folded);
    this.laneOf = new Map();
    this.lanes.forEach((lane, i) => {
      if (lane.kind === 'task') this.laneOf.set(lane.id, i);
      if (lane.kind === 'group') for (const task of lane.tasks) this.laneOf.set(task.number, i);
    });
  }

  fold(folded) {
    this.folded = folded;
    this.#lanes();
    this.draw();
  }

  axis(even) {
    this.even = even;
    this.fit();
    this.show(this.#n);
  }

  fit() {
    this.from = 0;
    this.to = this.#all() * 1.005;
    this.draw();
  }

  // Zooms by the factor around a value: the playhead, if none is given.
  zoom(factor, around = this.#at) {
    const least = this.even ? 8 : 2000;
    const size = Math.min(this.#all() * 1.005, Math.max(least, (this.to - this.from) * factor));
    const share = Math.min(1, Math.max(0, (around - this.from) / (this.to - this.from)));
    this.#move(around - share * size, size);
  }

  // Moves the view by this share of it.
  pan(share) {
    const size = this.to - this.from;
    this.#move(this.from + share * size, size);
  }

  #move(from, size) {
    this.from = Math.max(0, Math.min(from, this.#all() * 1.005 - size));
    this.to = this.from + size;
    this.draw();
  }

  // The playhead goes to step n, or a part of the way to the next.
  show(n, part = 0) {
    this.#n = n;
    const value = this.#value(n);
    this.#at = value + part * (this.#value(Math.min(n + 1, this.log.total)) - value);
    if (this.#at < this.from || this.#at > this.to) this.#move(this.#at - (this.to - this.from) * 0.2, this.to - this.from);
    else this.#drawOver();
  }

  // Brings the lane of a task into view.
  reveal(task) {
    const i = this.laneOf.get(task);
    if (i === undefined) return;
    const y = i * this.row;
    if (y < this.plot.scrollTop) this.plot.scrollTop = y;
    const low = y + this.row + RULER - this.plot.clientHeight;
    if (low > this.plot.scrollTop) this.plot.scrollTop = low;
  }

  #size() {
    const {clientWidth: width, clientHeight: height} = this.plot;
    const scale = devicePixelRatio || 1;
    for (const {canvas} of [this.base, this.over]) {
      if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
      }
    }
    this.base.setTransform(scale, 0, 0, scale, 0, 0);
    this.over.setTransform(scale, 0, 0, scale, 0, 0);
    this.plot.style.setProperty('--up', `-${height}px`);
    this.width = width;
    this.height = height;
    this.text = textSize();
    this.left = Math.min(width * 0.32, this.text * 10.5);
    this.right = this.text * 1.6;
    const room = (height - RULER - 4) / this.lanes.length;
    this.row = Math.max(this.text * 1.75, Math.min(this.text * 2.9, room));
    byId('plot-size').style.height = `${Math.max(height, this.lanes.length * this.row + RULER + 4)}px`;
  }

  draw() {
    this.#size();
    if (!this.width || !this.height) return;
    const c = this.base;
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(0, RULER, this.width, this.height - RULER);
    c.clip();
    const first = Math.max(0, Math.floor(this.plot.scrollTop / this.row));
    const last = Math.min(this.lanes.length, Math.ceil((this.plot.scrollTop + this.height) / this.row));
    this.#grid(c);
    for (let i = first; i < last; i++) this.#lane(c, this.lanes[i], this.#y(i));
    this.#marks(c);
    c.restore();
    this.#ruler(c);
    this.#drawOver();
  }

  // The middle of a lane.
  #y(i) {
    return RULER + (i + 0.5) * this.row - this.plot.scrollTop;
  }

  #ticks() {
    const room = (this.width - this.left - this.right) / (this.text * 6.5);
    const rough = (this.to - this.from) / Math.max(2, room);
    const ten = 10 ** Math.floor(Math.log10(rough));
    const step = Math.max(this.even ? 1 : 1, ten * [1, 2, 5, 10].find(m => m * ten >= rough));
    const ticks = [];
    for (let v = Math.ceil(this.from / step) * step; v <= this.to; v += step) ticks.push(v);
    return {ticks, step};
  }

  #grid(c) {
    c.strokeStyle = Colors.get('line');
    c.globalAlpha = 0.7;
    c.lineWidth = 1;
    c.beginPath();
    for (const tick of this.#ticks().ticks) {
      const x = Math.round(this.#x(tick)) + 0.5;
      c.moveTo(x, RULER);
      c.lineTo(x, this.height);
    }
    c.stroke();
    c.globalAlpha = 1;
  }

  #ruler(c) {
    const {ticks, step} = this.#ticks();
    c.font = `${this.text * 0.86}px ${Colors.get('sans')}`;
    c.fillStyle = Colors.get('soft');
    c.textBaseline = 'middle';
    c.textAlign = 'center';
    for (const tick of ticks) c.fillText(this.even ? `#${count(tick)}` : tickLabel(tick, step), this.#x(tick), RULER / 2 - 4);
  }

  #lane(c, lane, y) {
    const dim = this.selected && lane.kind !== 'loop' && !this.#isSelected(lane);
    c.globalAlpha = dim ? 0.3 : 1;
    this.#label(c, lane, y);
    c.save();
    c.beginPath();
    c.rect(this.left - 6, 0, this.width - this.left + 6, this.height);
    c.clip();
    const tall = Math.min(this.row * 0.62, this.text * 1.45);
    if (lane.kind === 'loop') this.#loop(c, lane, y, tall);
    else if (lane.kind === 'group') this.#group(c, lane, y, tall * 0.8);
    else this.#task(c, lane, y, lane.kind === 'child' ? tall * 0.72 : tall);
    c.restore();
    c.globalAlpha = 1;
  }

  #isSelected(lane) {
    return lane.kind === 'group' ? lane.tasks.some(task => task.number === this.selected) : lane.task?.number === this.selected;
  }

  #label(c, lane, y) {
    const size = this.text;
    const indent = lane.kind === 'child' ? size * 1.1 : 0;
    let x = size * 1.6 + indent;
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    if (lane.kind === 'task') {
      const r = Math.min(this.row * 0.36, size * 0.75);
      const color = Colors.get(`c${lane.color}`);
      c.fillStyle = color;
      c.beginPath();
      c.arc(x + r, y, r, 0, 7);
      c.fill();
      c.fillStyle = Colors.on(color);
      c.textAlign = 'center';
      c.font = `700 ${r * (lane.id > 99 ? 0.85 : 1.1)}px ${Colors.get('sans')}`;
      c.fillText(lane.id, x + r, y + 0.5);
      c.textAlign = 'left';
      x += r * 2 + size * 0.5;
    }
    const strong = lane.kind === 'loop' || (this.selected && this.#isSelected(lane));
    c.font = `${strong ? '600 ' : ''}${size * (lane.kind === 'child' ? 0.86 : 0.93)}px ${Colors.get('sans')}`;
    c.fillStyle = Colors.get(lane.kind === 'child' ? 'soft' : 'ink');
    const name = lane.kind === 'group' ? `▸ ${lane.name} ×${lane.tasks.length}` : lane.name;
    let length = 24;
    while (length > 5 && c.measureText(short(name, length)).width > this.left - x - 10) length--;
    c.fillText(short(name, length), x, y + 0.5);
  }

  // Stretches that lie in view, those too thin to be seen apart left out.
  *#seen(list) {
    let low = 0, high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.#value(list[mid].to) < this.from) low = mid + 1;
      else high = mid;
    }
    for (let i = low; i < list.length; i++) {
      const from = this.#value(list[i].from);
      if (from > this.to) return;
      const x0 = Math.max(this.#x(from), this.left - 50);
      const x1 = Math.min(this.#x(this.#value(list[i].to)), this.width + 50);
      yield [list[i], x0, x1];
    }
  }

  #loop(c, lane, y, tall) {
    const x0 = Math.max(this.left, this.#x(0)), x1 = Math.min(this.width, this.#x(this.#all()));
    c.fillStyle = Colors.get('asleep');
    c.fillRect(x0, y - tall / 2, x1 - x0, tall);
    // A sleep ends for microseconds, which are less than a pixel: so each two pixels tell what part of them was wakeful,
    // and any wakefulness is seen.
    const wide = 2;
    const awake = new Float32Array(Math.max(0, Math.ceil((x1 - x0) / wide))).fill(1);
    for (const [, from, to] of this.#seen(lane.list)) {
      const first = Math.max(0, Math.floor((from - x0) / wide)), last = Math.min(awake.length - 1, Math.floor((to - x0) / wide));
      for (let i = first; i <= last; i++) {
        awake[i] -= (Math.min(to - x0, (i + 1) * wide) - Math.max(from - x0, i * wide)) / wide;
      }
    }
    c.fillStyle = Colors.get('awake');
    const alpha = c.globalAlpha;
    for (const [i, part] of awake.entries()) {
      if (part < 1e-4) continue;
      c.globalAlpha = alpha * (0.7 + 0.3 * part);
      c.fillRect(x0 + i * wide, y - tall / 2, Math.min(wide, x1 - x0 - i * wide), tall);
    }
    c.globalAlpha = alpha;
  }

  #group(c, lane, y, tall) {
    const color = Colors.get('cgroup');
    const alpha = c.globalAlpha;
    const from = Math.min(...lane.tasks.map(task => task.from)), to = Math.max(...lane.tasks.map(task => task.to));
    c.fillStyle = color;
    c.globalAlpha = alpha * 0.25;
    this.#pill(c, this.#x(this.#value(from)), this.#x(this.#value(to)), y, tall * 0.45);
    c.globalAlpha = alpha;
    this.#runs(c, lane.list, y, tall);
  }

  #task(c, lane, y, tall) {
    const color = Colors.get(`c${lane.color}`);
    const alpha = c.globalAlpha;
    c.fillStyle = c.strokeStyle = color;
    const band = tall * 0.42;
    let solid = -9;
    for (const [s, x0, x1] of this.#seen(lane.list)) {
      if (s.kind === 'wait') {
        if (x1 - solid < 0.5) continue;
        drawWait(c, s.bay, x0, x1, y, band, alpha);
      }
      solid = x1;
    }
    c.globalAlpha = alpha * 0.5;
    for (const [s, x0, x1] of this.#seen(lane.list)) {
      // A queue of microseconds beside a wait of milliseconds is not to be seen, as it is nothing.
      if (s.kind === 'queue' && x1 - x0 > 0.7) c.fillRect(x0, y - tall * 0.3, x1 - x0, tall * 0.6);
    }
    c.globalAlpha = alpha;
    this.#runs(c, lane.list, y, tall);
    this.#spans(c, lane, y, tall);
    this.#end(c, lane, y, tall, color);
  }

  #runs(c, list, y, tall) {
    let last = -9;
    for (const [s, x0, x1] of this.#seen(list)) {
      if (s.kind !== 'run' || Math.max(x1, x0 + 2) - last < 0.8) continue;
      const width = Math.max(2.2, x1 - x0);
      c.beginPath();
      c.roundRect(x0, y - tall / 2, width, tall, Math.min(3, width / 2));
      c.fill();
      last = x0 + width;
    }
  }

  // The program's own spans, as far as there is room for their names.
  #spans(c, lane, y, tall) {
    if (!lane.task?.spans.length || lane.kind !== 'task' || this.row < tall + this.text * 0.9) return;
    c.font = `${this.text * 0.78}px ${Colors.get('sans')}`;
    c.textBaseline = 'top';
    c.fillStyle = Colors.get('soft');
    for (const span of lane.task.spans) {
      const x0 = Math.max(this.left, this.#x(this.#value(span.from))), x1 = this.#x(this.#value(span.to));
      if (x1 < this.left || x0 > this.width || x1 - x0 < c.measureText(span.name).width + 6) continue;
      c.fillText(span.name, x0 + 3, y + tall / 2 + 1);
    }
  }

  // How it ended: a disc with a tick, or a cross.
  #end(c, lane, y, tall, color) {
    const {how, to} = lane.child ?? lane.task;
    if (!how) return;
    const x = this.#x(this.#value(to)) + tall * 0.12;
    if (x < this.left - 20 || x > this.width + 20) return;
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
  #marks(c) {
    const r = this.text * 0.3;
    c.fillStyle = Colors.get('accent');
    for (const {n, task} of this.log.marks) {
      const x = this.#x(this.#value(n));
      const i = task ? this.laneOf.get(task) : 0;
      if (x < this.left - r || x > this.width || i === undefined) continue;
      const y = this.#y(i) - this.row * 0.4;
      c.beginPath();
      c.moveTo(x, y - r);
      c.lineTo(x + r, y);
      c.lineTo(x, y + r);
      c.lineTo(x - r, y);
      c.fill();
    }
  }

  #pill(c, x0, x1, y, tall) {
    c.beginPath();
    c.roundRect(x0, y - tall / 2, Math.max(x1 - x0, tall), tall, tall / 2);
    c.fill();
  }

  #drawOver() {
    const c = this.over;
    if (!this.width) return;
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(this.left - 8, 0, this.width, this.height);
    c.clip();
    this.#arrows(c);
    const x = this.#x(this.#at);
    c.fillStyle = c.strokeStyle = Colors.get('accent');
    c.lineWidth = 1.8;
    c.beginPath();
    c.moveTo(x, RULER - 6);
    c.lineTo(x, this.height);
    c.stroke();
    c.beginPath();
    c.moveTo(x - 6, RULER - 9);
    c.lineTo(x + 6, RULER - 9);
    c.lineTo(x, RULER + 1);
    c.fill();
    c.restore();
  }

  // All arrows from wake to poll where they can be told apart, and always that of the present step.
  #arrows(c) {
    const {wakes} = this.log;
    const from = this.even ? this.from : this.log.stepAt(this.from), to = this.even ? this.to : this.log.stepAt(this.to);
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
    c.rect(this.left - 8, RULER, this.width, this.height);
    c.clip();
    if (end - low <= 90) {
      c.globalAlpha = 0.35;
      c.strokeStyle = c.fillStyle = Colors.get('faint');
      c.lineWidth = 1.2;
      for (let i = low; i < end; i++) this.#arrow(c, wakes[i], 5);
      c.globalAlpha = 1;
    }
    const e = this.log.event(this.#n);
    const now = this.log.wakeOf.get(e?.what === 'queued' ? e.n : this.log.poll(this.#n)?.from);
    if (now) {
      c.strokeStyle = c.fillStyle = Colors.get('accent');
      c.lineWidth = 1.8;
      c.setLineDash([4, 4]);
      this.#arrow(c, now, 7);
    }
    c.restore();
  }

  #arrow(c, wake, head) {
    const to = this.laneOf.get(wake.task);
    const from = wake.by.kind === 'task' ? this.laneOf.get(wake.by.id) : 0;
    if (to === undefined || from === undefined || !wake.poll) return;
    const x0 = this.#x(this.#value(wake.n)), x1 = this.#x(this.#value(wake.poll));
    const down = to >= from ? 1 : -1;
    const y0 = this.#y(from) + down * this.row * 0.3, y1 = this.#y(to) - (to === from ? -1 : down) * this.row * 0.3;
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

  // What the pointer is over, in words, for the line above the lanes.
  #hint(x, y) {
    const i = Math.floor((y - RULER + this.plot.scrollTop) / this.row);
    const lane = this.lanes[i];
    if (!lane || x < this.left || y < RULER) return '';
    const value = this.#valueAt(x);
    const reach = (this.to - this.from) / (this.width - this.left) * 2.5; // a thin stretch is hard to hit
    let best = null;
    for (const [s] of this.#seen(lane.list)) {
      const from = this.#value(s.from), to = this.#value(s.to);
      if (from - reach > value) break;
      if (to + reach >= value && (!best || s.kind === 'run' || (best.kind !== 'run' && to - from < this.#value(best.to) - this.#value(best.from)))) best = s;
    }
    if (!best) return lane.kind === 'loop' ? 'the loop is awake' : '';
    const {log} = this;
    const took = span(log.time(best.to) - log.time(best.from));
    const name = lane.kind === 'group' ? plain(`{t${log.poll(best.from)?.task}}`, log) : lane.name;
    const doing = {
      run: `runs ${took}`, queue: `in the queue for ${took}`, sleep: `sleeps ${took}`,
      wait: `waits ${took}${best.on ? ` for ${plain(waitName({...best.on, task: lane.task?.number}, log), log)}` : ''}`,
    };
    return `${name} ${doing[best.kind]}`;
  }

  #pointer() {
    const {plot} = this;
    const hint = byId('lanes-hint');
    const at = e => {
      const box = plot.getBoundingClientRect();
      return {x: e.clientX - box.left, y: e.clientY - box.top};
    };
    const seek = x => this.on.seek(Math.max(0, Math.min(this.log.total, this.even ? Math.round(this.#valueAt(x)) : this.log.stepAt(this.#valueAt(x)))));
    let drag = null;
    plot.addEventListener('pointerdown', e => {
      const {x, y} = at(e);
      if (e.button !== 0 || x > plot.clientWidth) return;
      drag = {x, y, from: this.from, scroll: plot.scrollTop, ruler: y < RULER || Math.abs(x - this.#x(this.#at)) < NEAR, moved: false};
      if (x < this.left) drag.label = true;
      plot.setPointerCapture(e.pointerId);
      if (drag.ruler && !drag.label) seek(x);
    });
    plot.addEventListener('pointermove', e => {
      const {x, y} = at(e);
      if (!drag) {
        plot.classList.toggle('on-ruler', y < RULER || Math.abs(x - this.#x(this.#at)) < NEAR);
        plot.classList.toggle('on-label', x < this.left && y > RULER);
        hint.textContent = this.#hint(x, y);
        return;
      }
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > NEAR;
      if (drag.label) return;
      if (drag.ruler) seek(x);
      else if (drag.moved) {
        plot.classList.add('dragged');
        const size = this.to - this.from;
        plot.scrollTop = drag.scroll - (y - drag.y);
        this.#move(drag.from - ((x - drag.x) / (this.width - this.left - this.right)) * size, size);
      }
    });
    const up = e => {
      if (drag && !drag.moved && e.type === 'pointerup') {
        if (drag.label) this.#press(drag.y);
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
      if (x < this.left) return; // over the names it scrolls
      e.preventDefault();
      if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.pan((e.deltaX || e.deltaY) / 900);
      else this.zoom(1.0018 ** e.deltaY, this.#valueAt(x));
    }, {passive: false});
  }

  // A press on the name of a lane.
  #press(y) {
    const lane = this.lanes[Math.floor((y - RULER + this.plot.scrollTop) / this.row)];
    if (!lane) return;
    if (lane.kind === 'group') this.on.fold(false);
    else this.on.select(lane.kind === 'loop' || lane.task.number === this.selected ? 0 : lane.task.number);
  }
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

// The scale's numbers: one unit and no more digits than the distance of two asks for.
function tickLabel(ns, step) {
  const [unit, name] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']].find(([unit]) => Math.max(ns, step) >= unit) ?? [1, 'ns'];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  return `${count(Number((ns / unit).toFixed(digits)))} ${ns ? name : 'ms'}`;
}
