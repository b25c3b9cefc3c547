// Colours, discs and small pieces of HTML that several views share.
'use strict';

const byId = id => document.getElementById(id);

// The motion that people ask for less of.
const still = matchMedia('(prefers-reduced-motion: reduce)');

const escaped = text => String(text).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);

// The colours of the sheet as they are now: by day or by night.
class Colors {
  static #known = new Map();

  static forget() {
    Colors.#known.clear();
  }

  static get(name) {
    let color = Colors.#known.get(name);
    if (!color) {
      color = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
      Colors.#known.set(name, color);
    }
    return color;
  }

  // The color of a task's lane and disc.
  static task(log, number) {
    return Colors.get(`c${log.tasks.get(number)?.color || 'group'}`);
  }

  // Black or white, whichever can be read on this color.
  static on(color) {
    const [r, g, b] = [1, 3, 5].map(i => {
      const c = parseInt(color.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    return 1.05 / (light + 0.05) > (light + 0.05) / 0.05 ? '#ffffff' : '#000000';
  }
}

// How wide a text will be, without asking the page to lay itself out for it.
const widthOf = (() => {
  const context = document.createElement('canvas').getContext('2d');
  return (text, size, weight = 400) => {
    context.font = `${weight} ${size}px ${Colors.get('sans')}`;
    return context.measureText(text).width;
  };
})();

// The size of plain text, in pixels: the sheet makes it larger on larger screens.
const textSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

// A task's disc, and its name, of at most so many letters.
function badge(log, number, letters = 60) {
  const color = Colors.task(log, number);
  const name = log.tasks.get(number)?.name;
  const label = letters && name ? `<b>${escaped(short(name, letters))}</b>` : '';
  return `<i style="background:${color};color:${Colors.on(color)}">${number}</i>${label}`;
}

// The same as a button: the page shows that task alone when it is pressed.
function chip(log, number, letters = 60) {
  const name = escaped(taskName(log, number));
  return `<button type="button" class="task" data-task="${number}" aria-label="${name}" title="${name}">${badge(log, number, letters)}</button>`;
}

// A text of tell.js as HTML.
function rich(text, log) {
  return escaped(text).replace(/\{t(\d+)\}/g, (_, n) => chip(log, Number(n)));
}

// The same where nothing is to be pressed.
function rendered(text, log) {
  return escaped(text).replace(/\{t(\d+)\}/g, (_, n) => `<span class="task">${badge(log, Number(n))}</span>`);
}

// A source line: where it is, and what stands there.
function codeHtml(log, at) {
  if (!at) return '';
  const text = codeAt(log, at);
  return `<span>${escaped(place(at))}</span>${text ? `&ensp;${escaped(text)}` : ''}`;
}

// An element of SVG.
function svg(tag, attributes = {}, parent = null) {
  const el = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const name in attributes) el.setAttribute(name, attributes[name]);
  parent?.append(el);
  return el;
}

// Writes HTML into an element. If a button in it had the focus, the same one has it again, or the one in its place: who uses
// the keyboard would start from the top of the page otherwise.
function write(el, html) {
  const focus = el.contains(document.activeElement) ? document.activeElement : null;
  const same = button => button.dataset.task === focus.dataset.task && button.dataset.step === focus.dataset.step;
  const place = focus ? [...el.querySelectorAll('button')].indexOf(focus) : -1;
  el.innerHTML = html;
  if (place < 0) return;
  const buttons = [...el.querySelectorAll('button')];
  const again = buttons.find((button, i) => i >= place && same(button)) ?? buttons.find(same) ?? buttons[Math.min(place, buttons.length - 1)];
  (again ?? byId('play')).focus();
}
