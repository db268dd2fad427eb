// Live estimates of one source: a table a list, anew whenever the stream tells that one has changed.
const NAMES = {
  queues: ["Queues", "排队"],
  "travel-times": ["Travel times", "行程时间"],
  movements: ["Movements, last 15 minutes", "流向，近15分钟"],
  turns: ["Turns, last 15 minutes", "转向，近15分钟"],
  detectors: ["Detectors", "检测器"],
};
const ROWS_MAX = 500;
const chosen = document.getElementById("source");
const state = document.getElementById("state");
const lists = document.getElementById("lists");
let stream = null;

function make(tag, text, more = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(more)) made.setAttribute(name, value);
  return made;
}

function shown(name, value) {
  if (value === null || value === undefined) return "–";
  if (name.endsWith("_us")) return new Date(value / 1000).toISOString().slice(11, 19);
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (typeof value === "boolean") return value ? "●" : "–";
  return String(value);
}

// Of a phase the last cycle that has ended stands beside the queue as it is now.
function flat(row) {
  if (!row.cycles) return row;
  const { cycles, ...now } = row;
  return { ...now, ...(cycles.at(-1) ?? {}) };
}

function show(name, rows) {
  let part = document.getElementById(name);
  if (!part) {
    part = make("section", undefined, { id: name });
    lists.append(part);
  }
  const [english, chinese] = NAMES[name] ?? [name, ""];
  const title = make("h2", `${english} `);
  title.append(make("span", chinese, { lang: "zh-Hans" }));
  const box = make("div", undefined, { class: "scroll", tabindex: "0", role: "region", "aria-label": english });
  const flats = rows.slice(0, ROWS_MAX).map(flat);
  const columns = [...new Set(flats.flatMap((row) => Object.keys(row)))];
  if (flats.length) {
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const each of columns) head.append(make("th", each, { scope: "col" }));
    const body = table.createTBody();
    for (const row of flats) {
      const line = body.insertRow();
      for (const each of columns) line.append(make("td", shown(each, row[each])));
    }
    box.append(table);
    if (rows.length > ROWS_MAX) box.append(make("p", `${ROWS_MAX} of ${rows.length}`));
  } else {
    box.append(make("p", "nothing yet 暂无", { class: "soft" }));
  }
  part.replaceChildren(title, box);
}

function follow() {
  stream?.close();
  lists.replaceChildren();
  stream = new EventSource(`/v1/estimates/stream?source=${encodeURIComponent(chosen.value)}`);
  stream.onopen = () => { state.textContent = "live 实时"; };
  stream.onerror = () => { state.textContent = "no connection 连接中断"; };
  for (const name of Object.keys(NAMES)) stream.addEventListener(name, (event) => show(name, JSON.parse(event.data)));
}

async function listSources() {
  const said = await (await fetch("/v1/status")).json();
  const known = new Set([...chosen.options].map((each) => each.value));
  const names = new Set(said.sources.map((each) => each.source));
  const first = !known.size;
  for (const each of names) if (!known.has(each)) chosen.append(make("option", each, { value: each }));
  if (first && names.size) follow();
  if (!names.size) state.textContent = "no source yet 尚无来源";
}

chosen.addEventListener("change", follow);
await listSources();
setInterval(listSources, 5000);
