// The page of the city: follows the stream, or replays what was kept.
import { CityMap, View, readScene } from "./map.js";

const page = document.getElementById("city");
const words = JSON.parse(document.getElementById("words").textContent);
const lang = document.documentElement.lang;
const decimals = (digits) => new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });
const [whole, one, two] = [0, 1, 2].map(decimals);
const time = document.getElementById("time");
const state = document.getElementById("state");
const play = document.getElementById("play");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const RECENT_S = 300;
const past = []; // {run, second, twins: [[delay, departed]]}, oldest first

let maps = {};
let playing = true;
let live = true;
let lastArrival = 0;
let newest = Number(page.dataset.last);

const names = { pause: play.textContent, play: "▶" };

async function get(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function clock(second) {
  const parts = [Math.floor(second / 3600) % 24, Math.floor(second / 60) % 60, second % 60];
  return parts.map((each) => String(each).padStart(2, "0")).join(":");
}

function remember(frame) {
  const last = past.at(-1);
  if (last && (last.run !== frame.run || last.second >= frame.second_s)) past.length = 0;
  past.push({ run: frame.run, second: frame.second_s, twins: frame.twins.map((t) => [t.delay_s, t.departed]) });
  while (past.length > 1 && past[0].second < frame.second_s - RECENT_S) past.shift();
}

function recent(frame, twin) {
  const first = past[0];
  if (!first || first.second > frame.second_s - 30) return "–";
  const vehicles = frame.twins[twin].departed - first.twins[twin][1];
  return vehicles > 0 ? `${one.format((frame.twins[twin].delay_s - first.twins[twin][0]) / vehicles)} s` : "–";
}

const mean = (twin, key) => (twin.departed ? twin[key] / twin.departed : 0);

function showFigures(frame) {
  frame.twins.forEach((twin, i) => {
    const box = page.querySelector(`[data-twin="${twin.name}"]`);
    const put = (key, text) => { box.querySelector(`[data-figure="${key}"]`).textContent = text; };
    put("delay", `${one.format(mean(twin, "delay_s"))} s`);
    put("recent", recent(frame, i));
    put("stops", two.format(mean(twin, "stops")));
    put("standing", whole.format(twin.standing + twin.waiting));
    put("arrived", `${whole.format(twin.arrived)} / ${whole.format(twin.departed)}`);
    const plan = twin.plan ? ` · ${words.plan} ${twin.plan}` : "";
    box.querySelector(".control").textContent = `${words[twin.control] ?? twin.control}${plan}`;
  });
  const [own, ours] = frame.twins;
  const rows = { delay: [(t) => mean(t, "delay_s"), one], stops: [(t) => mean(t, "stops"), two], standing: [(t) => t.standing + t.waiting, whole] };
  for (const [key, [value, format]] of Object.entries(rows)) {
    const cells = page.querySelectorAll(`[data-row="${key}"] td`);
    const [a, b] = [value(own), value(ours)];
    cells[0].textContent = format.format(a);
    cells[1].textContent = format.format(b);
    cells[2].textContent = a > 0 ? `${b > a ? "+" : "−"}${whole.format(Math.abs(100 * (b - a) / a))} %` : "–";
  }
}

function showAlerts(frame) {
  const list = document.getElementById("alerts");
  const lines = frame.twins.flatMap((twin) => twin.alerts.map((alert) => [twin, alert]));
  const keys = lines.map(([twin, alert]) => `${twin.name}|${alert.kind}|${alert.where}`).join("\n");
  if (list.dataset.keys === keys) return;
  list.dataset.keys = keys;
  list.replaceChildren(...lines.slice(0, 40).map(([twin, alert]) => {
    const item = document.createElement("li");
    item.className = alert.kind;
    const who = document.createElement("strong");
    who.textContent = `${words[alert.kind] ?? alert.kind}: `;
    const where = document.createElement("a");
    where.href = page.dataset.junction.replace("SIGNAL", encodeURIComponent(alert.signal));
    where.textContent = alert.where;
    item.append(who, where, ` (${words[twin.name]})${alert.said ? ` ${alert.said}` : ""}`);
    return item;
  }));
  if (!lines.length) list.append(Object.assign(document.createElement("li"), { textContent: words.none, className: "silent" }));
}

function showJunctions(frame, signals) {
  const body = document.querySelector("#junctions tbody");
  const rows = new Map([...body.rows].map((row) => [row.cells[0].textContent, row]));
  const order = signals.map((signal, s) => [signal.id, frame.twins[0].queue[s], frame.twins.at(-1).queue[s]]);
  order.sort((a, b) => b[1] - a[1]);
  const focused = document.activeElement?.closest("#junctions tr");
  for (const [id, own, ours] of order) {
    const row = rows.get(id);
    if (!row) continue;
    row.cells[1].textContent = own;
    row.cells[2].textContent = ours;
    if (!focused) body.append(row); // who walks through the list by keyboard does not lose their place
  }
}

function show(frame, number, period) {
  remember(frame);
  for (const twin of frame.twins) maps[twin.name]?.show(twin, still ? 0 : period);
  document.getElementById("clock").textContent = clock(frame.second_s);
  showFigures(frame);
  showAlerts(frame);
  showJunctions(frame, scene.signals);
  if (document.activeElement !== time || live) time.value = number;
}

function say(kind) {
  state.textContent = words[kind];
  state.className = `badge ${kind === "live" ? "" : kind}`;
}

const scene = readScene(await get(page.dataset.scene));
const view = new View(scene);
for (const box of page.querySelectorAll("[data-twin]")) {
  maps[box.dataset.twin] = new CityMap(box.querySelector(".map"), scene, view, (signal) => {
    window.location.href = page.dataset.junction.replace("SIGNAL", encodeURIComponent(signal));
  });
}
page.dataset.ready = "yes";

for (const each of page.querySelectorAll('[name="by"]')) {
  each.addEventListener("change", () => {
    Object.values(maps).forEach((map) => map.colourBy(each.value));
    for (const kind of ["pace", "lost"]) page.querySelector(`.legend .${kind}`).hidden = kind !== each.value;
  });
}

if (newest > RECENT_S) {
  // Where the last minutes began, so that their delay is told at once.
  get(page.dataset.frames + (newest - RECENT_S + 1)).then((frame) => { if (!past.length) remember(frame); }, () => {});
}

const stream = new EventSource(page.dataset.stream);
stream.addEventListener("frame", (event) => {
  newest = Number(event.lastEventId);
  time.max = newest;
  if (!live || !playing) return;
  const now = performance.now();
  const period = lastArrival ? Math.min(now - lastArrival, 1000) : 0;
  lastArrival = now;
  say("live");
  page.dataset.frame = newest;
  show(JSON.parse(event.data), newest, period);
});
stream.addEventListener("error", () => say("lost"));

let replayed = 0;
async function replay(number) {
  const mine = replayed += 1;
  live = false;
  say("past");
  try {
    const frame = await get(page.dataset.frames + number);
    if (mine === replayed) { page.dataset.frame = number; show(frame, number, 0); }
  } catch { /* this second is no longer kept */ }
}

time.addEventListener("input", () => {
  playing = false;
  play.textContent = names.play;
  replay(Number(time.value));
});

setInterval(() => {
  if (!live && playing && Number(time.value) < newest) {
    time.value = Number(time.value) + 1;
    replay(Number(time.value));
  }
}, 250);

play.addEventListener("click", () => {
  playing = !playing;
  play.textContent = playing ? names.pause : names.play;
  if (!playing) { live = false; say("past"); }
});

document.getElementById("now").addEventListener("click", () => {
  [live, playing, lastArrival] = [true, true, 0];
  play.textContent = names.pause;
  past.length = 0;
  say("live");
});
