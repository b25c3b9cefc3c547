// The timeline: lanes on a canvas, with the playhead and the arrows from wake to poll on a second one above it, so that
// playing does not draw the lanes again.
'use strict';

const RULER = 30; // the height of the scale at the top

class Timeline {
  folded = true;
  even = false; // equal steps, instead of time
  selected = 0;
  #n = 0;
  at = 0; // the playhead, in units of the axis

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
    pointer(this);
  }

  // The axis: time in ns, or steps.
  value(n) {
    return this.even ? n : this.log.time(n);
  }

  all() {
    return this.value(this.log.total) || 1;
  }

  x(value) {
    return this.left + ((value - this.from) / (this.to - this.from)) * (this.width - this.left - this.right);
  }

  valueAt(x) {
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
    this.to = this.all() * 1.005;
    this.draw();
  }

  // Zooms by the factor around a value: the playhead, if none is given.
  zoom(factor, around = this.at) {
    const least = this.even ? 8 : 2000;
    const size = Math.min(this.all() * 1.005, Math.max(least, (this.to - this.from) * factor));
    const share = Math.min(1, Math.max(0, (around - this.from) / (this.to - this.from)));
    this.move(around - share * size, size);
  }

  // Moves the view by this share of it.
  pan(share) {
    const size = this.to - this.from;
    this.move(this.from + share * size, size);
  }

  move(from, size) {
    this.from = Math.max(0, Math.min(from, this.all() * 1.005 - size));
    this.to = this.from + size;
    this.draw();
  }

  // The playhead goes to step n, or a part of the way to the next.
  show(n, part = 0) {
    this.#n = n;
    const value = this.value(n);
    this.at = value + part * (this.value(Math.min(n + 1, this.log.total)) - value);
    if (this.at < this.from || this.at > this.to) this.move(this.at - (this.to - this.from) * 0.2, this.to - this.from);
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
    for (let i = first; i < last; i++) this.#lane(c, this.lanes[i], this.y(i));
    paintMarks(c, this);
    c.restore();
    this.#ruler(c);
    this.#drawOver();
  }

  // The middle of a lane.
  y(i) {
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
      const x = Math.round(this.x(tick)) + 0.5;
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
    for (const tick of ticks) c.fillText(this.even ? `#${count(tick)}` : tickLabel(tick, step), this.x(tick), RULER / 2 - 4);
  }

  #lane(c, lane, y) {
    const dim = this.selected && lane.kind !== 'loop' && !this.isSelected(lane);
    c.globalAlpha = dim ? 0.3 : 1;
    this.#label(c, lane, y);
    c.save();
    c.beginPath();
    // At the very start, what is round reaches out a little.
    const out = this.from > 0 ? 0 : 6;
    c.rect(this.left - out, 0, this.width - this.left + out, this.height);
    c.clip();
    const tall = Math.min(this.row * 0.62, this.text * 1.45);
    if (lane.kind === 'loop') paintLoop(c, this, lane, y, tall);
    else if (lane.kind === 'group') paintGroup(c, this, lane, y, tall * 0.8);
    else paintTask(c, this, lane, y, lane.kind === 'child' ? tall * 0.72 : tall);
    c.restore();
    c.globalAlpha = 1;
  }

  isSelected(lane) {
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
    const strong = lane.kind === 'loop' || (this.selected && this.isSelected(lane));
    c.font = `${strong ? '600 ' : ''}${size * (lane.kind === 'child' ? 0.86 : 0.93)}px ${Colors.get('sans')}`;
    c.fillStyle = Colors.get(lane.kind === 'child' ? 'soft' : 'ink');
    const name = lane.kind === 'group' ? `▸ ${lane.name} ×${lane.tasks.length}` : lane.name;
    let length = 24;
    while (length > 5 && c.measureText(short(name, length)).width > this.left - x - 10) length--;
    c.fillText(short(name, length), x, y + 0.5);
  }

  // Stretches that lie in view, those too thin to be seen apart left out.
  *seen(list) {
    const first = this.valueAt(this.left - 10), last = this.valueAt(this.width + 10);
    let low = 0, high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (this.value(list[mid].to) < first) low = mid + 1;
      else high = mid;
    }
    for (let i = low; i < list.length; i++) {
      const from = this.value(list[i].from);
      if (from > last) return;
      const x0 = Math.max(this.x(from), this.left - 50);
      const x1 = Math.min(this.x(this.value(list[i].to)), this.width + 50);
      yield [list[i], x0, x1];
    }
  }

  #drawOver() {
    const c = this.over;
    if (!this.width) return;
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(this.left - 8, 0, this.width, this.height);
    c.clip();
    paintArrows(c, this, this.#n);
    const x = this.x(this.at);
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

}

// The scale's numbers: one unit and no more digits than the distance of two asks for.
function tickLabel(ns, step) {
  const [unit, name] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']].find(([unit]) => Math.max(ns, step) >= unit) ?? [1, 'ns'];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  return `${count(Number((ns / unit).toFixed(digits)))} ${ns ? name : 'ms'}`;
}
