// A map of a road network: roads by WebGL (one instance a segment, colours from a texture of one
// byte a link), junctions and vehicles on a canvas above. Where there is no WebGL 2, roads are
// drawn on the canvas, too. Lengths are in decimetres, as the scene gives them.

const CLASSES = {
  // Thresholds of the byte, from above; colour (Okabe and Ito) and how much wider it is drawn.
  pace: [[75, [0, 114, 178], 1], [50, [86, 180, 233], 1], [25, [230, 159, 0], 1.35], [0, [194, 59, 0], 1.7]],
  lost: [[50, [194, 59, 0], 1.7], [20, [230, 159, 0], 1.35], [5, [86, 180, 233], 1], [0, [0, 114, 178], 1]],
};
const NOBODY = [181, 190, 198];
const LANE = 32;

const VERTEX = `#version 300 es
layout(location=0) in vec4 ends;
layout(location=1) in vec2 what; // link, lanes
uniform vec2 size, centre; uniform float scale, ratio;
uniform sampler2D values; uniform int wide;
uniform float limits[4]; uniform vec3 colours[4]; uniform float widths[4]; uniform vec3 nobody;
out vec3 colour;
void main() {
  int link = int(what.x);
  float value = texelFetch(values, ivec2(link % wide, link / wide), 0).r * 255.0;
  float wider = 1.0;
  colour = nobody;
  if (value < 254.5) for (int i = 0; i < 4; i++) if (value >= limits[i]) { colour = colours[i]; wider = widths[i]; break; }
  vec2 along = ends.zw - ends.xy;
  vec2 right = length(along) > 0.0 ? normalize(vec2(along.y, -along.x)) : vec2(0.0);
  float half_width = max(what.y * ${LANE / 2}.0 * scale, 1.5 * ratio) * wider;
  float shift = max(what.y * ${LANE / 2}.0 * scale, 1.8 * ratio);
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  vec2 at = (mix(ends.xy, ends.zw, corner.x) - centre) * scale;
  at += right * (shift + (corner.y * 2.0 - 1.0) * half_width * 0.92);
  gl_Position = vec4(at / size * 2.0, 0.0, 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 colour; out vec4 shown;
void main() { shown = vec4(colour, 1.0); }`;

export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export function readScene(scene) {
  const raw = bytes(scene.links.xy);
  return { ...scene, xy: new Int32Array(raw.buffer), lanes: bytes(scene.links.lanes) };
}

function segments(scene) {
  const { start } = scene.links;
  const links = scene.links.ids.length;
  const found = new Float32Array((scene.xy.length / 2 - links) * 6);
  let at = 0;
  for (let link = 0; link < links; link += 1) {
    for (let p = start[link]; p < start[link + 1] - 1; p += 1) {
      found.set([scene.xy[2 * p], scene.xy[2 * p + 1], scene.xy[2 * p + 2], scene.xy[2 * p + 3], link, scene.lanes[link]], at);
      at += 6;
    }
  }
  return found.subarray(0, at);
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
    this.roads = box.querySelector(".roads");
    this.over = box.querySelector(".over");
    this.by = "pace";
    this.values = new Uint8Array(scene.links.ids.length).fill(255);
    this.queue = [];
    this.before = new Map();
    this.vehicles = [];
    this.wanted = false;
    this.arrived = 0;
    this.period = 0;
    this.start();
    view.listeners.push(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(box);
    this.listen(onSignal);
  }

  start() {
    const gl = this.gl = this.roads.getContext("webgl2", { antialias: true, alpha: true });
    if (!gl) return;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    gl.useProgram(program);
    const data = segments(this.scene);
    this.count = data.length / 6;
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    for (const [place, size, offset] of [[0, 4, 0], [1, 2, 16]]) {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, 24, offset);
      gl.vertexAttribDivisor(place, 1);
    }
    this.wide = Math.min(1024, Math.max(1, this.values.length));
    this.tall = Math.max(1, Math.ceil(this.values.length / this.wide));
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8, this.wide, this.tall);
    this.at = (name) => gl.getUniformLocation(program, name);
    this.places = Object.fromEntries(["size", "centre", "scale", "ratio", "wide", "limits", "colours", "widths", "nobody"].map((name) => [name, this.at(name)]));
    this.colourBy(this.by);
  }

  colourBy(by) {
    this.by = by;
    if (this.gl) {
      const kinds = CLASSES[by];
      this.gl.uniform1fv(this.places.limits, kinds.map((each) => each[0]));
      this.gl.uniform3fv(this.places.colours, kinds.flatMap((each) => each[1].map((c) => c / 255)));
      this.gl.uniform1fv(this.places.widths, kinds.map((each) => each[2]));
      this.gl.uniform3fv(this.places.nobody, NOBODY.map((c) => c / 255));
      this.gl.uniform1i(this.places.wide, this.wide);
    }
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
    if (this.gl) {
      const padded = new Uint8Array(this.wide * this.tall);
      padded.set(this.values);
      this.gl.texSubImage2D(this.gl.TEXTURE_2D, 0, 0, 0, this.wide, this.tall, this.gl.RED, this.gl.UNSIGNED_BYTE, padded);
    }
    this.draw();
  }

  draw() {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => {
      this.wanted = false;
      this.paint();
      if (this.period && performance.now() - this.arrived < this.period) this.draw();
    });
  }

  paint() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.box.clientWidth * ratio, this.box.clientHeight * ratio].map(Math.round);
    if (!width || !height) return;
    for (const canvas of [this.roads, this.over]) {
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    }
    const scale = this.view.scale(width, height);
    const context = this.over.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (this.gl) {
      const { gl, places } = this;
      gl.viewport(0, 0, width, height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(places.size, width, height);
      gl.uniform2f(places.centre, this.view.x, this.view.y);
      gl.uniform1f(places.scale, scale);
      gl.uniform1f(places.ratio, ratio);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.count);
    } else this.paintRoads(context, scale, width, height);
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
