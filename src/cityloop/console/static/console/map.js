// A map of a road network: roads by WebGL, junctions and vehicles on a canvas above. Where there is
// no WebGL 2, roads are drawn on the canvas, too. Lengths are in decimetres, as the scene gives them.
import { CLASSES, LANE, NOBODY, Roads } from "./roads.js";

export function bytes(text) {
  const raw = atob(text);
  const found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) found[i] = raw.charCodeAt(i);
  return found;
}

export function readScene(scene) {
  const raw = bytes(scene.links.xy);
  return { ...scene, xy: new Int32Array(raw.buffer), lanes: bytes(scene.links.lanes) };
}

export class View {
  // What part of the plane is shown; several maps may share one.
  constructor(scene) {
    let [left, low, right, high] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < scene.xy.length; i += 2) {
      left = Math.min(left, scene.xy[i]); right = Math.max(right, scene.xy[i]);
      low = Math.min(low, scene.xy[i + 1]); high = Math.max(high, scene.xy[i + 1]);
    }
    this.box = [left, low, right, high];
    this.zoom = 1;
    this.x = (left + right) / 2;
    this.y = (low + high) / 2;
    this.listeners = [];
  }

  scale(width, height) {
    const [left, low, right, high] = this.box;
    const fit = Math.min(width / (right - left + 200), height / (high - low + 200));
    return fit * this.zoom;
  }

  change(zoom, x, y) {
    this.zoom = Math.min(Math.max(zoom, 0.5), 400);
    [this.x, this.y] = [x, y];
    this.listeners.forEach((each) => each());
  }

  reset() {
    const [left, low, right, high] = this.box;
    this.change(1, (left + right) / 2, (low + high) / 2);
  }
}

export class CityMap {
  constructor(box, scene, view, onSignal) {
    [this.box, this.scene, this.view] = [box, scene, view];
    this.roads = new Roads(box.querySelector(".roads"), scene);
    this.over = box.querySelector(".over");
    this.by = "pace";
    this.values = new Uint8Array(scene.links.ids.length).fill(255);
    this.queue = [];
    this.before = new Map();
    this.vehicles = [];
    this.wanted = false;
    this.arrived = 0;
    this.period = 0;
    if (this.roads.able) this.roads.show(this.values, this.by);
    this.stale = true; // whether the roads must be drawn anew
    view.listeners.push(() => this.change());
    new ResizeObserver(() => this.change()).observe(box);
    this.listen(onSignal);
  }

  colourBy(by) {
    this.by = by;
    if (this.frame) this.show(this.frame, 0);
  }

  // Show a second; the vehicles glide there within `period` milliseconds.
  show(frame, period) {
    const pace = bytes(frame.pace);
    this.values = this.by === "pace" ? pace : bytes(frame.lost).map((v, i) => (pace[i] === 255 ? 255 : Math.min(v, 254)));
    this.queue = frame.queue;
    this.alarmed = new Set(frame.alerts.map((each) => each.signal));
    this.before = new Map();
    for (let i = 0; i < this.vehicles.length; i += 4) this.before.set(this.vehicles[i], [this.vehicles[i + 1], this.vehicles[i + 2]]);
    this.vehicles = frame.vehicles;
    this.frame = frame;
    this.period = period;
    this.arrived = performance.now();
    if (this.roads.able) this.roads.show(this.values, this.by);
    this.change();
  }

  change() {
    this.stale = true;
    this.draw();
  }

  draw() {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => {
      this.wanted = false;
      this.paint();
      if (this.stale || (this.period && performance.now() - this.arrived < this.period)) this.draw();
    });
  }

  paint() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.box.clientWidth * ratio, this.box.clientHeight * ratio].map(Math.round);
    if (!width || !height) return;
    for (const canvas of [this.roads.canvas, this.over]) {
      if (canvas.width === width && canvas.height === height) continue;
      [canvas.width, canvas.height, this.stale] = [width, height, true];
    }
    const scale = this.view.scale(width, height);
    const context = this.over.getContext("2d");
    context.clearRect(0, 0, width, height);
    // Between two seconds only the vehicles move.
    if (!this.roads.able) this.paintRoads(context, scale, width, height);
    else if (this.stale) this.stale = this.roads.paint(this.view, scale, ratio);
    this.project = (x, y) => [width / 2 + (x - this.view.x) * scale, height / 2 - (y - this.view.y) * scale];
    this.paintVehicles(context, scale, ratio);
    this.paintSignals(context, ratio);
  }

  paintRoads(context, scale, width, height) {
    const { xy } = this.scene;
    const { start, ids } = this.scene.links;
    const kinds = CLASSES[this.by];
    for (let link = 0; link < ids.length; link += 1) {
      const kind = this.values[link] === 255 ? [0, NOBODY, 1] : kinds.find((each) => this.values[link] >= each[0]);
      context.strokeStyle = `rgb(${kind[1].join()})`;
      context.lineWidth = Math.max(this.scene.lanes[link] * LANE * scale, 2) * kind[2];
      context.beginPath();
      for (let p = start[link]; p < start[link + 1]; p += 1) {
        context.lineTo(width / 2 + (xy[2 * p] - this.view.x) * scale, height / 2 - (xy[2 * p + 1] - this.view.y) * scale);
      }
      context.stroke();
    }
  }

  paintVehicles(context, scale, ratio) {
    const share = this.period ? Math.min((performance.now() - this.arrived) / this.period, 1) : 1;
    const long = Math.max(45 * scale, 4.5 * ratio);
    const broad = Math.max(18 * scale, 2.6 * ratio);
    context.fillStyle = "#111";
    context.strokeStyle = "#fff";
    context.lineWidth = ratio * 0.8;
    for (let i = 0; i < this.vehicles.length; i += 4) {
      let [x, y] = [this.vehicles[i + 1], this.vehicles[i + 2]];
      const old = this.before.get(this.vehicles[i]);
      if (old && Math.abs(old[0] - x) + Math.abs(old[1] - y) < 1500) {
        x = old[0] + (x - old[0]) * share;
        y = old[1] + (y - old[1]) * share;
      }
      const [px, py] = this.project(x, y);
      if (px < -long || py < -long || px > this.over.width + long || py > this.over.height + long) continue;
      context.save();
      context.translate(px, py);
      context.rotate((this.vehicles[i + 3] * Math.PI) / 180);
      context.beginPath();
      context.rect(-broad / 2, 0, broad, long);
      context.fill();
      context.stroke();
      context.restore();
    }
  }

  paintSignals(context, ratio) {
    context.textAlign = "center";
    context.textBaseline = "middle";
    this.scene.signals.forEach((signal, s) => {
      const queue = this.queue[s] ?? 0;
      const radius = (6 + 2.2 * Math.sqrt(queue)) * ratio;
      const [x, y] = this.project(signal.x, signal.y);
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = "rgba(22,32,43,.86)";
      context.fill();
      context.lineWidth = (this.alarmed?.has(signal.id) ? 4 : 1.5) * ratio;
      context.strokeStyle = this.alarmed?.has(signal.id) ? "#e69f00" : "#fff";
      context.stroke();
      context.fillStyle = "#fff";
      context.font = `600 ${11 * ratio}px system-ui, sans-serif`;
      context.fillText(queue, x, y + ratio * 0.5);
    });
  }

  listen(onSignal) {
    const { box, view } = this;
    const toPlane = (dx, dy) => {
      const scale = view.scale(box.clientWidth, box.clientHeight);
      return [view.x - dx / scale, view.y + dy / scale];
    };
    const zoomAt = (factor, dx, dy) => {
      const scale = view.scale(box.clientWidth, box.clientHeight);
      const [x, y] = [view.x + dx / scale, view.y - dy / scale];
      view.change(view.zoom * factor, x - dx / scale / factor, y + dy / scale / factor);
    };
    const middle = (event) => {
      const area = box.getBoundingClientRect();
      return [event.clientX - area.left - area.width / 2, event.clientY - area.top - area.height / 2];
    };
    box.addEventListener("keydown", (event) => {
      const step = 60;
      const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (moves[event.key]) view.change(view.zoom, ...toPlane(...moves[event.key]));
      else if (event.key === "+" || event.key === "=") zoomAt(1.4, 0, 0);
      else if (event.key === "-") zoomAt(1 / 1.4, 0, 0);
      else if (event.key === "0") view.reset();
      else return;
      event.preventDefault();
    });
    box.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY / 400), ...middle(event));
    }, { passive: false });
    const held = new Map();
    let moved = 0;
    box.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, [event.clientX, event.clientY]);
      moved = 0;
      box.setPointerCapture(event.pointerId);
    });
    box.addEventListener("pointermove", (event) => {
      const old = held.get(event.pointerId);
      if (!old) return;
      const [dx, dy] = [event.clientX - old[0], event.clientY - old[1]];
      moved += Math.abs(dx) + Math.abs(dy);
      if (held.size === 2) {
        const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
        const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
        zoomAt(apart([event.clientX, event.clientY], other) / apart(old, other), 0, 0);
      } else view.change(view.zoom, ...toPlane(dx, dy));
      held.set(event.pointerId, [event.clientX, event.clientY]);
    });
    const release = (event) => held.delete(event.pointerId);
    box.addEventListener("pointercancel", release);
    box.addEventListener("pointerup", (event) => {
      release(event);
      if (moved > 5 || !this.project || !onSignal) return;
      const area = box.getBoundingClientRect();
      const ratio = window.devicePixelRatio || 1;
      const hit = this.scene.signals.find((signal) => {
        const [x, y] = this.project(signal.x, signal.y);
        return Math.hypot(x / ratio - (event.clientX - area.left), y / ratio - (event.clientY - area.top)) < 16;
      });
      if (hit) onSignal(hit.id);
    });
  }
}
