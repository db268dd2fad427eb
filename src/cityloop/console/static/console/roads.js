// Roads by WebGL 2. The plane is cut into cells of pixels. Which road is at each pixel of a cell, and how
// far its middle is away, is drawn once, when the cell is first seen at a scale. What a second changes
// is one byte a road; a cell is coloured anew by asking at each pixel how its road looks, which costs
// pixels, not roads. A frame copies coloured cells. Lengths are in decimetres, as the scene gives them.
import { CORNER_FLOATS, cornersOf, levelFor, tilesOf, trianglesOf } from "./lines.js";

export const CLASSES = {
  // Thresholds of the byte, from above; colour (Okabe and Ito) and how much wider it is drawn.
  pace: [[75, [0, 114, 178], 1], [50, [86, 180, 233], 1], [25, [230, 159, 0], 1.35], [0, [194, 59, 0], 1.7]],
  lost: [[50, [194, 59, 0], 1.7], [20, [230, 159, 0], 1.35], [5, [86, 180, 233], 1], [0, [0, 114, 178], 1]],
};
export const NOBODY = [181, 190, 198];
export const LANE = 32;

const CELL = 256; // pixels a side
const CELLS_A_FRAME = 4; // drawn anew while others are shown
const CELLS_KEPT = 100;
const REACH_PX = 256; // no road is drawn farther beside its line
const OFF_PX = 0.5; // so far may a line be from where it is
const WIDE = 1024; // links a row of their texture, a power of two
const KIND_BITS = 3; // of a link's byte, the rest are its lanes
const LANES_MAX = 31;
const APART_BITS = 12; // of a pixel, the rest are its link + 1
const APART_A_PX = 8;

// At a pixel the road is told whose middle is nearest.
const CUT = [`#version 300 es
layout(location=0) in vec2 corner; layout(location=1) in vec2 right; layout(location=2) in vec2 what;
uniform vec2 middle; uniform float scale, least;
flat out uint link; out float apart;
void main() {
  float broad = what.y * ${LANE / 2}.0 * scale;
  apart = (float(gl_VertexID & 1) * 2.0 - 1.0) * (max(broad, least) * 1.7 + 1.0);
  link = uint(what.x) + 1u;
  gl_Position = vec4(((corner - middle) * scale + right * (max(broad, 1.2 * least) + apart)) / ${CELL / 2}.0, 0.0, 1.0);
}`, `#version 300 es
precision highp float; precision highp int;
flat in uint link; in float apart; out uint pixel;
void main() {
  uint far = min(uint(abs(apart) * ${APART_A_PX}.0), ${2 ** APART_BITS - 1}u);
  gl_FragDepth = float(far) / ${2 ** APART_BITS}.0;
  pixel = link << ${APART_BITS} | far;
}`];
const LOOK = [`#version 300 es
void main() { gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0); }`, `#version 300 es
precision highp float; precision highp int;
uniform highp usampler2D cell, links;
uniform float scale, least; uniform vec3 colours[5]; uniform float widths[5];
out vec4 shown;
void main() {
  shown = vec4(0.0);
  uint pixel = texelFetch(cell, ivec2(gl_FragCoord.xy), 0).r;
  if (pixel == 0u) return;
  int link = int(pixel >> ${APART_BITS}) - 1;
  uint what = texelFetch(links, ivec2(link & ${WIDE - 1}, link >> ${Math.log2(WIDE)}), 0).r;
  int kind = int(what & ${2 ** KIND_BITS - 1}u);
  float broad = max(float(what >> ${KIND_BITS}) * ${LANE / 2}.0 * scale, least) * widths[kind] * 0.92;
  float cover = clamp(broad - float(pixel & ${2 ** APART_BITS - 1}u) / ${APART_A_PX}.0 + 0.5, 0.0, 1.0);
  shown = vec4(colours[kind] * cover, cover);
}`];

// Half of a road's width at least: thinner where a whole large city is shown. [px]
const leastPx = (scale) => Math.min(1.5, Math.max(0.7, 75 * scale));

function compile(gl, texts, names) {
  const program = gl.createProgram();
  [gl.VERTEX_SHADER, gl.FRAGMENT_SHADER].forEach((kind, i) => {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, texts[i]);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  });
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return { program, ...Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)])) };
}

function texture(gl, format, width, height) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  return made;
}

// A cell's worth of pixels to draw on and to read from.
function surface(gl, format) {
  const picture = texture(gl, format, CELL, CELL);
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, picture, 0);
  return { frame, picture };
}

// The cells of one scale. A cell: what is at its pixels, its colours, and of which second they are.
const newSheet = (scale, least) => ({ scale, least, cells: new Map() });

// Which cells of a size cover a part of the plane of pixels.
function cellsIn(left, low, width, height, size) {
  const found = [];
  for (let row = Math.floor(low / size); row * size < low + height; row += 1) {
    for (let column = Math.floor(left / size); column * size < left + width; column += 1) found.push({ key: `${column},${row}`, column, row });
  }
  return found;
}

export class Roads {
  // `able` is false where there is no WebGL 2; `frames` counts those in which every pixel was coloured.
  constructor(canvas, scene) {
    [this.canvas, this.scene, this.frames, this.second] = [canvas, scene, 0, 0];
    const gl = this.gl = canvas.getContext("webgl2", { antialias: false, depth: false });
    this.able = Boolean(gl);
    if (!gl) return;
    this.tiles = tilesOf(scene).map((tile) => ({ ...tile, levels: new Map() }));
    this.cut = compile(gl, CUT, ["middle", "scale", "least"]);
    this.look = compile(gl, LOOK, ["cell", "links", "scale", "least", "colours", "widths"]);
    gl.useProgram(this.look.program);
    gl.uniform1i(this.look.links, 1);
    this.tall = Math.max(1, Math.ceil(scene.links.ids.length / WIDE));
    gl.activeTexture(gl.TEXTURE1);
    texture(gl, gl.R8UI, WIDE, this.tall);
    gl.activeTexture(gl.TEXTURE0);
    this.depth = gl.createRenderbuffer();
    gl.bindRenderbuffer(gl.RENDERBUFFER, this.depth);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, CELL, CELL);
    this.sheet = newSheet(0, 0);
    this.under = null; // the sheet of the scale before, until the new one is whole
  }

  // One byte a link, 255 for nobody, coloured by the classes of `by`.
  show(values, by) {
    const { gl, look, scene: { lanes } } = this;
    const classes = [...CLASSES[by], [0, NOBODY, 1]];
    gl.useProgram(look.program);
    gl.uniform3fv(look.colours, classes.flatMap((each) => each[1].map((c) => c / 255)));
    gl.uniform1fv(look.widths, classes.map((each) => each[2]));
    const kinds = Uint8Array.from({ length: 256 }, (_, value) => (value === 255 ? 4 : CLASSES[by].findIndex((each) => value >= each[0])));
    const what = new Uint8Array(WIDE * this.tall);
    for (let link = 0; link < values.length; link += 1) what[link] = (Math.min(lanes[link], LANES_MAX) << KIND_BITS) | kinds[values[link]];
    gl.activeTexture(gl.TEXTURE1);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, WIDE, this.tall, gl.RED_INTEGER, gl.UNSIGNED_BYTE, what);
    gl.activeTexture(gl.TEXTURE0);
    this.second += 1;
  }

  // Paint what a view shows; tell whether another frame is needed until it is whole.
  paint(view, scale, ratio) {
    const { gl, canvas: { width, height } } = this;
    const changed = scale !== this.sheet.scale;
    if (changed) this.begin(newSheet(scale, leastPx(scale / ratio) * ratio));
    const [left, low] = [Math.round(view.x * scale - width / 2), Math.round(view.y * scale - height / 2)];
    const seen = cellsIn(left, low, width, height, CELL);
    const missing = seen.filter(({ key }) => !this.sheet.cells.has(key));
    const first = !this.under && !this.sheet.cells.size;
    // A scale that still changes is not worth new cells: the old ones are shown, larger or smaller.
    const now = first ? missing : missing.slice(0, changed ? 0 : CELLS_A_FRAME);
    for (const cell of now) this.fill(this.sheet, cell);
    const whole = now.length === missing.length;
    if (whole) this.drop("under");
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.under) this.put(this.under, left, low, scale / this.under.scale);
    this.put(this.sheet, left, low, 1);
    if (this.sheet.cells.size > CELLS_KEPT) this.forget(new Set(seen.map(({ key }) => key)));
    this.frames += 1;
    return !whole;
  }

  // Begin a sheet; the last one that was whole stays below it.
  begin(sheet) {
    if (this.under) this.drop("sheet");
    else if (this.sheet.cells.size) this.under = this.sheet;
    this.sheet = sheet;
  }

  drop(which) {
    this[which]?.cells.forEach((cell) => this.free(cell));
    this[which] = null;
  }

  forget(seen) {
    for (const [key, cell] of this.sheet.cells) {
      if (seen.has(key)) continue;
      this.free(cell);
      this.sheet.cells.delete(key);
    }
  }

  free(cell) {
    if (!cell) return;
    for (const { frame, picture } of [cell.what, cell.coloured]) {
      this.gl.deleteFramebuffer(frame);
      this.gl.deleteTexture(picture);
    }
  }

  // Draw which road is where in a cell; null for a cell without any.
  fill({ scale, least, cells }, { key, column, row }) {
    const { gl, cut } = this;
    const [x, y] = [(column + 0.5) * CELL / scale, (row + 0.5) * CELL / scale];
    const reach = (CELL / 2 + REACH_PX) / scale;
    const tiles = this.tiles.filter(({ box }) => box[0] < x + reach && box[2] > x - reach && box[1] < y + reach && box[3] > y - reach);
    cells.set(key, null);
    if (!tiles.length) return;
    const cell = { what: surface(gl, gl.R32UI), coloured: surface(gl, gl.RGBA8), second: -1 };
    cells.set(key, cell);
    gl.bindFramebuffer(gl.FRAMEBUFFER, cell.what.frame);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, this.depth);
    gl.viewport(0, 0, CELL, CELL);
    gl.clearBufferuiv(gl.COLOR, 0, [0, 0, 0, 0]);
    gl.clearBufferfv(gl.DEPTH, 0, [1]);
    gl.enable(gl.DEPTH_TEST);
    gl.useProgram(cut.program);
    gl.uniform2f(cut.middle, x, y);
    gl.uniform1f(cut.scale, scale);
    gl.uniform1f(cut.least, least);
    for (const tile of tiles) {
      const { corners, count } = this.corners(tile, levelFor(OFF_PX / scale));
      gl.bindVertexArray(corners);
      gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_INT, 0);
    }
    gl.bindVertexArray(null);
    gl.disable(gl.DEPTH_TEST);
  }

  corners(tile, level) {
    const { gl } = this;
    if (tile.levels.has(level)) return tile.levels.get(level);
    const data = cornersOf(this.scene, tile.links, level);
    const order = trianglesOf(data.length / CORNER_FLOATS / 4);
    const corners = gl.createVertexArray();
    gl.bindVertexArray(corners);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.STATIC_DRAW);
    for (const place of [0, 1, 2]) {
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 4 * CORNER_FLOATS, 8 * place);
    }
    tile.levels.set(level, { corners, count: order.length });
    return tile.levels.get(level);
  }

  // Copy the cells of a sheet that are seen, each so many times as large as it was drawn.
  put(sheet, left, low, grown) {
    const { gl, canvas: { width, height } } = this;
    const size = CELL * grown;
    for (const { key, column, row } of cellsIn(left, low, width, height, size)) {
      const cell = sheet.cells.get(key);
      if (!cell) continue;
      if (cell.second !== this.second) this.colour(sheet, cell);
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, cell.coloured.frame);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
      const [x0, y0, x1, y1] = [column * size - left, row * size - low, (column + 1) * size - left, (row + 1) * size - low].map(Math.floor);
      gl.blitFramebuffer(0, 0, CELL, CELL, x0, y0, x1, y1, gl.COLOR_BUFFER_BIT, grown === 1 ? gl.NEAREST : gl.LINEAR);
    }
  }

  colour({ scale, least }, cell) {
    const { gl, look } = this;
    gl.useProgram(look.program);
    gl.uniform1f(look.scale, scale);
    gl.uniform1f(look.least, least);
    gl.bindFramebuffer(gl.FRAMEBUFFER, cell.coloured.frame);
    gl.bindTexture(gl.TEXTURE_2D, cell.what.picture);
    gl.viewport(0, 0, CELL, CELL);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    cell.second = this.second;
  }
}
