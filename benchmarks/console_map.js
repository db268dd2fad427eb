// Run in the browser by console.py: how fast a map of 50,000 roads is drawn.
async ([module, text, seconds]) => {
  const { CityMap, View, readScene } = await import(module);
  const box = document.createElement("div");
  box.style.cssText = "position:fixed;inset:0 auto auto 0;width:1200px;height:800px;background:#fff";
  box.innerHTML = '<canvas class="roads"></canvas><canvas class="over"></canvas>';
  for (const canvas of box.children) canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%";
  document.body.append(box);
  const pixel = new Uint8Array(4);
  // Wait for what was drawn: without it only the calls would be timed.
  const finish = ({ gl }) => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  const second = (links, vehicles) => {
    const pace = Array.from({ length: links }, () => String.fromCharCode((Math.random() * 100) | 0));
    return { pace: btoa(pace.join("")), lost: "", vehicles, queue: [], alerts: [] };
  };

  const begun = performance.now();
  const scene = readScene(JSON.parse(text));
  const view = new View(scene);
  const map = new CityMap(box, scene, view);
  map.paint();
  finish(map.roads);
  const first_ms = performance.now() - begun;

  const made = (vehicles) => Array.from({ length: 8 }, () => second(scene.links.ids.length, vehicles()));
  const none = made(() => []);
  const moving = made(() => Array.from({ length: 8000 }, (_, i) => (i % 4 ? Math.random() * 200000 | 0 : i)));
  // The view moves in every frame, and a frame counts if the roads were drawn in it.
  const pan = async (frames, zoom, every_ms) => {
    view.reset();
    const [x, y] = [view.x, view.y];
    const [start, before] = [performance.now(), map.roads.frames];
    let [coloured, step, last] = [0, 0, start];
    const gaps = [];
    await new Promise((done) => {
      const next = () => {
        const now = performance.now();
        gaps.push(now - last);
        last = now;
        if (now - start > seconds * 1000) return done();
        if (now - start >= coloured * every_ms) map.show(frames[(coloured += 1) % frames.length], every_ms);
        step += 1;
        view.change(zoom, x + 4000 * Math.sin(step / 40), y);
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    finish(map.roads);
    const frames_s = (map.roads.frames - before) / ((performance.now() - start) / 1000);
    gaps.sort((a, b) => a - b);
    return { frames_s, p99_gap_ms: gaps[Math.floor(gaps.length * 0.99)], coloured_s: coloured / seconds };
  };
  return {
    first_ms,
    whole: await pan(none, 1, 1000),
    close: await pan(none, 8, 1000),
    whole_with_2000_vehicles: await pan(moving, 1, 1000),
    whole_recoloured_each_frame: await pan(none, 1, 0),
  };
}
