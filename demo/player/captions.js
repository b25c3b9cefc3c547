// What stands in the picture: what the one thread does, what a task waits for, and all of it in a sentence.
'use strict';

// What the one thread does.
function saying(machine, log, t) {
  const line = (text, size) => ({text, class: 'soft', size});
  const title = (text, size = 1.12) => ({text, class: 'title', size});
  if (machine.stalled) return [title('stalled'), line('nothing in it can'), line('wake a task')];
  if (machine.asleep) {
    const {until, sources, jobs} = machine.asleep;
    if (until !== undefined) return [title('☾', 1.3), title('asleep'), line('until the first deadline,'), line(`in ${span(Math.max(0, until - t))}${sources ? ', or news' : ''}`)];
    return [title('☾', 1.3), title('asleep'), line('in the OS until'), line(sources ? 'a socket has news' : jobs ? 'a job is done' : 'a thread calls')];
  }
  if (machine.running) {
    const child = machine.children.get(machine.child);
    return [
      line('polling'), title(taskShort(log, machine.running)),
      line(child ? child.name || (child.number ? `child ${child.number}` : 'its body') : `for the ${nth(machine.tasks.get(machine.running)?.polls ?? 1)} time`),
    ];
  }
  const e = log.event(machine.n);
  const doing = {
    turn: 'begins a turn', inbox: 'empties its inbox', awake: 'has asked the OS', readiness: 'hears from the OS', timer_fired: 'fires a timer',
    stalled: 'is stalled', asleep: 'falls asleep',
  };
  if (!e) return [title('one thread'), line('has not begun')];
  if (machine.n === log.total) return [title('one thread'), line('has finished')];
  return [title('one thread'), line(doing[e.what] ?? 'goes on'), line(`turn ${count(machine.turn)}`)];
}

// The picture in a sentence, for those who do not see it.
function described(machine, log) {
  const waiting = [...machine.tasks.values()].filter(task => task.state === 'waiting').slice(0, 30)
    .map(task => `${taskName(log, task.number)} waits${task.on ? ` for ${plain(waitName({...mainWaitOf(task), task: task.number}, log), log)}` : ''}`);
  const running = machine.asleep ? 'The loop sleeps.' : machine.running ? `The loop polls ${taskName(log, machine.running)}.` : 'The loop polls nobody.';
  const queue = machine.queue.length ? `In the queue: ${machine.queue.slice(0, 30).map(task => taskName(log, task)).join(', ')}.` : 'The queue is empty.';
  return `The roundabout. ${running} ${queue} ${waiting.join('; ')}.`;
}

// What a waiting task is best said to wait for, as in log.js.
const mainWaitOf = task => (task.on ? mainWait(task.on, task.waits) : null);

// A wait in two or three words, as they stand beside a disc.
function waitLabel(wait, machine, log, t) {
  if (!wait?.on) return '';
  switch (wait.on) {
    case 'readable': return `token ${log.sources.get(wait.id)?.token ?? '?'}, read`;
    case 'writable': return `token ${log.sources.get(wait.id)?.token ?? '?'}, write`;
    case 'timer': {
      const timer = machine.timers.get(wait.id);
      return timer ? (timer.deadline > t ? `in ${span(timer.deadline - t)}` : 'due') : wait.id ? `timer ${wait.id}` : 'never';
    }
    case 'lock': {
      const holder = machine.syncs.get(wait.id)?.holders[0];
      return `lock ${wait.id}${holder ? `, ${holder} has it` : ''}`;
    }
    case 'permits': return `semaphore ${wait.id}`;
    case 'barrier': {
      const sync = machine.syncs.get(wait.id);
      return sync?.parties ? `barrier, ${sync.arrived} of ${sync.parties}` : `barrier ${wait.id}`;
    }
    case 'event': return `event ${wait.id}`;
    case 'condvar': return `condition ${wait.id}`;
    case 'message': return `channel ${wait.id}, next`;
    case 'room': return `channel ${wait.id}, full`;
    case 'task': return `for ${taskShort(log, wait.id)}`;
    case 'children': return `${many(wait.left, 'future')} inside it`;
    case 'job': return `job ${wait.id}${machine.jobs.has(wait.id) ? `, ${jobState(machine.jobs.get(wait.id), machine, log)}` : ''}`;
    default: return wait.text ?? wait.on;
  }
}

// The loop hears that a thread has begun a job only later, with how long ago that was: so a job is known to run before.
function jobState(job, machine, log) {
  const began = log.jobs.get(job.number)?.began;
  return job.state === 'running' || (began !== undefined && began <= log.time(machine.n)) ? 'runs' : 'queued';
}
