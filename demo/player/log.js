// The log: its events, and what can be known of them without playing them, found in one pass.
//
// An event is the object that stands in the log, as `demo/src/trace/event.rs` describes it: `n` from 1, `turn`, `t` in ns,
// `by`, `what`, and the fields of its kind. Events are looked up by `n`.
'use strict';

// What has been said about an event's actor, as a plain value: {kind: 'task', id: 4}, {kind: 'loop', id: 0}.
function actor(e) {
  if (typeof e.by === 'string') return {kind: e.by, id: 0};
  for (const kind in e.by) return {kind, id: e.by[kind]};
  return {kind: 'loop', id: 0};
}

// A child is polled inside its task: `4.9.2` is the second of the ninth group, in task 4.
const childKey = c => `${c.task}.${c.group}.${c.number}`;

class Log {
  // Takes the log as text: a line with the header, then a line an event. A last line that was cut off is left out.
  static parse(text) {
    const lines = text.split('\n').filter(line => line.trim());
    if (!lines.length) throw new Error('The log is empty.');
    const header = Log.#json(lines[0], 1);
    if (header.roundabout === undefined) throw new Error('Line 1 is not the header of an event log ("roundabout" is missing).');
    if (header.roundabout !== 1) throw new Error(`The log is of version ${header.roundabout}; this page reads version 1.`);
    const body = lines.slice(1);
    let events;
    try {
      // One parse of all is several times as fast as one a line.
      events = JSON.parse(`[${body.join(',')}]`);
    } catch {
      events = [];
      for (const [i, line] of body.entries()) {
        try {
          events.push(JSON.parse(line));
        } catch (why) {
          if (i < body.length - 1) throw new Error(`Line ${i + 2} of the log is not JSON: ${why.message}`);
          header.cut = true;
        }
      }
    }
    return new Log(header, events);
  }

  static #json(line, number) {
    try {
      return JSON.parse(line);
    } catch (why) {
      throw new Error(`Line ${number} of the log is not JSON: ${why.message}`);
    }
  }

  constructor(header, events) {
    events.forEach((e, i) => {
      if (e.n !== i + 1) throw new Error(`Line ${i + 2} of the log has event ${e.n}; ${i + 1} was to come.`);
    });
    this.header = header;
    this.events = events;
    this.total = events.length;
    this.lines = header.lines ?? {};
    this.tasks = new Map(); // number → what is known of a task
    this.children = new Map(); // childKey → what is known of a child
    this.sources = new Map();
    this.timers = new Map();
    this.jobs = new Map();
    this.spans = new Map();
    this.polls = []; // each: {task, from, to, waits, waited, on, how}; `to` is the event that ends it, `waited` the first that leaves the waker
    this.pollAt = new Int32Array(this.total + 2); // event → 1 + index of the poll it lies in; 0: in none
    this.wakes = []; // each: {n, task, by, poll}: `poll` is the event of the poll that it led to, 0 if none
    this.wakeOf = new Map(); // event that queues, or that begins a poll → the wake that it is, or that led to it
    this.aborts = new Map(); // event that would be a wake, but is an abort → true; false: it may be either
    this.fifo = true; // the front of the queue was polled each time
    this.turns = []; // the events that begin a turn
    this.sleeps = []; // each: {from, to}
    this.marks = []; // each: {n, task}: what the program notes, and what goes wrong
    this.kinds = new Map(); // what → how many
    this.#index();
  }

  // Event number n, from 1.
  event(n) {
    return this.events[n - 1];
  }

  // The time at step n, in ns: that of its event.
  time(n) {
    const e = this.events[Math.max(0, Math.min(n, this.total) - 1)];
    return e ? e.t : 0;
  }

  // The last step whose time is not after t.
  stepAt(t) {
    let low = 0, high = this.total;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (this.events[mid - 1].t <= t) low = mid;
      else high = mid - 1;
    }
    return low;
  }

  poll(n) {
    const i = this.pollAt[n];
    return i ? this.polls[i - 1] : null;
  }

  // Where the task stands that is polled at step n: where it goes on from, until it comes to where it waits next.
  line(n) {
    const poll = this.poll(n);
    if (!poll) return '';
    if (((poll.waited && n >= poll.waited) || n === poll.to) && poll.on?.at) return poll.on.at;
    const task = this.tasks.get(poll.task);
    const last = Log.before(task?.polls ?? [], poll.from);
    return (last && this.poll(last).on?.at) || task?.at || '';
  }

  // The first of the ascending numbers that is above n; undefined if none is.
  static after(numbers, n) {
    let low = 0, high = numbers.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (numbers[mid] > n) high = mid;
      else low = mid + 1;
    }
    return numbers[low];
  }

  // The last that is below n.
  static before(numbers, n) {
    let low = 0, high = numbers.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (numbers[mid] < n) low = mid + 1;
      else high = mid;
    }
    return numbers[low - 1];
  }

  #index() {
    let poll = 0; // 1 + index of the poll that goes on
    let sleep = null;
    const woken = new Map(); // task → the wake that put it on the queue
    const pushed = new Map(); // task → what tasks and threads have done to it since it was polled: wakes, or an abort
    const queue = [], left = new Set(); // the run queue, and who is out of it before its turn
    let front = 0, isLeft = false; // `block_on` is left: what it drops was not aborted
    const takeOut = task => {
      while (left.delete(queue[front])) front++;
      if (queue[front] === task) front++;
      else return false;
      return true;
    };
    for (const e of this.events) {
      this.kinds.set(e.what, (this.kinds.get(e.what) ?? 0) + 1);
      this.pollAt[e.n] = poll;
      const by = actor(e);
      const task = this.tasks.get(e.task);
      switch (e.what) {
        case 'spawned':
          if (e.name === 'root' && !e.parent) {
            front = queue.length;
            left.clear();
            isLeft = false;
          }
          this.tasks.set(e.task, {
            number: e.task, key: e.key, name: e.name ?? '', parent: e.parent ?? 0, group: e.group ?? '', at: e.at,
            from: e.n, to: 0, how: '', polls: [], queued: [], children: [], spans: [], color: '',
          });
          break;
        case 'queued': {
          task?.queued.push(e.n);
          const wake = {n: e.n, task: e.task, by, poll: 0};
          this.wakes.push(wake);
          this.wakeOf.set(e.n, wake);
          woken.set(e.task, wake);
          queue.push(e.task);
          if (by.kind === 'task' || by.kind === 'thread') pushed.set(e.task, [...(pushed.get(e.task) ?? []), e.n]);
          break;
        }
        case 'coalesced':
          if (by.kind === 'task' || by.kind === 'thread') pushed.set(e.task, [...(pushed.get(e.task) ?? []), e.n]);
          break;
        case 'late':
          if (by.kind !== 'thread' && !takeOut(e.task)) this.fifo = false;
          break;
        case 'polled': {
          if (!takeOut(e.task)) this.fifo = false;
          pushed.delete(e.task);
          const wake = woken.get(e.task);
          if (wake) {
            wake.poll = e.n;
            this.wakeOf.set(e.n, wake);
            woken.delete(e.task);
          }
          poll = this.polls.push({task: e.task, from: e.n, to: this.total, waits: [], waited: 0, on: null, how: ''});
          this.pollAt[e.n] = poll;
          task?.polls.push(e.n);
          break;
        }
        case 'waits':
          if (poll) {
            this.polls[poll - 1].waits.push(e.on);
            this.polls[poll - 1].waited ||= e.n;
          }
          break;
        case 'moved':
          // Who accepts a connection registers it, and hands it on: it belongs to who uses it.
          if (by.kind === 'task' && this.sources.has(e.source)) this.sources.get(e.source).owner = by.id;
          break;
        case 'pending':
        case 'ready':
        case 'panicked':
        case 'cancelled':
          if (e.what === 'cancelled' && !isLeft) {
            const own = poll && this.polls[poll - 1].task === e.task;
            const by = (pushed.get(e.task) ?? []).filter(n => !own || actor(this.event(n)).id === e.task);
            if (!poll || own) for (const n of by) this.aborts.set(n, by.length === 1);
            if (!own && woken.has(e.task) && !takeOut(e.task)) left.add(e.task);
          }
          if (task?.name === 'root' && !task.parent && e.what !== 'pending') isLeft = true;
          if (poll && this.polls[poll - 1].task === e.task) {
            const over = this.polls[poll - 1];
            over.to = e.n;
            over.how = e.what;
            over.on = e.what === 'pending' ? mainWait(e.on, over.waits) : null;
            poll = 0;
          }
          if (task && e.what !== 'pending') {
            task.to = e.n;
            task.how = e.what;
          }
          break;
        case 'turn':
          this.turns.push(e.n);
          break;
        case 'asleep':
          sleep = {from: e.n, to: this.total};
          this.sleeps.push(sleep);
          break;
        case 'awake':
          if (sleep) sleep.to = e.n;
          sleep = null;
          break;
        case 'registered':
          this.sources.set(e.source, {number: e.source, token: e.token, kind: e.kind, owner: by.kind === 'task' ? by.id : 0});
          break;
        case 'timer_set':
          this.timers.set(e.timer, {number: e.timer, owner: by.kind === 'task' ? by.id : 0, from: e.n, deadline: e.deadline});
          break;
        case 'job_queued':
          this.jobs.set(e.job, {number: e.job, owner: by.kind === 'task' ? by.id : 0, at: e.at, from: e.n});
          break;
        case 'job_started':
          if (this.jobs.has(e.job)) this.jobs.get(e.job).began = e.t - e.ago;
          break;
        case 'span_began': {
          const span = {number: e.span, name: e.name, detail: e.detail ?? '', task: by.kind === 'task' ? by.id : 0, from: e.n, to: this.total};
          this.spans.set(e.span, span);
          this.tasks.get(span.task)?.spans.push(span);
          break;
        }
        case 'mark':
        case 'slow_poll':
        case 'lost':
        case 'stalled':
          this.marks.push({n: e.n, task: e.task ?? (by.kind === 'task' ? by.id : 0)});
          break;
        case 'span_ended':
          if (this.spans.has(e.span)) this.spans.get(e.span).to = e.n;
          break;
        default:
          if (e.child) this.#child(e);
      }
    }
    for (const task of this.tasks.values()) task.to ||= this.total;
    this.#color();
    this.#sum();
  }

  #child(e) {
    const key = childKey(e.child);
    let child = this.children.get(key);
    if (!child) {
      child = {key, ...e.child, name: '', at: '', from: e.n, to: this.total, how: '', polls: [], steps: []};
      this.children.set(key, child);
      this.tasks.get(e.child.task)?.children.push(child);
    }
    child.steps.push(e.n);
    switch (e.what) {
      case 'child_spawned':
        child.name = e.name ?? '';
        child.at = e.at;
        break;
      case 'child_polled':
        child.polls.push(e.n);
        break;
      case 'child_ready':
      case 'child_panicked':
      case 'child_cancelled':
        child.to = e.n;
        child.how = e.what.slice(6);
        break;
    }
  }

  // The root is slate, a group is stone, all others get the colours of the palette in turn.
  #color() {
    let next = 0;
    for (const task of this.tasks.values()) {
      if (task.group) task.color = 'group';
      else if (task.name === 'root' && !task.parent) task.color = 'root';
      else task.color = String((next++ % 12) + 1);
    }
  }

  #sum() {
    const wall = this.time(this.total);
    const asleep = this.sleeps.reduce((sum, s) => sum + this.time(s.to) - this.time(s.from), 0);
    let tasks = 0, grouped = 0, polls = 0;
    for (const task of this.tasks.values()) {
      if (task.group) grouped++;
      else {
        tasks++;
        polls += task.polls.length;
      }
    }
    this.sums = {wall, asleep, tasks, grouped, polls, turns: this.turns.length};
  }
}

// What a task is best said to wait for. The last future that a poll looked at leaves the label; of several, this picks what
// tells most: the many futures inside it, or what will probably wake it rather than the timer of a time-out around it.
function mainWait(last, waits) {
  if (!last || last.on === 'turn') return last ?? null;
  const joins = waits.filter(wait => wait.on === 'task').length;
  if (joins > 1 && last.on !== 'children') return {on: 'children', left: joins, lost: 0, at: last.at};
  const telling = wait => ({children: 2, timer: 0, turn: -1})[wait.on] ?? 1;
  return waits.reduce((best, wait) => (telling(wait) > telling(best) ? wait : best), last);
}
