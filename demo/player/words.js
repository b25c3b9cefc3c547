// Numbers and names as people read them.
'use strict';

const grouped = new Intl.NumberFormat('en');

// 2140 → "2,140".
const count = n => grouped.format(n);

// 1, "poll" → "1 poll"; 2 → "2 polls".
const many = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

// Nanoseconds, with three digits: "850 ns", "12.3 µs", "405 ms", "1.50 s".
function span(ns) {
  if (ns < 0) return `−${span(-ns)}`;
  const digits = value => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${digits(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${digits(ns / 1e6)} ms`;
  if (ns < 120e9) return `${digits(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  return `${count(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

// 1st, 2nd, 3rd, 4th …
function nth(n) {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${count(n)}${teen ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th'}`;
}

// "a, b and c".
function listed(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

// A long name with its middle left out: the ends tell names apart.
function short(name, length) {
  if (name.length <= length) return name;
  const head = Math.ceil((length - 1) / 2);
  return `${name.slice(0, head)}…${name.slice(name.length - (length - 1 - head))}`;
}

// "demo/src/download.rs:88:17" → "demo/src/download.rs:88": as the log's `lines` are keyed.
const place = at => (at ? at.replace(/:\d+$/, '') : '');

// The text of a source line, if the log has it.
const codeAt = (log, at) => (at ? log.lines[place(at)] ?? '' : '');

const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

// A text of the program's own in one of `tell.js`: `{t4}` in it is no task. (The sign between is not to be seen.)
const own = text => String(text ?? '').replace(/\{(?=t\d+\})/g, '{\u2060');

// In the texts of `tell.js`, `{t4}` stands for task 4: the page makes a disc of it. Here it becomes words.
function plain(text, log) {
  return text.replace(/\{t(\d+)\}/g, (_, n) => taskName(log, Number(n)));
}

// "file3.txt (task 4)", or "task 4".
function taskName(log, number) {
  const name = log.tasks.get(number)?.name;
  return name ? `${name} (task ${number})` : `task ${number}`;
}

// "file3.txt", or "task 4".
const taskShort = (log, number) => log.tasks.get(number)?.name || `task ${number}`;

// A child of a task group in words; the body is the block that spawned the others.
function childName(log, c) {
  const name = own(log.children.get(childKey(c))?.name);
  const what = c.number === 0 ? 'the body of the group' : name ? `child ${c.number}, ${name},` : `child ${c.number}`;
  return `${what} in {t${c.task}}`;
}

// The kinds of sources by the Rust type.
function sourceKind(kind) {
  const type = kind.replace(/<.*/, '').split('::').at(-1);
  const known = {
    TcpStream: 'socket', UnixStream: 'Unix socket', UdpSocket: 'UDP socket', UnixDatagram: 'Unix socket',
    TcpListener: 'listening socket', UnixListener: 'listening socket', Receiver: 'pipe', Sender: 'pipe',
  };
  return known[type] ?? own(type);
}

// "the socket with token 7", with who made it, if that is another than `reader`.
function sourceName(log, number, reader = 0) {
  const source = log.sources.get(number);
  if (!source) return `source ${number}`;
  const owner = source.owner && source.owner !== reader ? ` of {t${source.owner}}` : '';
  return `the ${sourceKind(source.kind)}${owner} (token ${source.token})`;
}

// What stands behind the kinds of `on`: how it is called, and the bay it belongs to.
const RESOURCES = {
  readable: {bay: 'sockets', name: (w, log) => `${sourceName(log, w.id, w.task)} to become readable`},
  writable: {bay: 'sockets', name: (w, log) => `${sourceName(log, w.id, w.task)} to become writable`},
  timer: {bay: 'timers', name: w => (w.id ? `timer ${w.id}` : 'a time that never comes')},
  lock: {bay: 'locks', name: w => `lock ${w.id}`},
  permits: {bay: 'locks', name: w => `permits of semaphore ${w.id}`},
  barrier: {bay: 'locks', name: w => `the others at barrier ${w.id}`},
  event: {bay: 'locks', name: w => `event ${w.id}`},
  condvar: {bay: 'locks', name: w => `condition ${w.id}`},
  message: {bay: 'locks', name: w => `a message in channel ${w.id}`},
  room: {bay: 'locks', name: w => `room in channel ${w.id}`},
  task: {bay: 'joins', name: w => `the end of {t${w.id}}`},
  children: {bay: 'joins', name: w => `${many(w.left, 'future')} inside it${w.lost ? `, ${w.lost} of them lost` : ''}`},
  job: {bay: 'pool', name: w => `blocking job ${w.id}`},
  turn: {bay: 'other', name: () => 'its next turn'},
  other: {bay: 'other', name: w => (w.text ? own(w.text) : 'something else')},
};

// "timer 3", "the end of task 5" …, for what stands after "waits for".
function waitName(wait, log) {
  return RESOURCES[wait.on]?.name(wait, log) ?? `${wait.on}${wait.id ? ` ${wait.id}` : ''}`;
}

const bayOf = wait => RESOURCES[wait?.on]?.bay ?? 'other';
