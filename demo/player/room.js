// The machine room: all lists of the loop at the playhead, as text.
'use strict';

const MOST = 100; // rows of a list; a machine may have a hundred thousand
const LETTERS = 12; // of a name

class Room {
  constructor(log) {
    this.log = log;
    this.el = byId('room');
    this.parts = new Map();
    for (const name of ['running', 'queue', 'slab', 'timers', 'sources', 'jobs', 'syncs', 'inbox']) {
      const part = document.createElement('section');
      this.el.append(part);
      this.parts.set(name, part);
    }
  }

  // Writes the lists of the machine at time t, as far as they have changed.
  show(m, t) {
    this.machine = m;
    const e = this.log.event(m.n);
    this.#put('running', this.#running(m));
    this.#put('queue', `<h3>Run queue <small>${m.queue.length ? `${many(m.queue.length, 'task')}, the front first` : ''}</small></h3>` +
      (m.queue.length ? `<div class="run">${m.queue.slice(0, MOST).map(n => chip(this.log, n, LETTERS)).join('')}</div>` : none('Empty: no task can go on.')));
    this.#put('slab', this.#slab(m, t, e));
    this.#put('timers', this.#timers(m, t, e));
    this.#put('sources', this.#sources(m, e));
    this.#put('jobs', this.#jobs(m, e));
    this.#put('syncs', this.#syncs(m, e));
    this.#put('inbox', this.#inbox(m));
  }

  #put(name, html) {
    const part = this.parts.get(name);
    if (part.html === html) return;
    part.html = html;
    write(part, html);
  }

  #running(m) {
    const {log} = this;
    if (!m.running) return `<h3>Running</h3>${none(m.asleep ? 'Nothing: the loop sleeps in the OS.' : 'No task: the loop itself is at work.')}`;
    const task = m.tasks.get(m.running);
    const spans = [...m.spans.values()].filter(s => s.task === m.running).map(s => escaped(s.detail ? `${s.name} (${s.detail})` : s.name));
    return `<h3>Running <small>poll ${count(task?.polls ?? 1)}</small></h3>${chip(log, m.running)}` +
      (spans.length ? ` <span class="quiet">·</span> ${spans.join(', ')}` : '') +
      `<p class="code">${codeHtml(log, log.line(m.n))}</p>`;
  }

  #slab(m, t, e) {
    const {log} = this;
    const tasks = [...m.tasks.values()].sort((a, b) => a.key - b.key);
    const rows = tasks.slice(0, MOST).map(task => {
      const doing = {
        new: 'new', running: '<span class="ready">running</span>', queued: `queued, ${nth(m.queue.indexOf(task.number) + 1)}`,
        waiting: task.lost ? 'lost: nobody can wake it' : escaped(short(this.#wait(task, m, t), 24)) || 'waits', done: task.how || 'done',
      }[task.state];
      return `<tr${now(e?.task === task.number)}><td class="num">${task.key ?? ''}</td><td>${chip(log, task.number, LETTERS)}</td><td>${doing}</td>` +
        `<td class="num">${count(task.polls)}</td><td class="num">${task.state === 'running' ? '' : count(task.wakers)}</td></tr>`;
    });
    return `<h3>Task table <small>${many(tasks.length, 'slot')} taken</small></h3>` +
      table([['slot', 1], ['task'], ['state'], ['polls', 1], ['wakers', 1]], rows, tasks.length);
  }

  // In the picture a bay's title says that it is a timer.
  #wait(task, m, t) {
    const wait = mainWaitOf(task);
    const label = waitLabel(wait, m, this.log, t);
    return wait?.on === 'timer' && wait.id ? label.replace(/^(in )?(?!timer)/, 'timer, ') : label;
  }

  #timers(m, t, e) {
    const timers = [...m.timers.values()].sort((a, b) => a.deadline - b.deadline);
    if (!timers.length) return `<h3>Timers</h3>${none('None is set.')}`;
    return `<h3>Timers <small>${count(timers.length)}, the first due first</small></h3>` + table([['timer', 1], ['set by'], ['due in', 1]], timers.slice(0, MOST).map(timer => {
      const owner = this.log.timers.get(timer.number)?.owner;
      return `<tr${now(e?.timer === timer.number)}><td class="num">${timer.number}</td><td>${owner ? chip(this.log, owner, LETTERS) : ''}</td><td class="num">${span(Math.max(0, timer.deadline - t))}</td></tr>`;
    }), timers.length);
  }

  #sources(m, e) {
    const {log} = this;
    const sources = [...m.sources.values()];
    if (!sources.length) return `<h3>Sources</h3>${none('None is registered.')}`;
    const readers = new Map();
    for (const task of m.tasks.values()) {
      if (task.state !== 'waiting') continue;
      for (const w of [task.on, ...task.waits]) {
        if (w?.on === 'readable' || w?.on === 'writable') {
          const key = `${w.on} ${w.id}`;
          readers.set(key, new Set([...(readers.get(key) ?? []), task.number]));
        }
      }
    }
    const half = (source, way) => {
      const waits = [...(readers.get(`${way} ${source.number}`) ?? [])].map(n => chip(log, n, 0)).join(' ');
      return source[way] ? `<span class="ready">ready</span> ${waits}` : waits || '<span class="quiet">–</span>';
    };
    return `<h3>Sources <small>${count(sources.length)}: who waits to read, to write</small></h3>` +
      table([['token', 1], ['source'], ['read'], ['write'], ['bytes in', 1], ['out', 1]], sources.slice(0, MOST).map(s =>
        `<tr${now(e?.source === s.number)}><td class="num">${s.token}</td><td>${escaped(sourceKind(s.kind))} ${ownerChip(log, log.sources.get(s.number)?.owner)}${s.closed ? ' <span class="quiet">closed</span>' : ''}</td>` +
        `<td>${half(s, 'readable')}</td><td>${half(s, 'writable')}</td><td class="num">${s.in ? count(s.in) : ''}</td><td class="num">${s.out ? count(s.out) : ''}</td></tr>`), sources.length);
  }

  #jobs(m, e) {
    if (!m.jobs.size) return `<h3>Blocking pool</h3>${none('No job.')}`;
    return `<h3>Blocking pool</h3>` + table([['job', 1], ['of'], ['state'], ['where']], [...m.jobs.values()].slice(0, MOST).map(job =>
      `<tr${now(e?.job === job.number)}><td class="num">${job.number}</td><td>${ownerChip(this.log, job.owner)}</td><td>${jobState(job, this.machine, this.log) === 'runs' ? 'running' : 'queued'}</td><td>${escaped(place(job.at).split('/').at(-1))}</td></tr>`), m.jobs.size);
  }

  #syncs(m, e) {
    const {log} = this;
    if (!m.syncs.size) return '';
    const waiters = id => [...m.tasks.values()].filter(task => task.state === 'waiting' && [task.on, ...task.waits].some(w => w && w.id === id && bayOf(w) === 'locks'));
    return `<h3>Locks, channels and the like</h3>` + table([['which'], ['state'], ['who waits']], [...m.syncs.values()].slice(-MOST).map(sync => {
      const name = {lock: 'lock', permits: 'semaphore', barrier: 'barrier', event: 'event', condvar: 'condition', message: 'channel', room: 'channel'}[sync.on] ?? sync.on;
      const holders = sync.holders.filter(Boolean).map(n => chip(log, n, 0)).join(' ');
      const state = sync.closed ? 'closed' : sync.on === 'message' || sync.on === 'room' ? `holds ${sync.len}` : sync.parties ? `${sync.arrived} of ${sync.parties}`
        : sync.on === 'event' ? (sync.set ? 'set' : 'not set') : holders ? `held by ${holders}` : 'free';
      return `<tr${now(e?.what === 'sync' && e.id === sync.number)}><td>${name} ${sync.number}</td><td>${state}</td><td>${waiters(sync.number).map(t => chip(log, t.number, 0)).join(' ') || '<span class="quiet">–</span>'}</td></tr>`;
    }), m.syncs.size);
  }

  #inbox({inbox}) {
    const text = inbox.n ? `So far ${many(inbox.wakes, 'wake')}${inbox.sent ? `, ${many(inbox.sent, 'closure')}` : ''} and ${count(inbox.coalesced)} that became one with others; last emptied at #${count(inbox.n)}.` : 'Nothing has come from other threads.';
    return `<h3>Inbox</h3>${none(text)}`;
  }
}

const none = text => `<p class="none">${text}</p>`;
const now = is => (is ? ' class="now"' : '');
const ownerChip = (log, owner) => (owner ? chip(log, owner, 0) : '');

function table(heads, rows, all) {
  const head = heads.map(([name, number]) => `<th scope="col"${number ? ' class="num"' : ''}>${name}</th>`).join('');
  const more = all > rows.length ? none(`and ${count(all - rows.length)} more`) : '';
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table>${more}`;
}
