// The picture that the project is named for: one thread in the middle, the task that is polled on the circle, the run queue
// at its entry, and all who wait in bays named for what they wait on.
'use strict';

const LABELLED = 40; // beyond so many tasks in a bay nobody reads labels
const LABEL = 0.82; // the size of labels, in that of plain text
const LEGIBLE = 11; // smaller numerals are not written
const MOST_PARKED = 300; // beyond so many there is no bay that is large enough

class Roundabout {
  #discs = new Map(); // task → {g, x, y, r, way, angle …}
  #labels = new Map();
  #homes = new Map(); // bay → who has which place in it
  #moving = 0;
  #machine = null;
  #t = 0;

  // `on.select(task)` is called when a disc is pressed.
  constructor(log, on) {
    this.log = log;
    this.on = on;
    this.folded = true;
    this.selected = 0;
    this.el = byId('picture');
    this.names = Object.keys(BAYS).filter(name => name !== 'other' || log.polls.some(poll => poll.on && poll.on.on === 'other'));
    this.el.addEventListener('click', event => {
      const disc = event.target.closest('.disc');
      if (disc) on.select(Number(disc.dataset.task));
    });
    this.#draw();
    new ResizeObserver(() => requestAnimationFrame(() => this.#resize())).observe(this.el.parentElement);
  }

  #resize() {
    const {clientWidth, clientHeight} = this.el.parentElement;
    if (clientWidth !== this.plan?.width || clientHeight !== this.plan?.height) this.#draw();
  }

  // Everything that does not move.
  #draw() {
    const {clientWidth: width, clientHeight: height} = this.el.parentElement;
    if (!width || !height) return;
    this.el.replaceChildren();
    this.#discs.clear();
    this.#labels.clear();
    const u = textSize();
    const plan = (this.plan = new Plan(width, height, u, this.names));
    this.el.style.fontSize = `${u}px`;
    const roads = svg('g', {}, this.el);
    const road = d => svg('path', {class: 'road', d, 'stroke-width': plan.road * 0.62, 'stroke-linecap': 'round'}, roads);
    for (const [name, bay] of plan.bays) {
      const p = plan.onRing(BAYS[name].arm);
      const q = plan.onRing(BAYS[name].arm, plan.R * 1.1);
      road(`M${p.x} ${p.y}Q${q.x} ${q.y} ${bay.door.x} ${bay.door.y}`);
    }
    const {cx, cy, R, queue, exit} = plan;
    road(`M${cx} ${cy - plan.mid}V${exit.y + u * 0.4}`);
    svg('path', {class: 'road', d: `M${queue.x0} ${cy}H${cx - plan.mid}`, 'stroke-width': plan.road * 0.86}, roads);
    svg('circle', {class: 'road', cx, cy, r: plan.mid, 'stroke-width': plan.road}, roads);
    svg('circle', {class: 'dashes', cx, cy, r: plan.mid}, roads);
    // The way that the traffic goes, painted on the road.
    const tip = u * 0.42;
    for (const angle of [156, 106, 74, 0, -52, -128]) {
      const p = plan.onRing(angle);
      svg('path', {class: 'arrow', d: `M${-tip} ${tip * 0.5}L0 ${-tip * 0.7}L${tip} ${tip * 0.5}`, transform: `translate(${p.x} ${p.y}) rotate(${angle})`}, roads);
    }
    this.island = svg('g', {}, this.el);
    svg('circle', {class: 'island', cx, cy, r: R - plan.road}, this.island);
    this.centre = svg('g', {class: 'centre'}, this.island);

    svg('text', {class: 'title', x: u * 1.1, y: cy - plan.road * 0.43 - u * 0.75}, this.el).textContent = 'run queue';
    this.waiting = svg('text', {class: 'soft', x: u * 1.1, y: cy + plan.road * 0.43 + u * 1.15, 'font-size': u * 0.86}, this.el);
    this.more = svg('text', {class: 'title', x: u * 0.4, y: cy, 'dominant-baseline': 'central'}, this.el);
    this.done = svg('text', {x: cx + plan.road * 0.31 + u * 0.7, y: exit.y + u * 0.55}, this.el);
    this.inbox = this.#card('inbox', plan.inbox, 'inbox', '');
    this.inbox.count = svg('text', {class: 'soft', x: plan.inbox.x + u * 0.75, y: plan.inbox.y + u * 2.5, 'font-size': u * 0.86}, this.inbox.g);
    this.bays = new Map();
    for (const [name, bay] of plan.bays) {
      const card = this.#card(name, bay, BAYS[name].title, BAYS[name].note);
      card.more = svg('text', {class: 'soft', x: bay.x + bay.w - u * 0.75, y: bay.y + bay.h - u * 0.7, 'text-anchor': 'end', 'font-size': u * 0.86}, card.g);
      card.caption = svg('text', {class: 'soft', 'font-size': u * 0.8}, card.g);
      card.labels = svg('g', {}, card.g);
      this.bays.set(name, card);
    }
    this.ways = svg('g', {}, this.el);
    this.cars = svg('g', {}, this.el);
    if (this.#machine) this.show(this.#machine, this.#t, 0);
  }

  #card(name, {x, y, w, h}, title, note) {
    const {u} = this.plan;
    const g = svg('g', {}, this.el);
    svg('rect', {class: 'bay', x, y, width: w, height: h, rx: u * 0.6}, g);
    svg('rect', {class: 'bay-lit', x, y, width: w, height: h, rx: u * 0.6}, g);
    const wide = widthOf(title, u, 650) + u * 3.2 > w && BAYS[name]?.brief;
    svg('text', {class: 'title', x: x + u * 0.75, y: y + u * 1.45}, g).textContent = wide || title;
    const count = svg('text', {class: 'soft', x: x + w - u * 0.75, y: y + u * 1.45, 'text-anchor': 'end', 'font-size': u * 0.86}, g);
    // What the bay is about stands there until somebody does, if there is room.
    const room = widthOf(title, u, 650) + widthOf(note, u * 0.86) + u * 2.5 < w;
    return {g, count, note: room ? note : ''};
  }

  // Shows the machine at time t. Whoever stands elsewhere now gets there in `ms`; 0: at once.
  show(machine, t, ms) {
    this.#machine = machine;
    this.#t = t;
    if (!this.plan || !this.bays) return;
    const e = this.log.event(machine.n);
    if (still.matches) ms = 0;
    const stands = this.#stands(machine, e, !ms);
    for (const [task, disc] of this.#discs) if (!stands.has(task)) this.#leave(task, disc, ms);
    for (const [task, to] of stands) this.#go(task, to, ms);
    this.#pile(machine);
    this.#light(machine, e);
    this.#words(machine);
    this.tick(t);
  }

  // Where discs lie over each other, the front of the queue is on top, and over all the task that runs.
  #pile({queue, running}) {
    const pile = [...queue.slice(0, this.plan.places).filter(task => task !== running).reverse(), running];
    if (pile.join() === this.piled) return;
    this.piled = pile.join();
    for (const task of pile) if (this.#discs.has(task)) this.cars.append(this.#discs.get(task).g);
  }

  // Who stands where: task → {where, x, y, r, label}.
  #stands(machine, e, afresh) {
    const {plan, log} = this;
    const stands = new Map();
    this.ghost = this.coming = null;
    machine.queue.forEach((task, i) => {
      if (i >= plan.places) return;
      const at = plan.inQueue(i, machine.queue.length);
      if (task !== machine.running) stands.set(task, {where: 'queue', ...at, r: plan.r});
      // It has woken itself, or was woken while it runs: its place is kept.
      else this.ghost = {task, ...at};
    });
    this.more.textContent = machine.queue.length > plan.places ? '…' : '';
    const bays = new Map(this.names.map(name => [name, {full: [], folded: []}]));
    for (const task of machine.tasks.values()) {
      const {number} = task;
      if (number === machine.running) stands.set(number, {where: 'ring', angle: this.#angle(machine), r: plan.r});
      else if (stands.has(number)) continue;
      else if (task.state === 'new' && machine.queue.length < plan.places) {
        // It is about to be queued, but is not yet.
        this.coming = number;
        stands.set(number, {where: 'queue', ...plan.inQueue(machine.queue.length, machine.queue.length + 1), r: plan.r});
      }
      else if (task.state === 'waiting') {
        const bay = bays.get(bayOf(mainWaitOf(task))) ?? bays.get('joins');
        (this.folded && log.tasks.get(number)?.group ? bay.folded : bay.full).push(task);
      } else if (task.state === 'done' && e.task === number && e.what !== 'gone') {
        stands.set(number, {where: 'exit', ...plan.exit, r: plan.r});
      }
    }
    this.labels = [];
    for (const [name, {full, folded}] of bays) this.#park(name, full, folded, stands, afresh);
    return stands;
  }

  // Who parks in a bay keeps the place until he leaves, so that the others need not move. `afresh`: all park anew, in order.
  #park(name, full, folded, stands, afresh) {
    const {plan} = this;
    const lots = this.#lots(name, full.slice(0, MOST_PARKED), afresh), small = this.#lots(`${name} folded`, folded.slice(0, MOST_PARKED), afresh);
    const {slots, minis, caption} = plan.slots(name, lots.length, small.length, this.#widest(name, full));
    let hidden = Math.max(0, full.length - MOST_PARKED) + Math.max(0, folded.length - MOST_PARKED);
    const put = (task, slot) => {
      if (!task) return;
      if (!slot) hidden++;
      else {
        stands.set(task.number, {where: name, ...slot});
        if (slot.label && full.length <= LABELLED) this.labels.push({task, slot, bay: name});
      }
    };
    lots.forEach((task, i) => put(task, slots[i]));
    small.forEach((task, i) => put(task, minis[i]));
    const card = this.bays.get(name);
    card.more.textContent = hidden ? `+${hidden}` : '';
    // The folded group's discs are too small for labels: one for all of them.
    for (const at of ['x', 'y']) card.caption.setAttribute(at, caption[at]);
    card.folded = folded;
    const all = full.length + folded.length;
    card.count.textContent = all ? String(all) : card.note;
  }

  // The width that labels need in their shortest form. That of a time is always taken for the same, as it runs.
  #widest(name, tasks) {
    const labels = name === 'timers' ? ['in 99.9 ms'] : tasks.slice(0, LABELLED).map(task => waitLabel(mainWaitOf(task), this.#machine, this.log, this.#t).split(',')[0]);
    return Math.max(0, ...labels.map(label => widthOf(label, this.plan.u * LABEL)));
  }

  // The tasks of a bay in their places, with gaps where somebody has left.
  #lots(name, tasks, afresh) {
    const homes = afresh ? new Map() : this.#homes.get(name) ?? new Map(); // task → its place, also of those who may come back
    const lots = [];
    const fresh = [];
    for (const task of tasks) {
      const home = homes.get(task.number);
      if (home === undefined || lots[home]) fresh.push(task);
      else lots[home] = task;
    }
    for (const task of fresh) {
      let i = 0;
      while (lots[i]) i++;
      lots[i] = task;
      homes.set(task.number, i);
    }
    this.#homes.set(name, homes);
    // More gaps than tasks: they move up.
    if (lots.length > 2 * tasks.length + 12) return this.#lots(name, tasks, true);
    return Array.from(lots);
  }

  // How far the running task has come around: it drives to its exit as its poll goes on.
  #angle(machine) {
    const poll = this.log.poll(machine.n);
    if (!poll) return WEST - 20;
    const part = poll.to > poll.from ? (machine.n - poll.from) / (poll.to - poll.from) : 0;
    const way = this.plan.sweep(this.#wayOut(poll));
    return WEST - 22 - (way - 40) * part;
  }

  #wayOut(poll) {
    if (poll.how && poll.how !== 'pending') return 'exit';
    if (!poll.on) return 'exit';
    return poll.on.on === 'turn' ? 'queue' : bayOf(poll.on);
  }

  #disc(task, to) {
    const {plan, log} = this;
    const color = `var(--c${log.tasks.get(task)?.color || 'group'})`;
    const g = svg('g', {class: 'disc', 'data-task': task}, this.cars);
    svg('circle', {class: 'halo', r: plan.r * 1.75, fill: color}, g);
    svg('circle', {class: 'body', r: plan.r, fill: color}, g);
    svg('circle', {class: 'ring', r: plan.r + 4}, g);
    const text = svg('text', {fill: '#000', style: `fill:${Colors.on(Colors.task(log, task))}`}, g);
    svg('title', {}, g).textContent = taskName(log, task);
    const disc = {g, text, x: to.x, y: to.y, r: plan.r, where: '', angle: WEST, way: null};
    this.#discs.set(task, disc);
    return disc;
  }

  // Writes the number so that it can be read at the disc's size, or not at all where it would not fit.
  #number(task, text, r) {
    const {u, r: full} = this.plan;
    const size = Math.max(LEGIBLE, (u * (task > 999 ? 0.66 : task > 99 ? 0.82 : 1) * r) / full);
    const fits = widthOf(String(task), size, 700) < r * 1.9;
    text.setAttribute('font-size', (size * full) / r);
    text.textContent = fits ? task : '';
  }

  #go(task, to, ms) {
    const {plan} = this;
    if (to.where === 'ring') Object.assign(to, plan.onRing(to.angle));
    let disc = this.#discs.get(task);
    const fresh = !disc;
    if (fresh) {
      disc = this.#disc(task, to);
      if (ms && to.where === 'queue') Object.assign(disc, {x: plan.queue.x0 - plan.r, y: to.y});
    }
    disc.g.classList.toggle('running', to.where === 'ring');
    if (disc.to?.r !== to.r) this.#number(task, disc.text, to.r);
    disc.g.classList.toggle('coming', task === this.coming);
    disc.g.classList.toggle('dim', Boolean(this.selected) && task !== this.selected);
    disc.g.style.opacity = to.where === 'exit' && ms ? 0.9 : '';
    if (disc.where === to.where && disc.to && Math.hypot(disc.to.x - to.x, disc.to.y - to.y) < 0.5 && disc.to.r === to.r && ms) return;
    const points = wayOf(plan, disc, to);
    disc.where = to.where;
    disc.to = to;
    disc.angle = to.angle ?? WEST;
    if (!ms || (disc.x === to.x && disc.y === to.y && disc.r === to.r)) {
      disc.way = null;
      this.#put(disc, to.x, to.y, to.r);
      return;
    }
    disc.way = {points, lengths: lengths(points), r0: disc.r, r1: to.r, start: performance.now(), ms};
    this.#run();
  }

  // A task that is nowhere in the picture any more.
  #leave(task, disc, ms) {
    this.#discs.delete(task);
    if (!ms) {
      disc.g.remove();
      return;
    }
    disc.g.style.transition = `opacity ${ms}ms`;
    disc.g.style.opacity = 0;
    setTimeout(() => disc.g.remove(), ms);
  }

  #put(disc, x, y, r) {
    disc.x = x;
    disc.y = y;
    disc.r = r;
    disc.g.setAttribute('transform', `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${(r / this.plan.r).toFixed(3)})`);
  }

  #run() {
    if (this.#moving) return;
    const frame = now => {
      let more = false;
      for (const disc of this.#discs.values()) {
        if (!disc.way) continue;
        const {points, lengths, r0, r1, start, ms} = disc.way;
        const part = Math.min(1, Math.max(0, (now - start) / ms));
        const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) * (1 - part);
        const p = along(points, lengths, eased);
        this.#put(disc, p.x, p.y, r0 + (r1 - r0) * eased);
        if (part < 1) more = true;
        else disc.way = null;
      }
      this.#moving = more ? requestAnimationFrame(frame) : 0;
    };
    this.#moving = requestAnimationFrame(frame);
  }

  // What the event is about lights up, and a wake draws its way.
  #light(machine, e) {
    const lit = new Set();
    let from = null;
    this.ways.replaceChildren();
    if (this.ghost) {
      const {task, x, y} = this.ghost;
      const color = `var(--c${this.log.tasks.get(task)?.color || 'group'})`;
      svg('circle', {class: 'ghost', cx: x, cy: y, r: this.plan.r - 1, style: `stroke:${color}`}, this.ways);
    }
    if (e) {
      const {kind, id} = actor(e);
      switch (e.what) {
        case 'queued':
        case 'coalesced':
          if (kind === 'source') lit.add('sockets');
          if (kind === 'timer') lit.add('timers');
          if (kind === 'thread') lit.add('inbox');
          if (kind === 'task' && id !== e.task && this.#discs.has(id)) from = this.#discs.get(id).to;
          break;
        case 'readiness': case 'registered': case 'deregistered': case 'moved': lit.add('sockets'); break;
        case 'timer_fired': case 'timer_set': case 'timer_dropped': lit.add('timers'); break;
        case 'job_queued': case 'job_started': case 'job_done': lit.add('pool'); break;
        case 'inbox': lit.add('inbox'); break;
        case 'sync': lit.add('locks'); break;
      }
      const woken = new Set(e.what === 'readiness' ? [...machine.tasks.values()].filter(t => t.state === 'waiting' && waitsFor(t, e)).map(t => t.number)
        : e.what === 'timer_fired' ? [this.log.timers.get(e.timer)?.owner] : ['queued', 'coalesced', 'spawned', 'lost'].includes(e.what) ? [e.task] : []);
      for (const [task, disc] of this.#discs) disc.g.classList.toggle('lit', woken.has(task));
      if (from && this.#discs.has(e.task)) {
        const to = this.#discs.get(e.task).to;
        svg('path', {class: 'wake', d: `M${from.x} ${from.y}Q${(from.x + to.x) / 2} ${Math.min(from.y, to.y) - this.plan.u * 3} ${to.x} ${to.y}`}, this.ways);
      }
    }
    for (const [name, card] of [...this.bays, ['inbox', this.inbox]]) card.g.classList.toggle('lit', lit.has(name));
  }

  #words(machine) {
    const {plan, log} = this;
    const {u} = plan;
    const n = machine.queue.length;
    this.waiting.textContent = `${n ? many(n, 'task') : 'empty'}${this.coming ? ' · one comes' : n ? ' · front →' : ''}`;
    const {ready, panicked, cancelled} = machine.ended;
    const bad = panicked + cancelled;
    this.done.replaceChildren();
    const done = svg('tspan', {class: 'title'}, this.done);
    done.textContent = `${count(ready)} done`;
    if (bad) svg('tspan', {class: 'soft', x: this.done.getAttribute('x'), dy: '1.35em'}, this.done).textContent = `${count(bad)} ended early`;
    this.inbox.count.textContent = machine.inbox.wakes ? `${many(machine.inbox.wakes, 'wake')} so far` : 'nothing so far';
    this.island.classList.toggle('asleep', Boolean(machine.asleep));
    for (const card of this.bays.values()) card.labels.replaceChildren();
    this.#labels.clear();
    for (const {task, slot, bay} of this.labels) {
      const text = svg('text', {class: 'soft', x: slot.x + slot.r + u * 0.35, y: slot.y, 'dominant-baseline': 'central', 'font-size': u * LABEL}, this.bays.get(bay).labels);
      this.#labels.set(task.number, {text, task, room: slot.label});
    }
    this.#centre(machine);
  }

  // Between two steps the clock goes on, and what depends on it.
  tick(t) {
    this.#t = t;
    for (const {text, task, room} of this.#labels.values()) {
      const label = waitLabel(mainWaitOf(task), this.#machine, this.log, t);
      if (text.label !== label) {
        text.label = label;
        text.textContent = label;
        // Where it is narrow, what stands before the comma must do.
        if (label.includes(',') && widthOf(label, this.plan.u * LABEL) > room) text.textContent = label.split(',')[0];
      }
    }
    for (const [name, card] of this.bays) {
      const text = card.folded.length ? this.#caption(name, card.folded, t) : '';
      if (card.caption.textContent !== text) card.caption.textContent = text;
    }
    if (this.#machine?.asleep) this.#centre(this.#machine);
  }

  #caption(name, folded, t) {
    const group = `${this.log.tasks.get(folded[0].number).group} ×${count(folded.length)}`;
    if (name !== 'timers') return group;
    const first = Math.min(...folded.map(task => this.#machine.timers.get(mainWaitOf(task).id)?.deadline ?? Infinity));
    if (first === Infinity) return group;
    return first > t ? `${group}, first in ${span(first - t)}` : `${group}, one is due`;
  }

  #centre(machine) {
    const lines = saying(machine, this.log, this.#t);
    const {u, cx, cy, R, road} = this.plan;
    const key = lines.map(line => line.text).join('\n');
    if (key === this.said && this.centre.childElementCount) return;
    this.said = key;
    this.centre.replaceChildren();
    const room = (R - road) * 1.8;
    lines.forEach((line, i) => {
      const y = cy + (i - (lines.length - 1) / 2) * u * 1.4;
      const text = svg('text', {class: line.class, x: cx, y, 'dominant-baseline': 'central', 'font-size': u * (line.size ?? 0.9)}, this.centre);
      text.textContent = line.text;
      // A long name is written smaller, and if that is not enough, shortened.
      const length = widthOf(line.text, u * (line.size ?? 0.9), line.class === 'title' ? 650 : 400);
      if (length > room) {
        const smaller = Math.max(0.82, room / length);
        text.setAttribute('font-size', u * (line.size ?? 0.9) * smaller);
        if (room / length < 0.82) text.textContent = short(line.text, Math.floor((line.text.length * room) / length / 0.82));
      }
    });
  }

  // Puts the picture in words, for those who do not see it.
  describe(machine) {
    this.el.setAttribute('aria-label', described(machine, this.log));
  }

  // Discs are drawn in the colours of the day, so a night needs new ones.
  redraw() {
    this.#draw();
  }
}
