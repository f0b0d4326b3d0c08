"use strict";
// Vectors as strips of colour, as the illustrated word2vec page draws them: blue below zero, red above.

const LIMIT = 2.5; // standard deviations of a vector of length 1, to each side: one scale for all words

function shade(share) { // of -1 to 1
  const style = getComputedStyle(document.documentElement);
  const parts = (name) => style.getPropertyValue(name).split(",").map(Number);
  const middle = parts("--mid"), end = parts(share < 0 ? "--low" : "--high"), weight = Math.min(1, Math.abs(share));
  return `rgb(${middle.map((value, place) => Math.round(value + (end[place] - value) * weight)).join(",")})`;
}

function drawStrip(canvas, vector) {
  canvas.width = vector.length;
  canvas.height = 1;
  const pen = canvas.getContext("2d");
  vector.forEach((value, column) => {
    pen.fillStyle = shade((value * Math.sqrt(vector.length)) / LIMIT);
    pen.fillRect(column, 0, 1, 1);
  });
}

// rows: [{name, vector, made}]; what stands below the pointer is told.
function strips(rows) {
  const box = make("div", { className: "strips" });
  const said = make("output");
  for (const { name, vector, made } of rows) {
    if (made) box.append(make("hr"));
    box.append(made ? make("span", { className: "name made" }, name) : wordButton(name, "name"));
    const canvas = make("canvas", { role: "img", ariaLabel: name });
    repaint(canvas, () => drawStrip(canvas, vector));
    canvas.addEventListener("pointermove", (event) => {
      const column = Math.min(vector.length - 1, Math.max(0, Math.floor((event.offsetX / canvas.clientWidth) * vector.length)));
      said.textContent = say("dimension", { word: name, number: column + 1, value: vector[column].toFixed(3) });
    });
    canvas.addEventListener("pointerleave", () => { said.textContent = ""; });
    box.append(canvas);
  }
  const scale = make("canvas", { role: "presentation" });
  const steps = Array.from({ length: 41 }, (_, place) => (((place - 20) / 20) * LIMIT) / Math.sqrt(41));
  repaint(scale, () => drawStrip(scale, steps));
  return [box, make("div", { className: "scale" }, say("negative"), scale, say("positive"), said)];
}
