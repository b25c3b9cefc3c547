// What each kind of event means: the one place of the page that describes them.
//
// A kind has
// - `dwell`: how long the player stays at it, in ms at speed 1: long for what one is to see, short for what one may miss;
// - `of`: the part of the machine that it belongs to, for filters and colours;
// - `head(e, log)`: what happened, as a sentence;
// - `why(e, log, before, after)`: why, and what that means; `before` and `after` are the machine around the event;
// - `brief(e, log)`: a few words for a chain of events.
// `{t4}` in a text stands for task 4: see `plain` in words.js.
'use strict';

const KINDS = {
  spawned: {
    of: 'task', dwell: 200,
    head: e => (e.parent ? `{t${e.parent}} spawns {t${e.task}}.` : `{t${e.task}} is spawned.`),
    why: (e, log, before) => {
      const old = [...log.tasks.values()].findLast(task => task.key === e.key && task.number < e.task && task.to < e.n);
      const again = old ? ` The slot was that of {t${old.number}}; the new number keeps a late wake for it from reaching this one.` : '';
      const root = e.task === 1 || (e.name === 'root' && !e.parent);
      return root
        ? 'This is the future that block_on was given: the root. It has a slot and a waker like any task, and when it is ready, the loop ends.'
        : `A future becomes a task: it gets slot ${e.key ?? '?'} of the table, the number ${e.task}, and a waker. Nothing of it has run yet.${again}`;
    },
    brief: e => `spawns {t${e.task}}`,
  },
  queued: {
    of: 'queue', dwell: 250,
    head: (e, log) => {
      const woken = log.tasks.get(e.task)?.queued[0] === e.n ? '' : ` is ${pushedBy(e, log)} and`;
      const place = log.fifo ? `${e.len > 1 ? nth(e.len) : 'first'} in line` : `which holds ${many(e.len, 'task')} now`;
      return `{t${e.task}}${woken} joins the run queue, ${place}.`;
    },
    why: (e, log, before) => whyQueued(e, log, before),
    brief: e => `{t${e.task}} joins the queue`,
  },
  coalesced: {
    of: 'queue', dwell: 120,
    head: (e, log) => `{t${e.task}} is ${pushedBy(e, log, ' again')}, and is on the run queue already.`,
    why: (e, log) => `Two wakes become one: a task stands on the queue at most once. ${log.aborts.has(e.n) ? 'Before it is polled again, it is cancelled.' : 'The poll to come will look at everything it waits for.'}`,
    brief: e => `{t${e.task}} is on the queue already`,
  },
  late: {
    of: 'queue', dwell: 150,
    head: e => `The wake for {t${e.task}} comes too late: the task is gone.`,
    why: e => `Somebody kept its waker and fired it after the end. The number ${e.by === 'thread' ? 'in the inbox' : 'on the queue'} belongs to no task any more, so nothing is polled, and no stranger in the same slot is woken.`,
    brief: e => `too late for {t${e.task}}`,
  },
  polled: {
    of: 'task', dwell: 320,
    head: e => `The loop polls {t${e.task}}.`,
    why: (e, log, before) => {
      const task = before.tasks.get(e.task);
      const wake = log.wakeOf.get(e.n);
      const waited = wake ? ` It stood in the queue for ${span(e.t - log.time(wake.n))}${log.fifo ? ' and was its front' : ''}.` : '';
      const nthPoll = (task?.polls ?? 0) + 1;
      return nthPoll === 1
        ? `It runs for the first time, from its beginning to the first await that cannot go on.${waited}`
        : `It goes on where its ${nth(nthPoll - 1)} poll left off. Until it returns, nothing else runs on this thread.${waited}`;
    },
    brief: e => `{t${e.task}} is polled`,
  },
  waits: {
    of: 'task', dwell: 70,
    head: (e, log) => (keeper(e.on, log) ? `${capital(who(e))} leaves its waker with ${keeper(e.on, log)}.` : `${capital(who(e))} has to wait for ${waitName({...e.on, task: e.by?.task}, log)}.`),
    why: (e, log) => `${keeper(e.on, log) ? `What it needs is not there: it will wait for ${waitName({...e.on, task: e.by?.task}, log)}. Whoever keeps the waker fires it when that changes.`
      : e.on.on === 'timer' ? 'There is no deadline, so nobody keeps a waker for it.' : 'What it needs is not there.'}${e.replaced ? ' Another waker lay there, which this one replaces.' : ''}`,
    brief: (e, log) => (keeper(e.on, log) ? `leaves its waker with ${keeper(e.on, log)}` : `has to wait for ${waitName({...e.on, task: e.by?.task}, log)}`),
  },
  pending: {
    of: 'task', dwell: 300,
    head: (e, log) => (e.on?.on === 'turn' ? `{t${e.task}} gives way: Pending.` : isWoken(e, log) ? `{t${e.task}} returns Pending, but has been woken meanwhile: it is on the run queue again.`
      : `{t${e.task}} cannot go on: Pending${e.on ? `. It waits for ${waitName({...mainWait(e.on, log.poll(e.n)?.waits ?? []), task: e.task}, log)}` : ''}.`),
    why: (e, log, before) => {
      const poll = log.poll(e.n);
      const ran = poll ? ` The poll took ${span(e.t - log.time(poll.from))}.` : '';
      if (before.tasks.get(e.task)?.queued) return `${e.on?.on === 'turn' ? 'It has woken itself, so it is on the run queue again' : 'The next poll will look at what it waits for'}${log.fifo ? ', behind the others' : ''}.${ran}`;
      const main = mainWait(e.on, before.waits);
      const others = new Set(before.waits.filter(w => w.on !== main?.on || w.id !== main?.id).map(w => waitName({...w, task: e.task}, log)));
      const also = others.size ? ` It also left its waker for ${listed([...others].slice(0, 3))}${others.size > 3 ? ' and more' : ''}: the first to fire wakes it.` : '';
      const kept = e.wakers === 0 ? 'Nobody holds its waker.' : `${many(e.wakers, 'waker')} of it ${e.wakers === 1 ? 'is' : 'are'} alive, in the hands of those who will fire ${e.wakers === 1 ? 'it' : 'them'}.`;
      return `The thread is free for the next. ${kept}${also}${ran}`;
    },
    brief: (e, log) => (e.on ? `waits for ${waitName({...mainWait(e.on, log.poll(e.n)?.waits ?? []), task: e.task}, log)}` : 'waits'),
  },
  lost: {
    of: 'task', dwell: 520,
    head: e => `{t${e.task}} is lost: it waits, and nobody holds its waker.`,
    why: () => 'A future that returns Pending must first leave the waker where somebody will fire it. This one has not, so nothing will ever poll the task again.',
    brief: () => 'is lost',
  },
  ready: {
    of: 'task', dwell: 340,
    head: e => `{t${e.task}} is ready: it has returned its output.`,
    why: (e, log, before) => `${many(before.tasks.get(e.task)?.polls ?? 0, 'poll')} in all. It will never be polled again; who waits for its end is woken next.`,
    brief: () => 'is ready',
  },
  panicked: {
    of: 'task', dwell: 600,
    head: e => `{t${e.task}} panics.`,
    why: () => 'The panic stops at the task: the loop catches it, drops the future and goes on. Who joins the task gets it as an error.',
    brief: () => 'panics',
  },
  cancelled: {
    of: 'task', dwell: 300,
    head: e => `{t${e.task}} is cancelled before its end.`,
    why: () => 'It was aborted, or the loop is being left. Its future is dropped where it stands, and with it all that it holds: sockets, timers, locks.',
    brief: () => 'is cancelled',
  },
  gone: {
    of: 'task', dwell: 50,
    head: e => `The future of {t${e.task}} is dropped; its slot is free.`,
    why: e => (e.wakers ? `${many(e.wakers, 'waker')} of it ${e.wakers === 1 ? 'is' : 'are'} still held somewhere: fired now, ${e.wakers === 1 ? 'it' : 'they'} will find nobody.`
      : 'Nobody holds a waker of it any more: the allocation can serve the next task.'),
    brief: () => 'is dropped',
  },

  child_spawned: {
    of: 'child', dwell: 90,
    head: (e, log) => `${capital(childName(log, e.child))} begins.`,
    why: () => 'A child lives inside its task: it has no slot and no place in the run queue, and is polled when its task is.',
    brief: (e, log) => `${childName(log, e.child)} begins`,
  },
  child_polled: {
    of: 'child', dwell: 70,
    head: (e, log) => `${capital(childName(log, e.child))} is polled.`,
    why: () => 'The task asks only those of its children that were woken.',
    brief: (e, log) => `polls ${childName(log, e.child)}`,
  },
  child_pending: {
    of: 'child', dwell: 70,
    head: (e, log) => `${capital(childName(log, e.child))} cannot go on${e.on ? `: it waits for ${waitName({...e.on, task: e.child.task}, log)}` : ''}.`,
    why: () => 'Its siblings may still go on within this poll.',
    brief: (e, log) => `${childName(log, e.child)} waits`,
  },
  child_ready: {
    of: 'child', dwell: 120,
    head: (e, log) => `${capital(childName(log, e.child))} is over.`,
    why: () => 'Its future is dropped. If it gave an error, the rest of the group is cancelled.',
    brief: (e, log) => `${childName(log, e.child)} is over`,
  },
  child_panicked: {
    of: 'child', dwell: 380,
    head: (e, log) => `${capital(childName(log, e.child))} panics.`,
    why: () => 'A group is one unit: the others are cancelled, and the panic goes on in the task around them.',
    brief: (e, log) => `${childName(log, e.child)} panics`,
  },
  child_cancelled: {
    of: 'child', dwell: 120,
    head: (e, log) => `${capital(childName(log, e.child))} is cancelled.`,
    why: () => 'It is dropped before its end, where it stands. No child outlives its group.',
    brief: (e, log) => `${childName(log, e.child)} is cancelled`,
  },

  turn: {
    of: 'loop', dwell: 40,
    head: e => `Turn ${count(e.turn)} of the loop begins.`,
    why: (e, log, before) => `Each turn is the same: take in what other threads left, poll those on the run queue (${before.queue.length || 'none'} now), fire the timers that are due, ask the OS.`,
    brief: e => `turn ${count(e.turn)}`,
  },
  inbox: {
    of: 'loop', dwell: 200,
    head: e => `The loop empties its inbox: ${listed([...(e.wakes ? [many(e.wakes, 'wake')] : []), ...(e.sent ? [many(e.sent, 'closure')] : [])]) || 'nothing'} from other threads.`,
    why: e => `Other threads must not touch the run queue, so they leave wakes here and ring a bell.${e.coalesced ? ` ${many(e.coalesced, 'more wake')} came for tasks that were in the inbox already.` : ''}`,
    brief: () => 'the inbox is emptied',
  },
  asleep: {
    of: 'loop', dwell: 320,
    head: (e, log) => `The run queue is empty: the loop sleeps in the OS${e.until !== undefined ? ` until the first deadline, in ${span(Math.max(0, e.until - e.t))}` : ''}.`,
    why: e => `No task can go on, so there is nothing to do. ${capital(listed([
      ...(e.sources ? [`news of ${many(e.sources, 'source')}`] : []),
      ...(e.until !== undefined ? [`the first of ${many(e.timers, 'timer')}`] : []),
      ...(e.jobs ? [`the end of ${many(e.jobs, 'blocking job')}`] : []),
      'another thread',
    ]).replace(' and another', ' or another'))} will end the sleep. The thread costs nothing meanwhile.`,
    brief: () => 'the loop sleeps',
  },
  awake: {
    of: 'loop', dwell: 140,
    head: (e, log) => {
      const news = e.events ? `news of ${many(e.events, 'source')}` : 'no news';
      const bell = e.bell ? ', and the bell has rung' : '';
      return e.slept ? `The loop wakes: the OS has ${news}${bell}.` : `The loop asks the OS in passing: ${news}${bell}.`;
    },
    why: (e, log, before) => {
      if (!e.slept) return 'Tasks are ready, so it does not wait. But who waits for a socket must not wait for ever behind those who always have work.';
      const slept = before.asleep ? `It slept ${span(e.t - before.asleep.t)}. ` : '';
      const due = before.asleep?.until !== undefined && e.t >= before.asleep.until;
      if (e.bell) return `${slept}Another thread has left something in the inbox.`;
      if (e.events) return `${slept}Each source that has become ready fires the wakers left with it.`;
      return slept + (due ? 'The first deadline has come.' : 'Nothing has come: it looks around and may sleep again.');
    },
    brief: e => (e.events ? `the OS has news of ${many(e.events, 'source')}` : e.bell ? 'the bell rings' : 'the loop wakes'),
  },
  stalled: {
    of: 'loop', dwell: 680,
    head: () => 'The loop stalls: nothing in it can wake a task any more.',
    why: () => 'No task is ready, no timer is set, no source is awaited and no blocking job runs. Only another thread could help, if one still holds a waker.',
    brief: () => 'the loop stalls',
  },
  slow_poll: {
    of: 'loop', dwell: 450,
    head: e => `The poll of {t${e.task}} held the thread for ${span(e.took)}.`,
    why: () => 'That is longer than the threshold. While one task computes, no other runs: such work belongs on the blocking pool, or wants a yield now and then.',
    brief: e => `a slow poll, ${span(e.took)}`,
  },

  registered: {
    of: 'source', dwell: 110,
    head: e => `${capital(who(e))} registers a ${sourceKind(e.kind)} with the OS, as token ${e.token}.`,
    why: e => `From now on the OS watches source ${e.source} (${own(e.kind)}) for both directions, and names it by its token when it has news. The token is the place in a table and will be used again; the number never.`,
    brief: e => `registers token ${e.token}`,
  },
  readiness: {
    of: 'source', dwell: 280,
    head: (e, log) => `The OS says that ${sourceName(log, e.source)} is ${listed([
      ...(e.readable ? ['readable'] : []), ...(e.writable ? ['writable'] : []), ...(e.closed ? ['closed at the other end'] : []),
    ]) || 'of interest'}.`,
    why: (e, log, before) => {
      const waiters = [...before.tasks.values()].filter(t => t.state === 'waiting' && waitsFor(t, e));
      if (!waiters.length) return 'Nobody waits for it now: the loop remembers it, and who tries next will not have to wait.';
      const since = span(e.t - log.time(waiters[0].since));
      return `The reactor fires the waker that ${listed(waiters.map(t => `{t${t.number}}`))} left there ${since} ago.`;
    },
    brief: (e, log) => `token ${log.sources.get(e.source)?.token ?? e.source} is ready`,
  },
  moved: {
    of: 'source', dwell: 100,
    head: (e, log) => `${capital(who(e))} ${e.read ? 'reads' : 'writes'} ${many(e.bytes, 'byte')} ${e.read ? 'from' : 'to'} ${sourceName(log, e.source, e.by?.task)}.`,
    why: e => (e.read ? 'The bytes were there, in the kernel: no waiting.' : 'The kernel had room and took them: no waiting. They reach the other end while this thread does something else.'),
    brief: e => `${e.read ? 'reads' : 'writes'} ${many(e.bytes, 'byte')}`,
  },
  deregistered: {
    of: 'source', dwell: 70,
    head: (e, log) => `${capital(sourceName(log, e.source))} is closed and not watched any more.`,
    why: (e, log) => `Its token ${log.sources.get(e.source)?.token ?? ''} is free for the next source.`,
    brief: (e, log) => `closes token ${log.sources.get(e.source)?.token ?? e.source}`,
  },

  timer_set: {
    of: 'timer', dwell: 70,
    head: e => `${capital(who(e))} sets timer ${e.timer}, due in ${span(e.deadline - e.t)}.`,
    why: () => 'The deadline and the waker go into the list of timers. The loop sleeps no longer than until the first of them.',
    brief: e => `sets a timer of ${span(e.deadline - e.t)}`,
  },
  timer_fired: {
    of: 'timer', dwell: 240,
    head: (e, log) => `Timer ${e.timer} is due${log.timers.get(e.timer)?.owner ? ` for {t${log.timers.get(e.timer).owner}}` : ''}.`,
    why: (e, log, before) => {
      const deadline = before.timers.get(e.timer)?.deadline;
      return `The loop fires the waker that was left there.${deadline !== undefined ? ` It is ${span(Math.max(0, e.t - deadline))} past the deadline: never before it${log.header.clock === 'virtual' ? '' : ', and the OS wakes in whole milliseconds'}.` : ''}`;
    },
    brief: e => `timer ${e.timer} fires`,
  },
  timer_dropped: {
    of: 'timer', dwell: 40,
    head: e => `Timer ${e.timer} is dropped before it was due.`,
    why: () => 'What it guarded has ended, so nobody waits for the deadline any more. It leaves the list at once: nothing of it stays behind.',
    brief: () => 'drops a timer',
  },

  job_queued: {
    of: 'job', dwell: 200,
    head: e => `${capital(who(e))} gives job ${e.job} to the blocking pool.`,
    why: () => 'The call would hold this thread, and with it every task. A thread of the pool makes it instead, and wakes the task through the inbox when it is done.',
    brief: e => `gives job ${e.job} to the pool`,
  },
  job_started: {
    of: 'job', dwell: 120,
    head: e => `A thread of the pool began job ${e.job}, ${span(e.ago)} ago.`,
    why: () => 'The loop hears of it only now, as it takes in what other threads have left.',
    brief: e => `job ${e.job} runs`,
  },
  job_done: {
    of: 'job', dwell: 160,
    head: e => `Job ${e.job} is done, since ${span(e.ago)}.`,
    why: (e, log) => `Its result is there${log.jobs.get(e.job)?.owner ? ` for {t${log.jobs.get(e.job).owner}}` : ''}. The thread of the pool takes the next job, or ends after a while without one.`,
    brief: e => `job ${e.job} is done`,
  },

  sync: {
    of: 'sync', dwell: 140,
    head: (e, log) => `${capital(who(e))} ${syncDoes(e)}.`,
    why: e => SYNC_WHY[e.step] ?? '',
    brief: e => syncDoes(e),
  },

  mark: {
    of: 'mark', dwell: 150,
    head: e => `${capital(who(e))} notes: ${own(e.name)}${e.detail ? `, ${own(e.detail)}` : ''}.`,
    why: () => 'A mark of the program itself.',
    brief: e => own(e.name),
  },
  span_began: {
    of: 'mark', dwell: 90,
    head: e => `${capital(who(e))} begins: ${own(e.name)}${e.detail ? `, ${own(e.detail)}` : ''}.`,
    why: (e, log) => `A part of the program's own work: it takes ${span(log.time(log.spans.get(e.span)?.to ?? e.n) - e.t)}.`,
    brief: e => `begins ${own(e.name)}`,
  },
  span_ended: {
    of: 'mark', dwell: 70,
    head: (e, log) => `${capital(who(e))} has finished: ${own(log.spans.get(e.span)?.name ?? `span ${e.span}`)}.`,
    why: (e, log) => (log.spans.has(e.span) ? `It took ${span(e.t - log.time(log.spans.get(e.span).from))}.` : ''),
    brief: (e, log) => `finishes ${own(log.spans.get(e.span)?.name ?? 'a span')}`,
  },
};

const SYNC_WHY = {
  acquired: 'It goes on at once. Who comes later waits in line until it is given back.',
  released: 'If somebody waits in line, the first of them is woken.',
  sent: 'If somebody waits for a message, it is woken.',
  received: 'If somebody waits for room, it is woken.',
  arrived: 'It waits there for the rest; the last to come lets all of them go on.',
  opened: 'The last has come: all who wait are woken at once.',
  broken: 'Those who waited are woken and sent away with an error.',
  set: 'All who wait for it are woken, and who comes later need not wait.',
  cleared: 'Who comes from now on waits until it is set again.',
  notified: 'Those are woken, and look again whether what they need is true.',
  closed: 'All who wait are woken: there is nothing more to come.',
};

// What a step of a lock, a channel or the like is, after its subject.
function syncDoes(e) {
  const thing = {lock: 'lock', permits: 'semaphore', barrier: 'barrier', event: 'event', condvar: 'condition', message: 'channel', room: 'channel'}[e.on] ?? e.on;
  const it = `${thing} ${e.id}`;
  const permits = e.on === 'permits' ? `${many(e.count ?? 1, 'permit')} of ` : '';
  switch (e.step) {
    case 'acquired': return `takes ${permits}${it}`;
    case 'released': return `gives back ${permits}${it}`;
    case 'sent': return `puts a message into ${it}, which holds ${e.len} now`;
    case 'received': return `takes a message out of ${it}, which holds ${e.len} now`;
    case 'arrived': return `comes to ${it}, as the ${nth(e.waiting)} of ${e.parties}`;
    case 'opened': return `opens ${it}`;
    case 'broken': return `breaks ${it}`;
    case 'set': return `sets ${it}`;
    case 'cleared': return `clears ${it}`;
    case 'notified': return `notifies ${many(e.count ?? 1, 'task')} at ${it}`;
    case 'closed': return `closes ${it}`;
    default: return `does “${e.step}” to ${it}`;
  }
}

// Who acts, as the subject of a sentence.
function who(e) {
  const {kind, id} = actor(e);
  return {task: `{t${id}}`, source: `source ${id}`, timer: `timer ${id}`, thread: 'another thread'}[kind] ?? 'the loop';
}

// Who fired the waker, after "is woken".
function byWhom(e, log) {
  const {kind, id} = actor(e);
  switch (kind) {
    case 'task': return id === e.task ? ' by itself' : ` by {t${id}}`;
    case 'source': return ` by ${sourceName(log, id, e.task)}`;
    case 'timer': return ` by timer ${id}`;
    case 'thread': return ' by another thread';
    default: return '';
  }
}

// "woken by …", unless it is an abort: that puts a task on the queue as well, to be cancelled there.
function pushedBy(e, log, again = '') {
  const done = {true: 'aborted', false: `woken${again}, or aborted,`}[log.aborts.get(e.n)] ?? `woken${again}`;
  return done + byWhom(e, log);
}

// It was woken within the poll that this event ends, and so does not wait.
function isWoken(e, log) {
  return Log.after(log.tasks.get(e.task)?.queued ?? [], log.poll(e.n)?.from ?? e.n) < e.n;
}

// Who keeps the waker for what is waited for; nobody that is known, where it is ''.
function keeper(wait, log) {
  const {on, id} = wait;
  switch (bayOf(wait)) {
    case 'sockets': return `the reactor, for token ${log.sources.get(id)?.token ?? id}`;
    case 'timers': return id ? `the list of timers, as timer ${id}` : '';
    case 'joins': return on === 'task' ? `{t${id}}` : '';
    case 'pool': return `blocking job ${id}`;
    case 'locks': return waitName(wait, log).replace(/^(permits of|the others at|a message in|room in) /, '');
    default: return '';
  }
}

// A task waits for what a source's readiness says, among others perhaps: who waits to write is not woken by bytes to read.
function waitsFor(task, e) {
  const it = w => w.id === e.source && ((w.on === 'readable' && (e.readable || e.closed)) || (w.on === 'writable' && (e.writable || e.closed)));
  return (task.on && it(task.on)) || task.waits.some(it);
}

function whyQueued(e, log, before) {
  const {kind, id} = actor(e);
  const task = before.tasks.get(e.task);
  const waited = task?.state === 'waiting' ? ` It has waited for ${span(e.t - log.time(task.since))}.` : '';
  const line = log.fifo && before.queue.length ? ` ${capital(many(before.queue.length, 'task'))} will be polled before it.` : '';
  if (!task) return 'The task is gone; that will be noticed when its turn comes.';
  if (task.state === 'new') return `A new task starts ${log.fifo ? 'at the back of' : 'in'} the queue, like all who want to run.${line}`;
  if (log.aborts.get(e.n)) return `When its turn comes, it is cancelled instead of polled: its future is dropped where it stands.${waited}${line}`;
  if (log.aborts.has(e.n)) return `Before it is polled again, it is cancelled.${waited}${line}`;
  switch (kind) {
    case 'source': return `The reactor kept its waker for the time when the source is ready. Now the task may try again.${waited}${line}`;
    case 'timer': return `The deadline that it slept for has come.${waited}${line}`;
    case 'thread': return `The wake came through the inbox, as other threads must not touch the queue.${waited}${line}`;
    case 'task':
      if (id === e.task && log.poll(e.n)?.on?.on !== 'turn') return `It has fired its own waker while it runs: so it is on the queue before its poll is over.${line}`;
      if (id === e.task) return `It could go on, and yields instead: ${log.fifo ? 'those who stand in the queue go first' : 'others may go first'}.${line}`;
      return `${task.on ? `It waited for ${waitName({...task.on, task: e.task}, log)}, and ` : ''}{t${id}} has just changed that.${waited}${line}`;
    default: return `${waited}${line}`.trim();
  }
}

// An event in one sentence, for lists and for the search.
function headline(e, log) {
  const kind = KINDS[e.what];
  return kind ? kind.head(e, log) : `${capital(who(e))}: ${e.what.replaceAll('_', ' ')}.`;
}
