// The page of a corridor: every change of the timing is tried on the server and drawn at once.
const page = document.getElementById("corridor");
const words = JSON.parse(document.getElementById("words").textContent);
const lang = document.documentElement.lang;
const one = new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
const cycleField = document.getElementById("cycle_s");
const speedField = document.getElementById("speed");
const offsetFields = [...document.querySelectorAll(".offset")];
const said = document.getElementById("said");
const SVG = "http://www.w3.org/2000/svg";
const [LEFT, WIDTH, TOP, HEIGHT] = [150, 1040, 24, 400];
const CYCLES = 3;

let running = null;
let tried = null;
let cars = { now_s: 0, lines: [] };
let asked = 0;

async function send(path, body) {
  const begun = performance.now();
  const answer = await fetch(page.dataset.api + path, {
    method: body ? "POST" : "GET",
    headers: body ? { "Content-Type": "application/json", "X-CSRFToken": token } : {},
    body: body && JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail || told.title);
  page.dataset.took = Math.round(performance.now() - begun);
  return told;
}

const timing = () => ({
  cycle_s: Number(cycleField.value),
  offset_s: offsetFields.map((each) => Number(each.value)),
  speed: Number(speedField.value) / 100,
});

function make(tag, attributes, text) {
  const each = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) each.setAttribute(key, value);
  if (text !== undefined) each.textContent = text;
  return each;
}

function draw() {
  if (!tried) return;
  const cycle = tried.cycle_s;
  const span = CYCLES * cycle;
  // The window ends a cycle after now, and begins with a cycle's begin.
  const base = Math.max(0, Math.floor(cars.now_s / cycle) - CYCLES + 1) * cycle;
  const x = (s) => LEFT + ((s - base) / span) * (WIDTH - LEFT - 20);
  const long = tried.signals.at(-1).at_m || 1;
  const y = (m) => TOP + HEIGHT - (m / long) * HEIGHT;
  const inside = (a, b) => [Math.max(a, base), Math.min(b, base + span)];
  const svg = make("svg", { viewBox: `0 0 ${WIDTH} ${TOP + HEIGHT + 50}`, role: "img", "aria-label": words.diagram });
  const clip = make("clipPath", { id: "plot" });
  clip.append(make("rect", { x: LEFT, y: 0, width: WIDTH - LEFT - 20, height: TOP + HEIGHT + 24 }));
  svg.append(clip);
  const plot = make("g", { "clip-path": "url(#plot)" });
  svg.append(plot);
  for (const [key, signals, speeds] of [["out", tried.signals, tried.speed_out_m_s], ["into", [...tried.signals].reverse(), tried.speed_in_m_s]]) {
    const band = tried[key];
    if (band.width_s <= 0) continue;
    const late = [0];
    speeds.forEach((speed, i) => late.push(late[i] + Math.abs(signals[i + 1].at_m - signals[i].at_m) / speed));
    for (let k = -4; k <= CYCLES; k += 1) {
      const front = base + k * cycle + (((band.leaves_s - base) % cycle) + cycle) % cycle;
      const there = signals.map((each, i) => `${x(front + late[i]).toFixed(1)},${y(each.at_m).toFixed(1)}`);
      const back = signals.map((each, i) => `${x(front + band.width_s + late[i]).toFixed(1)},${y(each.at_m).toFixed(1)}`).reverse();
      plot.append(make("polygon", { points: [...there, ...back].join(" "), class: `band-${key}` }));
    }
  }
  for (const line of cars.lines) {
    const points = line.filter(([s]) => s >= base && s <= base + span);
    if (points.length > 1) plot.append(make("polyline", { points: points.map(([s, m]) => `${x(s).toFixed(1)},${y(m).toFixed(1)}`).join(" "), class: "car" }));
  }
  tried.signals.forEach((signal, i) => {
    svg.append(make("text", { x: LEFT - 8, y: y(signal.at_m) + 4, "text-anchor": "end" }, signal.name));
    for (const [key, shift] of [["out", -7], ["into", 1]]) {
      plot.append(make("rect", { x: LEFT, width: WIDTH - LEFT - 20, y: y(signal.at_m) + shift, height: 6, class: "red" }));
      for (let k = -1; k <= CYCLES; k += 1) {
        const [a, b] = inside(base + k * cycle + signal[key][0], base + k * cycle + signal[key][0] + signal[key][1]);
        if (b > a) plot.append(make("rect", { x: x(a), width: x(b) - x(a), y: y(signal.at_m) + shift, height: 6, class: "green", "data-signal": i }));
      }
    }
  });
  for (let s = base; s <= base + span; s += 30) {
    svg.append(make("line", { x1: x(s), x2: x(s), y1: TOP + HEIGHT + 14, y2: TOP + HEIGHT + 19, class: "line" }));
    svg.append(make("text", { x: x(s), y: TOP + HEIGHT + 34, "text-anchor": "middle" }, `${s} s`));
  }
  if (cars.now_s > base) {
    plot.append(make("line", { x1: x(cars.now_s), x2: x(cars.now_s), y1: 4, y2: TOP + HEIGHT + 14, class: "now" }));
  }
  svg.dataset.perSecond = (WIDTH - LEFT - 20) / span;
  document.getElementById("diagram").replaceChildren(svg);
}

function fill() {
  const rows = {
    cycle: [running.gives.cycle_s, tried.cycle_s, 0],
    out: [running.gives.out.width_s, tried.out.width_s, 1],
    into: [running.gives.into.width_s, tried.into.width_s, 1],
    delay: [tried.delay_runs_s, tried.delay_s, -1],
  };
  for (const [key, [before, after, good]] of Object.entries(rows)) {
    const cells = document.querySelectorAll(`[data-row="${key}"] td`);
    const show = (value) => (value === null ? words.counting : key === "cycle" ? value : one.format(value));
    cells[0].textContent = show(before);
    const gain = before === null || after === null ? 0 : (after - before) * good;
    const sign = Math.abs(gain) < 0.05 ? "" : gain > 0 ? " ✓" : " ✗";
    cells[1].textContent = show(after) + sign;
    cells[1].className = `figure ${sign === " ✓" ? "better" : sign === " ✗" ? "worse" : ""}`;
  }
}

async function attempt() {
  const mine = asked += 1;
  try {
    const told = await send("/try", timing());
    if (mine !== asked) return; // a later change is on its way
    tried = told;
    said.textContent = "";
    fill();
    draw();
    page.dataset.tried = mine;
  } catch (error) {
    said.textContent = error.message;
  }
}

function take(next) {
  cycleField.value = next.cycle_s;
  next.offset_s.forEach((value, i) => { offsetFields[i].value = value; });
}

for (const each of [cycleField, speedField, ...offsetFields]) each.addEventListener("input", attempt);

document.getElementById("reset").addEventListener("click", () => { take(running.timing); attempt(); });

document.getElementById("compute")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    const cycle = running.timing.cycle_s;
    const found = await send("/compute", { least_s: Math.max(40, Math.min(60, cycle)), most_s: cycle });
    take(found.timing);
    await attempt();
  } catch (error) {
    said.textContent = error.message;
  }
  button.disabled = false;
});

// Dragging a green moves its signal's offset by whole seconds.
let held = null;
const diagram = document.getElementById("diagram");
diagram.addEventListener("pointerdown", (event) => {
  const signal = event.target.dataset?.signal;
  if (signal === undefined) return;
  const svg = diagram.firstElementChild;
  const pixels = (svg.getBoundingClientRect().width / WIDTH) * svg.dataset.perSecond;
  held = { signal: Number(signal), from: event.clientX, offset: Number(offsetFields[signal].value), pixels };
  diagram.setPointerCapture(event.pointerId);
  event.preventDefault();
});
diagram.addEventListener("pointermove", (event) => {
  if (!held) return;
  const cycle = Number(cycleField.value);
  const moved = Math.round((event.clientX - held.from) / held.pixels);
  const value = (((held.offset + moved) % cycle) + cycle) % cycle;
  if (Number(offsetFields[held.signal].value) !== value) {
    offsetFields[held.signal].value = value;
    attempt();
  }
});
for (const end of ["pointerup", "pointercancel"]) diagram.addEventListener(end, () => { held = null; });

// The field's delay of late, from the stream and one frame five minutes before it.
const past = [];
const RECENT_S = 300;
function recent(frame) {
  if (past.length && (past.at(-1).run !== frame.run || past.at(-1).second_s >= frame.second_s)) past.length = 0;
  past.push({ run: frame.run, second_s: frame.second_s, twins: frame.twins.map((t) => [t.delay_s, t.departed]) });
  while (past.length > 1 && past[0].second_s < frame.second_s - RECENT_S) past.shift();
  frame.twins.forEach((twin, i) => {
    const vehicles = twin.departed - past[0].twins[i][1];
    const cell = document.getElementById(`recent-${twin.name}`);
    if (cell && vehicles > 0 && frame.second_s - past[0].second_s > 30) {
      cell.textContent = `${one.format((twin.delay_s - past[0].twins[i][0]) / vehicles)} s`;
    }
  });
}

let first = true;
new EventSource(page.dataset.stream).addEventListener("frame", async (event) => {
  const frame = JSON.parse(event.data);
  if (first) {
    first = false;
    const before = Number(event.lastEventId) - RECENT_S;
    if (before > 0) {
      const answer = await fetch(`/api/v1/live/frames/${before}`);
      if (answer.ok && !past.length) recent(await answer.json());
    }
  }
  recent(frame);
});

async function follow() {
  try {
    cars = await send("/trajectories?seconds=240");
    draw();
    page.dataset.drawn = cars.now_s;
  } catch { /* the next one will do */ }
  setTimeout(follow, 3000);
}

running = await send("");
tried = running.gives;
fill();
draw();
page.dataset.ready = "yes";
follow();
