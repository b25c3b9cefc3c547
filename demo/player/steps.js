// The list of steps: the same run in words, for reading, searching and filtering. Only the rows in view exist.
'use strict';

const ROW = 30; // the height of a row, as in player.css

class Steps {
  #rows = null; // the steps that are listed; null: all
  #texts = []; // the sentences in lower case, for the search, made when first needed

  // `on.seek(n)` for a step that is chosen; `on.select(task)` for a filter that is set here.
  constructor(log, on) {
    this.log = log;
    this.on = on;
    this.n = 0;
    this.task = 0;
    this.query = '';
    this.list = byId('list');
    this.rows = byId('list-rows');
    this.search = byId('search');
    this.filter = byId('filter');
    this.#tasks();
    this.#refresh();
    this.list.addEventListener('scroll', () => this.#draw());
    new ResizeObserver(() => requestAnimationFrame(() => this.show(this.n))).observe(this.list);
    this.list.addEventListener('click', event => {
      const row = event.target.closest('.row');
      if (row) on.seek(Number(row.dataset.n));
    });
    this.search.addEventListener('input', () => {
      this.query = this.search.value.trim().toLowerCase();
      this.#refresh();
    });
    this.search.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.go(event.shiftKey ? -1 : 1);
      if (event.key === 'Escape') this.search.blur();
    });
    this.filter.addEventListener('change', () => on.select(Number(this.filter.value)));
  }

  #tasks() {
    const options = [new Option('all tasks', 0)];
    for (const task of this.log.tasks.values()) options.push(new Option(`${task.number}  ${task.name || 'no name'}`, task.number));
    this.filter.replaceChildren(...options);
  }

  // Only the steps of this task; 0: of all.
  select(task) {
    this.task = task;
    this.filter.value = String(task);
    this.#refresh();
  }

  get narrowed() {
    return Boolean(this.task || this.query);
  }

  #refresh() {
    this.#rows = null;
    if (this.narrowed) {
      this.#rows = this.log.events.filter(e => (!this.task || concerns(e, this.task, this.log)) && (!this.query || this.#text(e.n).includes(this.query))).map(e => e.n);
    }
    byId('found').textContent = this.#rows ? `${many(this.#rows.length, 'step')} of ${count(this.log.total)}. Enter: the next of them.` : '';
    byId('list-size').style.height = `${this.#length * ROW}px`;
    this.show(this.n);
  }

  #text(n) {
    return (this.#texts[n] ??= `${plain(headline(this.log.event(n), this.log), this.log)} ${this.log.event(n).what}`.toLowerCase());
  }

  get #length() {
    return this.#rows ? this.#rows.length : this.log.total;
  }

  // The index of the last listed step that is not after n; −1 if none is.
  #index(n) {
    if (!this.#rows) return n - 1;
    const after = Log.after(this.#rows, n);
    return after === undefined ? this.#rows.length - 1 : this.#rows.indexOf(after) - 1;
  }

  // The next of the listed steps, or the one before: undefined if there is none.
  next(way) {
    if (!this.#rows) return undefined;
    return way > 0 ? Log.after(this.#rows, this.n) : Log.before(this.#rows, this.n);
  }

  // To the next find, and from the last to the first.
  go(way) {
    const n = this.next(way) ?? (way > 0 ? this.#rows?.[0] : this.#rows?.at(-1));
    if (n) this.on.seek(n);
  }

  show(n) {
    this.n = n;
    if (!this.list.clientHeight) return;
    const y = this.#index(n) * ROW;
    const {scrollTop, clientHeight} = this.list;
    if (y < scrollTop + ROW || y > scrollTop + clientHeight - ROW * 2) this.list.scrollTop = y - clientHeight * 0.4;
    this.#draw();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 4);
    const last = Math.min(this.#length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + 4);
    const html = [];
    for (let i = first; i < last; i++) html.push(this.#row(this.#rows ? this.#rows[i] : i + 1, i + 1));
    this.rows.style.top = `${first * ROW}px`;
    this.rows.innerHTML = html.join('');
    // The row in view that is the step, or with a filter the last of the listed ones before it.
    const at = this.#index(this.n);
    if (at >= first && at < last) this.list.setAttribute('aria-activedescendant', `row-${this.#rows ? this.#rows[at] : at + 1}`);
    else this.list.removeAttribute('aria-activedescendant');
  }

  #row(n, place) {
    const {log} = this;
    const e = log.event(n);
    const task = e.task ?? e.child?.task ?? e.by?.task;
    const dot = task ? ` style="background:${Colors.task(log, task)}"` : '';
    return `<div class="row${e.what === 'turn' ? ' is-turn' : ''}" role="option" id="row-${n}" aria-selected="${n === this.n}" aria-posinset="${place}" aria-setsize="${this.#length}" data-n="${n}">` +
      `<span class="no">${count(n)}</span><span class="dot"${dot}></span><span>${escaped(plain(headline(e, log), log))}</span></div>`;
  }
}

// The event is about this task, or done by it, or by something it made.
function concerns(e, task, log) {
  if (e.task === task || e.child?.task === task || e.by?.task === task) return true;
  if (e.source !== undefined) return log.sources.get(e.source)?.owner === task;
  if (e.timer !== undefined) return log.timers.get(e.timer)?.owner === task;
  if (e.job !== undefined) return log.jobs.get(e.job)?.owner === task;
  return false;
}
