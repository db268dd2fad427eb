// The page of a junction: lamps from the stream, charts from the history, anew every few seconds.
const page = document.getElementById("junction");
const words = JSON.parse(document.getElementById("words").textContent);
const which = document.getElementById("which");
const SVG = "http://www.w3.org/2000/svg";
const percent = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
let history = null;

function named(group) {
  const found = /^from (.+) \(([^()]+)\)$/.exec(group.name);
  if (!found) return group.name;
  const turns = found[2].split(", ").map((each) => words.turns[each] ?? each);
  return document.documentElement.lang.startsWith("zh") ? `${found[1]} (${turns.join("、")})` : group.name;
}

function draw(box, width, height, name, parts) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", name);
  for (const [tag, attributes, text] of parts) {
    const each = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) each.setAttribute(key, value);
    if (text !== undefined) each.textContent = text;
    svg.append(each);
  }
  box.replaceChildren(svg);
}

const clock = (s) => [Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60, s % 60].map((v) => String(v).padStart(2, "0")).join(":");
const colour = (lamp) => ({ 3: "green", 4: "green", 1: "yellow", 2: "yellow", 0: "red" })[lamp] ?? "other";

function timeAxis(from, to, x, y) {
  const parts = [];
  for (let s = Math.ceil(from / 60) * 60; s <= to; s += 60) {
    parts.push(["line", { x1: x(s), x2: x(s), y1: y, y2: y + 4, class: "axis" }]);
    if (s % 120 === 0) parts.push(["text", { x: x(s), y: y + 15, "text-anchor": "middle" }, clock(s)]);
  }
  return parts;
}

function drawTimeline() {
  const { groups, seconds_s: seconds } = history;
  const [from, to] = [seconds[0] - 1, seconds.at(-1)];
  const x = (s) => 230 + ((s - from) / Math.max(to - from, 1)) * 750;
  const parts = [];
  groups.forEach((group, i) => {
    const y = 4 + i * 18;
    const said = named(group);
    const name = said.length > 38 ? `${said.slice(0, 36)}…` : said;
    parts.push(["text", { x: 224, y: y + 11, "text-anchor": "end" }, name]);
    for (const [a, b, lamp] of group.lamps) {
      const high = colour(lamp) === "red" ? 5 : 14;
      parts.push(["rect", { x: x(a), y: y + (14 - high) / 2, width: Math.max(x(b) - x(a), 0.5), height: high, class: colour(lamp) }]);
    }
  });
  const low = 6 + groups.length * 18;
  parts.push(...timeAxis(from, to, x, low));
  draw(document.getElementById("timeline"), 1000, low + 20, document.querySelector("#timeline").closest("section").querySelector("h2").textContent, parts);
}

function drawQueue() {
  const { queue, seconds_s: seconds } = history;
  const [from, to] = [seconds[0] - 1, seconds.at(-1)];
  const x = (s) => 230 + ((s - from) / Math.max(to - from, 1)) * 750;
  const most = Math.max(5, ...queue);
  const y = (q) => 96 - (q / most) * 88;
  const parts = [
    ["text", { x: 224, y: 60, "text-anchor": "end" }, words.vehicles],
    ["line", { x1: 230, x2: 980, y1: 96, y2: 96, class: "axis" }],
    ["text", { x: 986, y: y(most) + 4 }, most], ["text", { x: 986, y: 99 }, 0],
    ["polyline", { points: seconds.map((s, i) => `${x(s).toFixed(1)},${y(queue[i]).toFixed(1)}`).join(" "), class: "line" }],
    ...timeAxis(from, to, x, 96),
  ];
  draw(document.getElementById("queues"), 1000, 116, words.vehicles, parts);
}

function drawPurdue() {
  const group = history.groups.find((each) => String(each.groups[0]) === which.value) ?? history.groups[0];
  const [from, to] = [history.seconds_s[0] - 1, history.seconds_s.at(-1)];
  const ends = group.lamps.filter(([, b, lamp]) => colour(lamp) === "green" && b < to).map(([, b]) => b);
  const cycles = ends.slice(0, -1).map((end, i) => [end, ends[i + 1]]);
  const most = Math.max(60, ...cycles.map(([a, b]) => b - a));
  const x = (s) => 60 + ((s - from) / Math.max(to - from, 1)) * 920;
  const y = (s) => 196 - (s / most) * 186;
  const parts = [];
  for (const [a, b] of cycles) {
    for (const [g0, g1, lamp] of group.lamps) {
      if (colour(lamp) === "green" && g0 >= a && g1 <= b) {
        parts.push(["rect", { x: x(a), width: Math.max(x(b) - x(a) - 0.6, 1), y: y(g1 - a), height: y(g0 - a) - y(g1 - a), class: "window" }]);
      }
    }
    for (const [at, green] of group.arrivals) {
      if (at > a && at <= b) parts.push(["circle", { cx: x(at), cy: y(at - a), r: 2.4, class: green ? "full" : "hollow" }]);
    }
  }
  for (let s = 0; s <= most; s += 20) parts.push(["text", { x: 54, y: y(s) + 4, "text-anchor": "end" }, `${s} s`]);
  parts.push(["line", { x1: 60, x2: 980, y1: 196, y2: 196, class: "axis" }], ...timeAxis(from, to, x, 196));
  draw(document.getElementById("purdue"), 1000, 216, document.querySelector("#purdue").closest("section").querySelector("h2").textContent, parts);
}

// Rows are made anew when other groups show the same than before.
function fillTable() {
  const body = document.querySelector("#groups tbody");
  const keys = history.groups.map((each) => each.groups.join()).join("|");
  if (body.dataset.keys !== keys) {
    body.dataset.keys = keys;
    const chosen = which.value;
    body.replaceChildren(...history.groups.map((group) => {
      const row = document.createElement("tr");
      row.dataset.group = group.groups[0];
      const name = document.createElement("th");
      name.scope = "row";
      name.textContent = named(group);
      const now = document.createElement("td");
      const lamp = now.appendChild(document.createElement("span"));
      lamp.dataset.lamp = "";
      const figures = [0, 1, 2, 3].map(() => Object.assign(document.createElement("td"), { className: "figure" }));
      row.append(name, now, ...figures);
      return row;
    }));
    which.replaceChildren(...history.groups.map((group) => new Option(named(group), group.groups[0])));
    if ([...which.options].some((each) => each.value === chosen)) which.value = chosen;
  }
  for (const group of history.groups) {
    const row = body.querySelector(`[data-group="${group.groups[0]}"]`);
    row.cells[2].textContent = group.greens;
    row.cells[3].textContent = group.green_s ?? "–";
    row.cells[4].textContent = `${group.green_s_min ?? "–"} – ${group.green_s_max ?? "–"}`;
    row.cells[5].textContent = group.on_green === null ? "–" : percent.format(group.on_green);
    const last = group.lamps.at(-1)[2];
    const lamp = row.querySelector("[data-lamp]");
    if (!lamp.textContent) [lamp.className, lamp.textContent] = [`lamp lamp${last}`, words.lamps[last]];
  }
}

// A camera that is silent, by the one who looks at it; the fixed plans look at none.
function fillDetectors() {
  for (const each of history.detectors) {
    const row = document.querySelector(`#detectors tr[data-lane="${CSS.escape(each.lane)}"]`);
    if (!row) continue;
    row.cells[1].className = each.silent ? "silent" : "";
    row.cells[1].textContent = !history.judged ? words.unjudged : each.silent ? words.silent : words.sound;
    [each.silent_s, each.came, each.crossed].forEach((figure, i) => { row.cells[i + 2].textContent = figure; });
  }
}

async function refresh() {
  try {
    const answer = await fetch(page.dataset.history);
    if (!answer.ok) return;
    history = await answer.json();
    if (!history.seconds_s.length) return;
    fillTable();
    fillDetectors();
    drawTimeline();
    drawQueue();
    drawPurdue();
    page.dataset.drawn = history.seconds_s.at(-1);
  } finally {
    setTimeout(refresh, 4000);
  }
}

const scene = await (await fetch(page.dataset.scene)).json();
const place = scene.signals.findIndex((each) => each.id === page.dataset.signal);
new EventSource(page.dataset.stream).addEventListener("frame", (event) => {
  const frame = JSON.parse(event.data);
  const twin = frame.twins.find((each) => each.name === page.dataset.twin);
  if (!twin) return;
  document.getElementById("clock").textContent = clock(frame.second_s);
  document.getElementById("queue").textContent = twin.queue[place];
  const [first, last] = scene.signals[place].groups;
  for (let group = first; group < last; group += 1) {
    const lamp = twin.lamps[group];
    document.querySelector(`svg.plan [data-group="${group}"]`)?.setAttribute("class", `group lamp${lamp}`);
    const cell = document.querySelector(`#groups tr[data-group="${group}"] [data-lamp]`);
    if (cell) {
      cell.className = `lamp lamp${lamp}`;
      cell.textContent = `${words.lamps[lamp]} ${twin.since_s[group]} s`;
    }
  }
});
if (which) {
  which.addEventListener("change", () => { if (history) drawPurdue(); });
}
refresh();
