// The page: one place where it stands, the step; everything that is shown follows from it.
'use strict';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

class Player {
  n = 0;
  part = 0; // how far it has played towards the next step, 0 to 1
  playing = false;
  speed = 1;
  selected = 0;
  #last = 0; // when the last frame was
  #lists = 0; // the lists are about to be written
  #address = 0; // and the address

  constructor(log) {
    this.log = log;
    this.tape = new Tape(log);
    this.dwells = dwellsOf(log);
    const on = {seek: n => this.seek(n), select: task => this.select(task), fold: folded => this.fold(folded)};
    this.timeline = new Timeline(log, on);
    this.stage = new Roundabout(log, on);
    this.room = new Room(log);
    this.steps = new Steps(log, on);
    this.#title();
    this.#controls();
    this.view = 'stage';
    const {n, task} = fragment();
    if (task && log.tasks.has(task)) this.select(task);
    this.seek(n ?? Math.min(1, log.total), 0);
    addEventListener('hashchange', () => {
      const {n, task} = fragment();
      if (n !== undefined && n !== this.n) this.seek(n);
      if (task !== this.selected && (!task || log.tasks.has(task))) this.select(task);
    });
  }

  // To step n; discs drive there in `ms`, if it is near.
  seek(n, ms = 380) {
    n = Math.max(0, Math.min(this.log.total, Math.round(n)));
    this.part = 0;
    this.#show(n, Math.abs(n - this.n) > 60 ? 0 : ms);
    if (this.playing && n === this.log.total) this.pause();
  }

  // One step on (1) or back (−1): of the filtered steps, if a filter is set.
  step(way) {
    this.pause();
    this.seek((this.steps.narrowed ? this.steps.next(way) : undefined) ?? this.n + (this.steps.narrowed ? 0 : way));
  }

  // One turn of the loop on or back.
  turn(way) {
    this.pause();
    const {turns, total} = this.log;
    this.seek(way > 0 ? Log.after(turns, this.n) ?? total : Log.before(turns, this.n) ?? 0);
  }

  play() {
    if (this.playing) return;
    if (this.n === this.log.total) this.seek(0, 0);
    this.playing = true;
    this.#last = performance.now();
    this.#buttons();
    requestAnimationFrame(now => this.#frame(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.part = 0;
    this.#buttons();
    this.#show(this.n, 0);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  #dwell(n) {
    return n ? this.dwells[n - 1] : 300;
  }

  #frame(now) {
    if (!this.playing) return;
    let left = Math.min(now - this.#last, 100) * this.speed;
    this.#last = now;
    let n = this.n;
    while (left > 0 && n < this.log.total) {
      const dwell = this.#dwell(n);
      const rest = dwell * (1 - this.part);
      if (left < rest) {
        this.part += left / dwell;
        break;
      }
      left -= rest;
      this.part = 0;
      n++;
    }
    if (n !== this.n) this.#show(n, Math.min(430, Math.max(60, (this.#dwell(n) / this.speed) * 0.95)));
    else this.#between();
    if (n >= this.log.total) this.pause();
    else requestAnimationFrame(time => this.#frame(time));
  }

  // The time that is shown: between two steps it runs on.
  get time() {
    const t = this.log.time(this.n);
    return t + this.part * (this.log.time(Math.min(this.n + 1, this.log.total)) - t);
  }

  #between() {
    this.timeline.show(this.n, this.part);
    this.stage.tick(this.time);
    this.#clock();
  }

  #show(n, ms) {
    this.n = n;
    const {log} = this;
    this.#tell(n);
    const after = this.tape.at(n);
    this.stage.show(after, this.time, ms);
    if (!this.playing) this.stage.describe(after);
    if (!this.#lists) this.#lists = setTimeout(() => this.#list(), this.playing ? 120 : 0);
    this.timeline.show(n, this.part);
    const seek = byId('seek');
    seek.value = n;
    seek.style.setProperty('--done', `${log.total ? (n / log.total) * 100 : 0}%`);
    seek.setAttribute('aria-valuetext', `step ${n} of ${log.total}`);
    byId('where').innerHTML = `step <b>${count(n)}</b> of ${count(log.total)}`;
    this.#clock();
    this.#remember();
  }

  // The lists are long: they are written after the rest, and while it plays not for each step.
  #list() {
    this.#lists = 0;
    if (byId('room').clientHeight) this.room.show(this.tape.at(this.n), this.time);
    this.steps.show(this.n);
  }

  #clock() {
    byId('clock').innerHTML = `<b>${span(this.time)}</b> · turn ${count(this.log.event(this.n)?.turn ?? 0)}`;
  }

  #tell(n) {
    const {log} = this;
    const e = log.event(n);
    const head = byId('head');
    // A reader is told each step that is gone to, but not all that fly past.
    for (const id of ['head', 'why']) byId(id).setAttribute('aria-live', this.playing ? 'off' : 'polite');
    byId('step').textContent = `#${count(n)}`;
    if (!e) {
      head.textContent = log.total ? 'Nothing has happened yet.' : 'The log has no events.';
      byId('why').textContent = log.total ? 'Press space to play, or → to go on step by step. ? tells all keys.' : '';
      byId('code').textContent = byId('next').textContent = '';
      return;
    }
    const before = this.tape.at(n - 1).copy();
    const after = this.tape.at(n);
    const kind = KINDS[e.what];
    write(head, rich(headline(e, log), log));
    write(byId('why'), kind ? rich(kind.why(e, log, before, after), log) : '');
    byId('code').innerHTML = codeHtml(log, e.at || (e.what === 'waits' && e.on.at) || log.line(n));
    const next = leadsTo(e, log);
    write(byId('next'), next.length ? `<span>next:</span> ${next.map(({n, text}) => `<button type="button" data-step="${n}">${rendered(text, log)}</button>`).join('<span class="to">→</span>')}` : '');
  }

  // The fragment holds the step, so that an address leads to a moment. While it plays, that would be a flood.
  #remember() {
    if (this.playing || this.#address) return;
    // Browsers refuse to write it more often than some ten times a second.
    this.#address = setTimeout(() => {
      this.#address = 0;
      const hash = `#n=${this.n}${this.selected ? `&task=${this.selected}` : ''}`;
      if (location.hash !== hash) history.replaceState(null, '', hash);
    }, 200);
  }

  // All views turn to one task; 0: to all.
  select(task) {
    this.selected = task;
    this.timeline.selected = this.stage.selected = task;
    this.steps.select(task);
    this.timeline.draw();
    if (task) this.timeline.reveal(task);
    this.#show(this.n, 0);
  }

  fold(folded) {
    byId('fold').setAttribute('aria-pressed', folded);
    this.stage.folded = folded;
    this.timeline.fold(folded);
    this.#show(this.n, 300);
  }

  axis(even) {
    byId('axis').setAttribute('aria-pressed', even);
    this.timeline.axis(even);
  }

  set view(name) {
    document.documentElement.dataset.view = name;
    for (const tab of document.querySelectorAll('[role="tab"]')) {
      const chosen = tab.id === `tab-${name}`;
      tab.setAttribute('aria-selected', chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    if (this.log) this.#show(this.n, 0);
  }

  get view() {
    return document.documentElement.dataset.view;
  }

  faster(way) {
    const i = Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + way));
    this.speed = SPEEDS[i];
    byId('speed').value = this.speed;
  }

  theme() {
    const {dataset} = document.documentElement;
    dataset.theme = dataset.theme === 'dark' ? 'light' : 'dark';
    this.repaint();
  }

  repaint() {
    Colors.forget();
    this.timeline.draw();
    this.stage.redraw();
    legend();
    this.room.parts.forEach(part => { part.html = ''; });
    this.#show(this.n, 0);
  }

  #buttons() {
    document.body.classList.toggle('playing', this.playing);
    byId('play').setAttribute('aria-label', this.playing ? 'Pause (space)' : 'Play (space)');
  }

  #title() {
    const {header, sums} = this.log;
    const title = header.title || 'a run';
    document.title = `${title} · Roundabout`;
    byId('title').textContent = `${title}, one thread${header.clock === 'virtual' ? ', virtual time' : ''}${header.cut ? ' · the log was cut at its limit' : ''}`;
    const busy = sums.wall ? ((sums.wall - sums.asleep) / sums.wall) * 100 : 0;
    const all = [
      [count(sums.tasks), sums.tasks === 1 ? 'task' : 'tasks', sums.grouped ? `and ${many(sums.grouped, 'task')} in groups` : ''],
      [count(sums.polls), sums.polls === 1 ? 'poll' : 'polls', 'of those tasks'], [count(sums.turns), sums.turns === 1 ? 'turn' : 'turns', 'of the loop'],
      [`${busy < 10 ? busy.toFixed(1) : busy.toFixed(0)} %`, 'awake', 'the rest it slept in the OS'], [span(sums.wall), 'in all', ''],
    ];
    byId('sums').innerHTML = all.map(([value, name, more]) => `<div title="${more}"><dt>${name}</dt><dd>${value}</dd></div>`).join('');
  }

  #controls() {
    const press = (id, act) => byId(id).addEventListener('click', act);
    press('first', () => this.seek(0));
    press('last', () => this.seek(this.log.total));
    press('step-back', () => this.step(-1));
    press('step-on', () => this.step(1));
    press('turn-back', () => this.turn(-1));
    press('turn-on', () => this.turn(1));
    press('play', () => this.toggle());
    press('theme', () => this.theme());
    press('axis', () => this.axis(!this.timeline.even));
    press('fold', () => this.fold(!this.timeline.folded));
    press('zoom-in', () => this.timeline.zoom(0.6));
    press('zoom-out', () => this.timeline.zoom(1 / 0.6));
    press('zoom-fit', () => this.timeline.fit());
    press('help-open', () => byId('help').showModal());
    const seek = byId('seek');
    seek.max = this.log.total;
    seek.addEventListener('input', () => this.seek(Number(seek.value)));
    const speed = byId('speed');
    speed.replaceChildren(...SPEEDS.map(s => new Option(`${s}×`, s, s === 1, s === 1)));
    speed.addEventListener('change', () => { this.speed = Number(speed.value); });
    for (const tab of document.querySelectorAll('[role="tab"]')) tab.addEventListener('click', () => { this.view = tab.id.slice(4); });
    document.addEventListener('click', event => {
      const to = event.target.closest('[data-step], [data-task].task');
      if (to?.dataset.step) this.seek(Number(to.dataset.step));
      else if (to?.dataset.task) this.select(Number(to.dataset.task) === this.selected ? 0 : Number(to.dataset.task));
    });
    help();
    keys(this);
  }
}

// How long the player stays at each step, in ms at speed 1. Most of a real run is sleep: it is shown, but shortened. What is
// new takes its time; the hundredth of its kind flies past, or a run of ten files would take twenty minutes.
function dwellsOf(log) {
  const seen = new Map();
  return Float32Array.from(log.events, e => {
    // A wake is another thing than a new task's first place in the queue, and depends on who fires it.
    const kind = e.what === 'queued' ? `${e.what} ${log.tasks.get(e.task)?.queued[0] === e.n ? 'new' : actor(e).kind}` : e.what;
    const nth = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, nth);
    const slept = e.what === 'asleep' ? 180 * Math.log10(1 + (log.time(e.n + 1) - e.t) / 1e5) : 0;
    return ((KINDS[e.what]?.dwell ?? 120) + slept) * Math.max(0.05, Math.min(1, 1.6 / nth));
  });
}
