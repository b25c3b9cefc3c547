// What the timeline draws: a lane for the loop and for each task, cut into stretches of running, queued and waiting.
'use strict';

// The stretches of each task and child, and those of the loop's sleep. A stretch goes from one event to another:
// {kind: 'run' | 'queue' | 'wait' | 'sleep', from, to, bay, on}.
class Stretches {
  constructor(log) {
    this.loop = log.sleeps.map(s => ({kind: 'sleep', from: s.from, to: s.to}));
    this.tasks = new Map();
    this.children = new Map();
    for (const task of log.tasks.values()) this.tasks.set(task.number, Stretches.#ofTask(log, task));
    for (const child of log.children.values()) this.children.set(child.key, Stretches.#ofChild(log, child));
  }

  static #ofTask(log, task) {
    const list = [];
    let last = task.from;
    for (const from of task.polls) {
      const poll = log.poll(from);
      const woken = log.wakeOf.get(from)?.n ?? last;
      const on = log.poll(last)?.on;
      // A task that woke itself while it ran stands in the queue from the end of its poll on.
      const queued = Math.max(woken, last);
      if (queued > last && list.length) list.push({kind: 'wait', from: last, to: queued, bay: bayOf(on), on});
      if (from > queued) list.push({kind: 'queue', from: queued, to: from});
      list.push({kind: 'run', from, to: poll.to});
      last = poll.to;
    }
    // What comes after its last poll: it waits for ever, is cancelled, or stands in the queue as the log ends.
    if (last < task.to) {
      const woken = Log.after(task.queued, last - 1);
      const on = log.poll(last)?.on;
      const till = woken ?? task.to;
      if (till > last && list.length) list.push({kind: 'wait', from: last, to: till, bay: bayOf(on), on});
      if (woken) list.push({kind: 'queue', from: woken, to: task.to});
    }
    return list;
  }

  static #ofChild(log, child) {
    const list = [];
    let open = null;
    for (const n of child.steps) {
      const e = log.event(n);
      if (open) open.to = n;
      open = null;
      if (e.what === 'child_polled') open = {kind: 'run', from: n, to: child.to};
      if (e.what === 'child_pending') open = {kind: 'wait', from: n, to: child.to, bay: bayOf(e.on), on: e.on ?? null};
      if (open) list.push(open);
    }
    return list;
  }
}

// The lanes from the top down. A group that is folded is one lane; children follow their task.
function lanesOf(log, stretches, folded) {
  const lanes = [{kind: 'loop', id: 'loop', name: 'loop', list: stretches.loop}];
  const groups = new Map();
  for (const task of log.tasks.values()) {
    if (task.group && folded) {
      if (!groups.has(task.group)) groups.set(task.group, []);
      groups.get(task.group).push(task);
      continue;
    }
    lanes.push({kind: 'task', id: task.number, name: task.name || `task ${task.number}`, task, list: stretches.tasks.get(task.number), color: task.color});
    // Many children would bury the tasks: a lane each only where they can be told apart.
    if (task.children.length > 8) continue;
    for (const child of task.children) {
      const name = child.name || (child.number ? `child ${child.number}` : 'body');
      lanes.push({kind: 'child', id: child.key, name, child, task, list: stretches.children.get(child.key), color: task.color});
    }
  }
  for (const [name, tasks] of groups) {
    const list = tasks.flatMap(task => stretches.tasks.get(task.number).filter(s => s.kind === 'run')).sort((a, b) => a.from - b.from);
    lanes.push({kind: 'group', id: `group ${name}`, name, tasks, list, color: 'group'});
  }
  return lanes;
}
