// Maps of homes: points by how they stand; a click, or the arrow keys, chooses one.
// Beside the map of the city as it is stands that of a scenario, or of the sites that are proposed.
const page = document.getElementById("circle");
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const proposed = read("proposed") ?? [];
const then = read("then");
const { features } = await (await fetch(page.dataset.homes)).json();
const chosen = page.dataset.home === "" ? -1 : Number(page.dataset.home);
let focused = chosen;

const SERVED = 0;
const UNKNOWN = 6;
const points = features.map((each) => each.geometry.coordinates);
const today = features.map((each) => each.properties.status);
const range = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
const [[west, east], [south, north]] = [range(points.map((p) => p[0])), range(points.map((p) => p[1]))];
const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));

const maps = [...document.querySelectorAll(".homes")].map((box) => ({
  box,
  canvas: box.querySelector("canvas"),
  status: box.classList.contains("then") ? [...then].map(Number) : today,
  sites: box.classList.contains("then") || then === null,
  project: null,
}));

function ring(context, [x, y], colour, radius, ratio) {
  context.beginPath();
  context.arc(x, y, radius * ratio, 0, 2 * Math.PI);
  context.lineWidth = 3 * ratio;
  context.strokeStyle = colour;
  context.stroke();
}

function draw(map) {
  const { box, canvas, status } = map;
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [box.clientWidth * ratio, box.clientHeight * ratio].map(Math.round);
  [canvas.width, canvas.height] = [width, height];
  const scale = Math.min((width - 30) / Math.max((east - west) * squeeze, 1e-6), (height - 30) / Math.max(north - south, 1e-6));
  map.project = (lon, lat) => [width / 2 + (lon - (west + east) / 2) * squeeze * scale, height / 2 - (lat - (south + north) / 2) * scale];
  const context = canvas.getContext("2d");
  const size = Math.max(1.6, Math.min(5, 120 / Math.sqrt(points.length))) * ratio;
  points.forEach((point, i) => {
    const [x, y] = map.project(...point);
    context.fillStyle = status[i] === SERVED ? "#0072b2" : status[i] === UNKNOWN ? "#8b97a3" : "#c23b00";
    if (status[i] === SERVED || status[i] === UNKNOWN) {
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
    } else context.fillRect(x - size, y - size, 2 * size, 2 * size);
  });
  for (const [n, lon, lat] of map.sites ? proposed : []) {
    const [x, y] = map.project(lon, lat);
    ring(context, [x, y], "#16202b", 9, ratio);
    context.fillStyle = "#16202b";
    context.font = `700 ${13 * ratio}px system-ui, sans-serif`;
    context.fillText(n, x + 11 * ratio, y - 6 * ratio);
  }
  if (focused >= 0 && focused < points.length) ring(context, map.project(...points[focused]), "#e69f00", 8, ratio);
}

const go = (home) => { window.location.href = `${page.dataset.here}&home=${home}#home`; };

function nearest(map, event) {
  const area = map.box.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const [x, y] = [(event.clientX - area.left) * ratio, (event.clientY - area.top) * ratio];
  let [best, least] = [-1, Infinity];
  points.forEach((point, i) => {
    const [px, py] = map.project(...point);
    const away = (px - x) ** 2 + (py - y) ** 2;
    if (away < least) [best, least] = [i, away];
  });
  return best;
}

for (const map of maps) {
  map.box.addEventListener("click", (event) => {
    const home = nearest(map, event);
    if (home >= 0) go(home);
  });
  map.box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      focused = (focused + step + points.length) % points.length;
      maps.forEach(draw);
    } else if (event.key === "Enter" && focused >= 0) go(focused);
    else return;
    event.preventDefault();
  });
  new ResizeObserver(() => draw(map)).observe(map.box);
  draw(map);
}
page.dataset.ready = points.length;
