// How discs drive: along the ring, out to a bay, around the ring back to the queue.
'use strict';

// The way that a disc drives.
function wayOf(plan, disc, to) {
  const here = {x: disc.x, y: disc.y};
  const from = disc.where;
  if (to.where === 'ring') {
    if (from === 'ring') return arc(plan, disc.angle, to.angle);
    return [here, ...arc(plan, WEST, to.angle)];
  }
  if (from === 'ring') {
    const bay = plan.bays.get(to.where);
    if (bay) return [...arc(plan, disc.angle, BAYS[to.where].arm), bay.door, to];
    if (to.where === 'exit') return [...arc(plan, disc.angle, NORTH), to];
    if (to.where === 'queue') return [...arc(plan, disc.angle, WEST - 352), to];
  }
  if (to.where === 'queue' && plan.bays.has(from)) return wayBack(plan, from, here, to);
  return [here, to];
}

// A way as points, close enough to be driven along.
function arc(plan, from, to) {
  const points = [];
  const steps = Math.max(2, Math.ceil(Math.abs(to - from) / 6));
  for (let i = 0; i <= steps; i++) points.push(plan.onRing(from + ((to - from) * i) / steps));
  return points;
}

function curve(a, b, c, d) {
  const points = [];
  for (let i = 0; i <= 24; i++) {
    const t = i / 24, s = 1 - t;
    const mix = key => s * s * s * a[key] + 3 * s * s * t * b[key] + 3 * s * t * t * c[key] + t * t * t * d[key];
    points.push({x: mix('x'), y: mix('y')});
  }
  return points;
}

// From a bay back to the queue: around the ring, not over it.
function wayBack(plan, bay, from, to) {
  const {cx, cy, R, u} = plan;
  if (BAYS[bay]?.side === 'south') return curve(from, {x: from.x - u, y: cy + R * 1.32}, {x: to.x, y: cy + R * 1.25}, to);
  const high = Math.max(u, cy - R - u * 3.4);
  return curve(from, {x: cx + R * 0.8, y: high - R * 0.35}, {x: to.x - u * 2, y: high - R * 0.25}, to);
}

function lengths(points) {
  const list = [0];
  for (let i = 1; i < points.length; i++) list.push(list[i - 1] + Math.hypot(points[i].x - points[i - 1].x, points[i].y - points[i - 1].y));
  return list;
}

// The point at a share of the way.
function along(points, lengths, part) {
  const at = part * lengths.at(-1);
  let i = 1;
  while (i < points.length - 1 && lengths[i] < at) i++;
  const piece = lengths[i] - lengths[i - 1];
  const t = piece ? (at - lengths[i - 1]) / piece : 1;
  return {x: points[i - 1].x + (points[i].x - points[i - 1].x) * t, y: points[i - 1].y + (points[i].y - points[i - 1].y) * t};
}
