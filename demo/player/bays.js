// The ground plan of the roundabout: where its parts lie in a picture of a given size, and where a task stands in them.
//
// Traffic keeps to the right: a task comes in from the queue in the west and drives counter-clockwise, past the bays in the
// south and the east, to the way out in the north.
'use strict';

const BAYS = {
  sockets: {title: 'sockets', note: 'watched by the OS', side: 'east', share: 0.65, arm: -21},
  timers: {title: 'timers', note: '', side: 'east', share: 0.35, arm: 21},
  locks: {title: 'locks, channels', brief: 'locks', note: '', side: 'south', share: 1, arm: 122},
  joins: {title: 'joins', note: '', side: 'south', share: 1, arm: 90},
  pool: {title: 'blocking pool', brief: 'pool', note: '', side: 'south', share: 1, arm: 58},
  other: {title: 'others', note: '', side: 'south', share: 0.8, arm: 42},
};

const WEST = 180, NORTH = -90;

const rad = degrees => (degrees * Math.PI) / 180;

class Plan {
  // `u` is the size of plain text. `names` are the bays to be shown.
  constructor(width, height, u, names) {
    const pad = u * 1.1;
    this.u = u;
    this.width = width;
    this.height = height;
    this.r = u * 1.08; // a disc
    this.mini = u * 0.62; // a disc of a folded group
    const east = Math.min(u * 16, Math.max(u * 10.5, width * 0.315));
    const south = Math.min(u * 9.5, Math.max(u * 6.8, height * 0.205));
    const wide = width - east - pad * 2.2, tall = height - south - pad * 1.8;
    this.R = Math.max(u * 4, Math.min((tall - u * 4.2) / 2, (wide - u * 12.5) / 2));
    this.road = Math.min(this.R * 0.36, u * 3.6);
    this.mid = this.R - this.road / 2;
    this.cx = wide - this.R - u * 2.4;
    this.cy = u * 2.6 + (tall - u * 2.6) / 2;
    this.queue = {x0: 0, x1: this.cx - this.R - u * 0.4, y: this.cy};
    this.exit = {x: this.cx, y: pad * 1.5};
    this.inbox = {x: pad, y: this.cy + this.road / 2 + u * 2.6, w: Math.min(u * 9.2, Math.max(u * 8.4, this.cx - this.R - pad * 2)), h: u * 3.1};
    this.bays = new Map();
    this.#row(names.filter(n => BAYS[n].side === 'east'), (at, size) =>
      ({x: width - east - pad, y: pad * 0.2 + at * (tall - u), w: east, h: size * (tall - u) - pad * 0.8}));
    this.#row(names.filter(n => BAYS[n].side === 'south'), (at, size) =>
      ({x: pad + at * (width - pad * 1.4), y: height - south - pad * 0.8, w: size * (width - pad * 1.4) - pad * 0.7, h: south}));
    for (const [name, bay] of this.bays) {
      // Where the road from the ring ends: within the bay, so that its round end is not seen.
      const p = this.onRing(BAYS[name].arm, this.R);
      bay.door = BAYS[name].side === 'east'
        ? {x: bay.x + u, y: Math.min(Math.max(p.y, bay.y + u * 2), bay.y + bay.h - u * 2)}
        : {x: Math.min(Math.max(p.x + (p.x - this.cx) * 0.2, bay.x + u * 2), bay.x + bay.w - u * 2), y: bay.y + u * 1.4};
    }
  }

  #row(names, box) {
    const whole = names.reduce((sum, name) => sum + BAYS[name].share, 0);
    let at = 0;
    for (const name of names) {
      const size = BAYS[name].share / whole;
      this.bays.set(name, box(at, size));
      at += size;
    }
  }

  // A point on the ring, at an angle in degrees from the east, clockwise on the screen.
  onRing(angle, radius = this.mid) {
    return {x: this.cx + radius * Math.cos(rad(angle)), y: this.cy + radius * Math.sin(rad(angle))};
  }

  // The way from the west to an exit, in degrees.
  sweep(where) {
    if (where === 'exit') return WEST - NORTH;
    return where === 'queue' ? 360 : WEST - (BAYS[where]?.arm ?? 0);
  }

  // How many find room in the queue's road, close together; the rest is a number.
  get places() {
    return Math.max(1, Math.floor((this.queue.x1 - this.u * 3.6) / this.r));
  }

  // The i-th of so many in the queue; the front is at the ring. The more there are, the closer they stand.
  inQueue(i, all) {
    const room = this.queue.x1 - this.r * 2.2 - (all > this.places ? this.u * 2 : this.u * 0.5);
    const step = Math.max(this.r, Math.min(this.r * 2.2, room / Math.max(1, Math.min(all, this.places) - 1)));
    return {x: this.queue.x1 - this.r * 1.1 - Math.min(i, this.places) * step, y: this.queue.y};
  }

  // Where `full` tasks and `folded` ones of a group stand in a bay: with labels of this width if there is room for them, else
  // close together.
  slots(name, full, folded, wide) {
    const bay = this.bays.get(name);
    const {u, r} = this;
    const top = bay.y + u * 2.25, left = bay.x + u * 0.75, width = bay.w - u * 1.4;
    const step = this.mini * 2.3;
    const across = Math.max(1, Math.floor(width / step));
    const rows = Math.min(2, Math.ceil(folded / across));
    const low = bay.y + bay.h - u * 0.45 - rows * step;
    const minis = [];
    for (let i = 0; i < folded; i++) {
      const seen = i < rows * across - (folded > rows * across ? 1 : 0);
      minis.push(seen ? {x: left + step * ((i % across) + 0.5), y: low + step * (Math.floor(i / across) + 0.5), r: this.mini} : null);
    }
    const caption = {x: left, y: low - u * 0.35};
    const height = low - top - (folded ? u * 1.5 : 0);
    // With labels if there is any way: rather smaller discs than none.
    for (const scale of [1, 0.86, 0.74]) {
      const small = r * scale;
      const pitch = small * 2 + u * 0.36;
      const inColumn = Math.max(1, Math.floor((height + u * 0.4) / pitch));
      const columns = Math.max(1, Math.ceil(full / inColumn));
      if (columns > 1 && width / columns < small * 2 + u * 0.72 + wide) continue;
      const slots = Array.from({length: full}, (_, i) => ({
        x: left + small + (i % columns) * (width / columns), y: top + small + Math.floor(i / columns) * pitch, r: small,
        label: width / columns - small * 2 - u * 0.72,
      }));
      return {slots, minis, caption};
    }
    const slots = [];
    const close = r * 2 + u * 0.2;
    const inRow = Math.max(1, Math.floor(width / close));
    const most = inRow * Math.max(1, Math.floor(height / close));
    for (let i = 0; i < full; i++) {
      if (i < most - (full > most ? 1 : 0)) {
        slots.push({x: left + r + (i % inRow) * close, y: top + r + Math.floor(i / inRow) * close, r, label: 0});
      } else slots.push(null);
    }
    return {slots, minis, caption};
  }
}
