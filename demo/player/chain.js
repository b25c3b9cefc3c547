// What an event leads to: the steps after it that belong to it.
'use strict';

// What comes of an event: a chain of {n, text}, by far not all that follows.
function leadsTo(e, log) {
  const task = log.tasks.get(e.task);
  const step = n => ({n, text: KINDS[log.event(n).what]?.brief(log.event(n), log) ?? log.event(n).what});
  const poll = log.poll(e.n);
  if (e.what === 'spawned' && task?.polls.length) return [{n: task.polls[0], text: `{t${e.task}} is polled for the first time`}];
  if (poll && e.n < poll.to) return within(poll, e.n, log).map(step);
  switch (e.what) {
    case 'queued':
    case 'coalesced': {
      const n = Log.after(task?.polls ?? [], e.n);
      return n ? [step(n), ...within(log.poll(n), n, log, 3).map(step)] : [];
    }
    case 'pending': {
      const n = Log.after(task?.queued ?? [], e.n);
      return n ? [{n, text: `woken${byWhom(log.event(n), log)}`}] : [];
    }
    case 'asleep': {
      const sleep = log.sleeps.find(s => s.from === e.n);
      return sleep ? [step(sleep.to), ...wakesFrom(sleep.to, log).map(step)] : [];
    }
    case 'awake':
    case 'readiness':
    case 'timer_fired':
    case 'job_done':
    case 'inbox':
      return wakesFrom(e.n, log).map(step);
    default:
      return [];
  }
}

// What is worth telling of the rest of a poll, and its end.
function within(poll, n, log, most = 4) {
  const steps = [];
  for (let i = n + 1; i < poll.to && steps.length < most - 1 && i < n + 200; i++) {
    const {what, task} = log.event(i);
    // That a new task is queued goes without saying.
    if (TELLING.has(what) && !(what === 'queued' && log.tasks.get(task)?.queued[0] === i)) steps.push(i);
  }
  if (poll.how) steps.push(poll.to);
  return steps;
}

const TELLING = new Set(['spawned', 'queued', 'moved', 'registered', 'job_queued', 'sync', 'mark', 'span_began', 'timer_set']);

// The next few tasks to be queued, before the loop polls again.
function wakesFrom(n, log) {
  const steps = [];
  for (let i = n + 1; i <= log.total && steps.length < 3; i++) {
    const {what} = log.event(i);
    if (what === 'queued') steps.push(i);
    else if (what === 'polled' || what === 'asleep' || what === 'awake') break;
  }
  return steps;
}
