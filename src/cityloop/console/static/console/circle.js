// The map of homes: points by how they stand; a click, or the arrow keys, chooses one.
const page = document.getElementById("circle");
const box = document.getElementById("map");
const canvas = box.querySelector("canvas");
const proposed = JSON.parse(document.getElementById("proposed")?.textContent ?? "[]");
const { features } = await (await fetch(page.dataset.homes)).json();
const chosen = page.dataset.home === "" ? -1 : Number(page.dataset.home);
let focused = chosen;

const points = features.map((each) => each.geometry.coordinates);
const lons = points.map((p) => p[0]);
const lats = points.map((p) => p[1]);
const range = (values) => values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
const [[west, east], [south, north]] = [range(lons), range(lats)];
const squeeze = Math.cos(((south + north) / 2) * (Math.PI / 180));
let project = null;

function draw() {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [box.clientWidth * ratio, box.clientHeight * ratio].map(Math.round);
  [canvas.width, canvas.height] = [width, height];
  const scale = Math.min((width - 30) / Math.max((east - west) * squeeze, 1e-6), (height - 30) / Math.max(north - south, 1e-6));
  project = (lon, lat) => [width / 2 + (lon - (west + east) / 2) * squeeze * scale, height / 2 - (lat - (south + north) / 2) * scale];
  const context = canvas.getContext("2d");
  const size = Math.max(1.6, Math.min(5, 120 / Math.sqrt(points.length))) * ratio;
  features.forEach((each, i) => {
    const [x, y] = project(...points[i]);
    const { status } = each.properties;
    context.fillStyle = status === 0 ? "#0072b2" : status === 6 ? "#8b97a3" : "#c23b00";
    if (status === 0 || status === 6) {
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fill();
    } else context.fillRect(x - size, y - size, 2 * size, 2 * size);
  });
  const ring = (x, y, colour, radius) => {
    context.beginPath();
    context.arc(x, y, radius * ratio, 0, 2 * Math.PI);
    context.lineWidth = 3 * ratio;
    context.strokeStyle = colour;
    context.stroke();
  };
  for (const [n, lon, lat] of proposed) {
    const [x, y] = project(lon, lat);
    ring(x, y, "#16202b", 9);
    context.fillStyle = "#16202b";
    context.font = `700 ${13 * ratio}px system-ui, sans-serif`;
    context.fillText(n, x + 11 * ratio, y - 6 * ratio);
  }
  if (focused >= 0 && focused < points.length) ring(...project(...points[focused]), "#e69f00", 8);
}

const go = (home) => { window.location.href = `${page.dataset.here}&home=${home}#home`; };

box.addEventListener("click", (event) => {
  const area = box.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  const [x, y] = [(event.clientX - area.left) * ratio, (event.clientY - area.top) * ratio];
  let [best, least] = [-1, Infinity];
  points.forEach((p, i) => {
    const [px, py] = project(...p);
    const away = (px - x) ** 2 + (py - y) ** 2;
    if (away < least) [best, least] = [i, away];
  });
  if (best >= 0) go(best);
});
box.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) {
    focused = (focused + step + points.length) % points.length;
    draw();
  } else if (event.key === "Enter" && focused >= 0) go(focused);
  else return;
  event.preventDefault();
});
new ResizeObserver(draw).observe(box);
draw();
page.dataset.ready = points.length;
