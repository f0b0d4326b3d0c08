"use strict";
// The map: a canvas with dots, names of clusters, and as many words as have room; a word that is pointed at is marked on
// the maps of both models.

const atlases = [];
let pointed = null; // the word that is looked at
let searched = null; // the word that was asked for

function hue(cluster) {
  return (cluster * 137.508 + 160) % 360; // the golden angle: neighbours in the list are far apart in colour
}

class Atlas {
  constructor(facts) {
    Object.assign(this, facts, { zoom: 1, left: 0, top: 0 });
    const reach = (values) => Math.max(...values.map(Math.abs), 1e-6);
    this.reach = { x: reach(facts.x), y: reach(facts.y) };
    this.place = new Map(facts.words.map((word, row) => [word, row]));
    this.canvas = make("canvas", { tabIndex: 0, role: "application" });
    this.canvas.setAttribute("aria-label", say("mapKeys"));
    this.tip = make("div", { className: "tip", hidden: true });
    this.node = make("div", { className: "atlas" }, this.tools(), this.canvas, this.tip, make("p", { className: "note" }, say("mapKeys")));
    this.canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => this.onDown(event));
    this.canvas.addEventListener("pointermove", (event) => this.onMove(event));
    this.canvas.addEventListener("pointerup", (event) => this.onUp(event));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    painted.set(this.canvas, () => this.draw());
  }

  tools() {
    const button = (text, act) => {
      const made = make("button", { type: "button", className: "quiet" }, text);
      made.addEventListener("click", act);
      return made;
    };
    return make("p", { className: "tools" }, button("+", () => this.scale(1.5)), button("−", () => this.scale(1 / 1.5)), button("0", () => this.whole()));
  }

  // ---- from the plane (-1 to 1) to the canvas and back

  // Pixels of one unit, to the right and up: the plane fills the canvas, but is stretched by no more than a half.
  size() {
    const right = (this.canvas.clientWidth - 50) / 2 / this.reach.x, up = (this.canvas.clientHeight - 50) / 2 / this.reach.y;
    return [Math.min(right, up * 1.5) * this.zoom, Math.min(up, right * 1.5) * this.zoom];
  }

  at(x, y) {
    const [right, up] = this.size();
    return [this.canvas.clientWidth / 2 + (x - this.left) * right, this.canvas.clientHeight / 2 - (y - this.top) * up];
  }

  nearest(x, y) {
    let best = null, least = 14 * 14;
    this.words.forEach((_, row) => {
      const [px, py] = this.at(this.x[row], this.y[row]);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [row, distance];
    });
    return best;
  }

  // ---- drawing

  draw() {
    const ratio = devicePixelRatio || 1, { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width) return;
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const dark = document.documentElement.dataset.theme === "dark";
    const colour = (cluster, light = dark ? 66 : 42) => `hsl(${hue(cluster)} 55% ${light}%)`;
    const halo = getComputedStyle(document.documentElement).getPropertyValue("--card");
    this.words.forEach((_, row) => {
      const [x, y] = this.at(this.x[row], this.y[row]);
      if (x < -5 || y < -5 || x > width + 5 || y > height + 5) return;
      pen.fillStyle = colour(this.cluster[row]);
      pen.globalAlpha = 0.75;
      pen.beginPath();
      pen.arc(x, y, row < 200 ? 3.4 : 2.4, 0, 7);
      pen.fill();
    });
    pen.globalAlpha = 1;
    this.label(pen, colour, halo, width, height);
    this.mark(pen);
  }

  // Names of clusters first, then words, the most frequent first: each where nothing stands yet.
  label(pen, colour, halo, width, height) {
    const taken = [];
    const free = (x, y, w, h) => x > 0 && y > 0 && x + w < width && y + h < height
      && taken.every((box) => x > box[2] || y > box[3] || x + w < box[0] || y + h < box[1]);
    const write = (text, x, y, font, high, fill) => {
      pen.font = font;
      const wide = pen.measureText(text).width;
      if (!free(x - wide / 2 - 2, y - high, wide + 4, high + 2)) return;
      taken.push([x - wide / 2 - 2, y - high, x + wide / 2 + 2, y + 2]);
      pen.strokeStyle = halo;
      pen.lineWidth = 4;
      pen.lineJoin = "round";
      pen.strokeText(text, x - wide / 2, y - 3);
      pen.fillStyle = fill;
      pen.fillText(text, x - wide / 2, y - 3);
    };
    const family = getComputedStyle(document.body).fontFamily;
    this.clusters.forEach((cluster, place) => {
      const name = this.zoom < 2.5 ? cluster.name.split(" ")[0] : cluster.name;
      write(name, ...this.at(cluster.x, cluster.y), `700 ${this.zoom < 1.5 ? 16 : 17}px ${family}`, 20, colour(place));
    });
    this.words.forEach((word, row) => {
      const [x, y] = this.at(this.x[row], this.y[row]);
      if (x > 0 && x < width && y > 0 && y < height) write(word, x, y - 4, `13px ${family}`, 16, colour(this.cluster[row], document.documentElement.dataset.theme === "dark" ? 84 : 26));
    });
  }

  mark(pen) {
    const ink = getComputedStyle(document.documentElement);
    for (const [word, name] of [[searched, "--warn"], [pointed, "--ink"]]) {
      const row = this.place.get(word);
      if (row === undefined) continue;
      const [x, y] = this.at(this.x[row], this.y[row]);
      pen.strokeStyle = ink.getPropertyValue(name);
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.arc(x, y, 8, 0, 7);
      pen.stroke();
    }
    const row = this.place.get(pointed ?? searched);
    this.tip.hidden = row === undefined;
    if (row === undefined) return;
    const [x, y] = this.at(this.x[row], this.y[row]);
    this.tip.textContent = say("mapTell", { word: this.words[row], cluster: this.clusters[this.cluster[row]].name });
    this.tip.style.left = `${Math.min(Math.max(x, 70), this.canvas.clientWidth - 70)}px`;
    this.tip.style.top = `${this.canvas.offsetTop + Math.max(y, 34)}px`;
  }

  // ---- moving

  scale(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const from = this.size(), [middleX, middleY] = [x - this.canvas.clientWidth / 2, y - this.canvas.clientHeight / 2];
    this.zoom = Math.min(40, Math.max(1, this.zoom * factor));
    const to = this.size(); // what is below the pointer stays there
    this.left += middleX / from[0] - middleX / to[0];
    this.top -= middleY / from[1] - middleY / to[1];
    this.draw();
  }

  move(x, y) {
    const [right, up] = this.size();
    this.left -= x / right;
    this.top += y / up;
    this.draw();
  }

  whole() {
    Object.assign(this, { zoom: 1, left: 0, top: 0 });
    this.draw();
  }

  show(word) {
    const row = this.place.get(word);
    if (row !== undefined) Object.assign(this, { zoom: Math.max(this.zoom, 3), left: this.x[row], top: this.y[row] });
    this.draw();
  }

  point(row) {
    const word = row === null ? null : this.words[row];
    if (word === pointed) return;
    pointed = word;
    this.canvas.style.cursor = word ? "pointer" : "grab";
    atlases.forEach((atlas) => atlas.draw());
  }

  onWheel(event) {
    event.preventDefault();
    this.scale(event.deltaY < 0 ? 1.25 : 0.8, event.offsetX, event.offsetY);
  }

  onDown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.down = [event.offsetX, event.offsetY, false];
  }

  onMove(event) {
    if (!this.down) return this.point(this.nearest(event.offsetX, event.offsetY));
    const [x, y, moved] = this.down;
    const [right, below] = [event.offsetX - x, event.offsetY - y];
    if (!moved && Math.hypot(right, below) < 4) return undefined;
    this.down = [event.offsetX, event.offsetY, true];
    return this.move(right, below);
  }

  onUp(event) {
    const moved = this.down?.[2];
    this.down = null;
    const row = this.nearest(event.offsetX, event.offsetY);
    if (!moved && row !== null) location.hash = hashOf("near", { words: [this.words[row]] });
  }

  onKey(event) {
    const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (steps[event.key]) this.move(...steps[event.key]);
    else if (event.key === "+" || event.key === "=") this.scale(1.5);
    else if (event.key === "-") this.scale(1 / 1.5);
    else if (event.key === "0") this.whole();
    else return;
    event.preventDefault();
  }
}

let drawn = null; // the answer, once it is there

async function showMap(asked) {
  const box = byId("map").querySelector(".answer");
  searched = asked.words?.[0] ?? null;
  byId("map").querySelector("input").value = searched ?? "";
  if (!drawn) {
    const begun = Date.now();
    const note = make("p", { className: "card" });
    const tell = () => { note.textContent = say("mapWait", { seconds: Math.round((Date.now() - begun) / 1000) }); };
    tell();
    box.replaceChildren(note);
    const clock = setInterval(tell, 1000);
    drawn = ask("map", {});
    drawn.catch(() => { drawn = null; });
    drawn.finally(() => clearInterval(clock)).catch(() => {});
  }
  try {
    const answers = await drawn;
    putMaps(box, atlases.length ? atlases : answers);
    atlases.forEach((atlas) => atlas.show(searched));
  } catch (error) {
    box.replaceChildren(make("p", { className: "card error" }, say("failed", { why: error.message })));
  }
}

function putMaps(box, answers) {
  atlases.splice(0, Infinity, ...answers.map((facts) => new Atlas(facts)));
  box.dataset.models = answers.length;
  box.replaceChildren(...atlases.map((atlas, place) => {
    const card = make("article", { className: "card" });
    if (atlases.length > 1) card.append(make("p", { className: "of" }, `${"AB"[place]} · ${state.about[place].name}`));
    if (searched && !atlas.place.has(searched)) card.append(make("p", { className: "error note" }, say("notOnMap", { word: searched, shown: number(atlas.words.length) })));
    card.append(atlas.node);
    return card;
  }));
}

// In another language, or for another word: the same maps with other words around them.
showMap.again = () => {
  if (atlases.length) putMaps(byId("map").querySelector(".answer"), atlases);
};
