// The machine at any step: a fold over the events, with checkpoints so that any step is near one.
//
// A `Machine` holds what is true after n events. The values in its maps are never changed, only replaced, so that a
// checkpoint copies the maps and shares the rest.
'use strict';

class Machine {
  n = 0;
  turn = 0;
  asleep = null; // the event that sent the loop to sleep, while it does
  running = 0; // the task that is polled
  child = ''; // the child of it that is polled
  waits = []; // what the poll has left its waker with so far
  queue = []; // task numbers; a task that is gone may stand in it, until its late wake is noticed
  tasks = new Map(); // from spawned to gone
  children = new Map();
  timers = new Map();
  sources = new Map();
  jobs = new Map();
  syncs = new Map();
  spans = new Map();
  inbox = {wakes: 0, sent: 0, coalesced: 0, n: 0}; // in all; n: when last
  ended = {ready: 0, panicked: 0, cancelled: 0};
  stalled = false;

  copy() {
    const m = Object.assign(new Machine(), this);
    m.waits = [...this.waits];
    m.queue = [...this.queue];
    for (const map of ['tasks', 'children', 'timers', 'sources', 'jobs', 'syncs', 'spans']) m[map] = new Map(this[map]);
    return m;
  }

  size() {
    return this.tasks.size + this.children.size + this.timers.size + this.sources.size + this.queue.length;
  }

  // Takes one more event in. A kind that is not known changes nothing.
  apply(e) {
    this.n = e.n;
    this.turn = e.turn;
    FOLD[e.what]?.(this, e);
  }
}

// Replaces one value of a map by one with other fields; does nothing where there is none.
function patch(map, key, fields) {
  const old = map.get(key);
  if (old) map.set(key, {...old, ...fields});
}

// Takes the first of the value out of a list.
function take(list, value) {
  const i = list.indexOf(value);
  if (i >= 0) list.splice(i, 1);
  return i >= 0;
}

// A task stops running, or never will.
function end(m, e) {
  if (m.running === e.task) {
    m.running = 0;
    m.child = '';
  }
  patch(m.tasks, e.task, {state: 'done', how: e.what, on: null, since: e.n});
  m.ended = {...m.ended, [e.what]: m.ended[e.what] + 1};
}

// Who acts, if it is a task.
const byTask = e => e.by?.task ?? 0;

// What each kind of event does to the machine.
const FOLD = {
  spawned(m, e) {
    // The root of a further `block_on`: what the one before left is gone.
    if (e.name === 'root' && !e.parent && e.by === 'loop') {
      m.tasks.clear();
      m.children.clear();
      m.queue = [];
      m.running = 0;
      m.child = '';
      m.asleep = null;
    }
    m.tasks.set(e.task, {
      number: e.task, key: e.key, state: 'new', queued: false, on: null, waits: [], polls: 0, wakers: 0, how: '', since: e.n,
    });
  },
  queued(m, e) {
    m.queue.push(e.task);
    const task = m.tasks.get(e.task);
    if (!task) return;
    const queued = {queued: true, wakers: task.wakers};
    patch(m.tasks, e.task, task.state === 'running' || task.state === 'done' ? queued : {...queued, state: 'queued', since: e.n});
  },
  late(m, e) {
    if (e.by !== 'thread') take(m.queue, e.task); // a thread's gets no further than the inbox
  },
  polled(m, e) {
    take(m.queue, e.task);
    m.running = e.task;
    m.child = '';
    m.waits = [];
    m.stalled = false;
    const polls = (m.tasks.get(e.task)?.polls ?? 0) + 1;
    patch(m.tasks, e.task, {state: 'running', queued: false, on: null, polls, since: e.n});
  },
  waits(m, e) {
    m.waits.push(e.on);
    // The OS is asked again: what it last said of the source has been used up.
    const {on, id} = e.on;
    if (on === 'readable' || on === 'writable') patch(m.sources, id, {[on]: false});
  },
  pending(m, e) {
    if (m.running === e.task) m.running = 0;
    m.child = '';
    const queued = m.tasks.get(e.task)?.queued;
    patch(m.tasks, e.task, {state: queued ? 'queued' : 'waiting', lost: false, on: e.on ?? null, waits: m.waits, wakers: e.wakers, since: e.n});
    m.waits = [];
  },
  lost(m, e) {
    patch(m.tasks, e.task, {lost: true});
  },
  ready: end,
  panicked: end,
  cancelled(m, e) {
    // One that aborts itself while it runs stands on the queue for that, until a late wake is found there.
    if (m.running !== e.task) take(m.queue, e.task);
    end(m, e);
  },
  gone(m, e) {
    // A root that panics has no other end: the panic goes through `block_on` to its caller.
    if (m.running === e.task) m.running = 0;
    m.tasks.delete(e.task);
    for (const [key, child] of m.children) if (child.task === e.task) m.children.delete(key);
  },

  child_spawned(m, e) {
    m.children.set(childKey(e.child), {...e.child, name: e.name ?? '', state: 'new', on: null, polls: 0});
  },
  child_polled(m, e) {
    m.child = childKey(e.child);
    patch(m.children, m.child, {state: 'running', polls: (m.children.get(m.child)?.polls ?? 0) + 1});
  },
  child_pending(m, e) {
    m.child = '';
    patch(m.children, childKey(e.child), {state: 'waiting', on: e.on ?? null});
  },
  child_ready: endChild,
  child_panicked: endChild,
  child_cancelled: endChild,

  inbox(m, e) {
    const {wakes, sent, coalesced} = m.inbox;
    m.inbox = {wakes: wakes + e.wakes, sent: sent + e.sent, coalesced: coalesced + e.coalesced, n: e.n};
  },
  asleep(m, e) {
    m.asleep = e;
  },
  awake(m) {
    m.asleep = null;
  },
  stalled(m) {
    m.stalled = true;
  },

  registered(m, e) {
    m.sources.set(e.source, {number: e.source, token: e.token, kind: e.kind, readable: false, writable: false, closed: false, in: 0, out: 0});
  },
  readiness(m, e) {
    const source = m.sources.get(e.source);
    if (!source) return;
    patch(m.sources, e.source, {
      readable: source.readable || e.readable, writable: source.writable || e.writable, closed: source.closed || e.closed,
    });
  },
  moved(m, e) {
    const source = m.sources.get(e.source);
    if (source) patch(m.sources, e.source, e.read ? {in: source.in + e.bytes} : {out: source.out + e.bytes});
  },
  deregistered(m, e) {
    m.sources.delete(e.source);
  },

  timer_set(m, e) {
    m.timers.set(e.timer, {number: e.timer, deadline: e.deadline});
  },
  timer_fired(m, e) {
    m.timers.delete(e.timer);
  },
  timer_dropped(m, e) {
    m.timers.delete(e.timer);
  },

  job_queued(m, e) {
    m.jobs.set(e.job, {number: e.job, state: 'queued', owner: byTask(e), at: e.at});
  },
  job_started(m, e) {
    patch(m.jobs, e.job, {state: 'running'});
  },
  job_done(m, e) {
    m.jobs.delete(e.job);
  },

  sync(m, e) {
    const sync = m.syncs.get(e.id) ?? {number: e.id, on: e.on, holders: [], len: 0};
    m.syncs.set(e.id, {...sync, ...syncAfter(sync, e)});
  },

  span_began(m, e) {
    m.spans.set(e.span, {number: e.span, name: e.name, detail: e.detail ?? '', task: byTask(e)});
  },
  span_ended(m, e) {
    m.spans.delete(e.span);
  },
};

function endChild(m, e) {
  m.child = '';
  patch(m.children, childKey(e.child), {state: 'done', on: null, how: e.what.slice(6)});
}

// What a step does to a lock, a channel or the like.
function syncAfter(sync, e) {
  const holders = [...sync.holders];
  switch (e.step) {
    case 'acquired':
      return {holders: [...holders, byTask(e)]};
    case 'released':
      // It may be given back by another than took it.
      if (!take(holders, byTask(e))) holders.shift();
      return {holders};
    case 'sent':
    case 'received':
      return {len: e.len};
    case 'arrived':
      return {arrived: e.waiting, parties: e.parties};
    case 'opened':
    case 'broken':
      return {arrived: 0};
    case 'set':
      return {set: true};
    case 'cleared':
      return {set: false};
    case 'closed':
      return {closed: true};
    default:
      return {};
  }
}

// A log as a tape: the machine at any step, forwards and backwards.
class Tape {
  #log;
  #marks = []; // machines at some steps, ascending; the first is at 0
  #machine = new Machine(); // where it stands

  constructor(log) {
    this.#log = log;
    // A copy costs as much as the machine is large: the larger, the rarer, so that all copies cost no more than the fold.
    let next = 0;
    for (const m = new Machine(); ; m.apply(log.event(m.n + 1))) {
      if (m.n >= next) {
        this.#marks.push(m.copy());
        next = m.n + Math.max(500, 4 * m.size());
      }
      if (m.n >= log.total) break;
    }
  }

  // The machine after n events. It is the tape's own and good until the next call: look, do not keep.
  at(n) {
    if (this.#machine.n > n || this.#mark(n).n > this.#machine.n) this.#machine = this.#mark(n).copy();
    while (this.#machine.n < n) this.#machine.apply(this.#log.event(this.#machine.n + 1));
    return this.#machine;
  }

  #mark(n) {
    let low = 0, high = this.#marks.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (this.#marks[mid].n <= n) low = mid;
      else high = mid - 1;
    }
    return this.#marks[low];
  }
}

// The machine as the replay in Rust writes it, to the letter: `demo/src/trace/replay.rs`.
function canonical(m) {
  const ascending = map => [...map.keys()].sort((a, b) => a - b);
  const tasks = {};
  for (const number of ascending(m.tasks)) {
    const {state, on, polls} = m.tasks.get(number);
    const waits = state === 'waiting' && on;
    tasks[number] = {state, ...(waits ? {on: on.on} : {}), ...(waits && on.id !== undefined ? {id: on.id} : {}), polls};
  }
  const jobs = {};
  for (const number of ascending(m.jobs)) jobs[number] = m.jobs.get(number).state;
  return JSON.stringify({
    n: m.n, turn: m.turn, loop: m.asleep ? 'asleep' : 'running', running: m.running || null, queue: m.queue, tasks,
    timers: ascending(m.timers), sources: ascending(m.sources), jobs,
  });
}
