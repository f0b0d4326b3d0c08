// Elements, tables, plots, the switches. What stands in the sections is in sections.js.
const facts = JSON.parse(document.getElementById("facts").textContent);
const root = document.documentElement;
let language = remembered("ciliu-language") || (navigator.language.startsWith("zh") ? 1 : 0);
let theme = remembered("ciliu-theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
let plots = []; // {element, make}: drawn once plotly is there, and again when the theme changes

function remembered(name) {
  try { const value = localStorage.getItem(name); return name === "ciliu-language" && value ? Number(value) : value; } catch { return null; }
}
function remember(name, value) { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing */ } }

function t(key, ...values) {
  return (TEXTS[key] || [key, key])[language].replace(/\{(\d)\}/g, (_, number) => values[Number(number)]);
}
function reasonText(reason) {
  if (!language || !reason) return reason;
  const known = REASONS.find(([pattern]) => pattern.test(reason));
  if (known) return PARTS.reduce((said, [part, chinese]) => said.replace(part, chinese), reason.replace(...known));
  const cause = CAUSES.find(([pattern]) => pattern.test(reason));
  return cause ? reason.match(cause[0])[0].replace(...cause) + reasonText(reason.replace(cause[0], "")) : reason;
}
const short = (number) => new Intl.NumberFormat(language ? "zh-CN" : "en", { notation: "compact", maximumFractionDigits: 1 }).format(number);
const whole = (number) => (number === null || number === undefined ? "" : number.toLocaleString("en"));
const percent = (share, digits = 0) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)}%`);
const fixed = (number, digits = 3) => (number === null || number === undefined ? "–" : number.toFixed(digits));
const ranks = (band) => `${whole(band.from_rank)}–${whole(band.to_rank)}`;
function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  for (; bytes >= 1000 && step < 4; step++) bytes /= 1000;
  return `${bytes.toFixed(step ? 1 : 0)} ${units[step]}`;
}
function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/* Text from a corpus comes in as text nodes only: no markup of it is ever read. */
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}
const p = (text, kind) => h("p", kind ? { class: kind } : {}, text);
const badge = (verdict) => h("span", { class: `badge ${verdict}` }, `${{ pass: "✓", warn: "!", fail: "✗" }[verdict] || "?"} ${t(verdict)}`);

/* columns: [{name, number: true for figures, kind: a class}]; a cell is text or {text, node}. */
function table(title, columns, rows, folded = false) {
  const text = (cell) => (cell === null || cell === undefined ? "" : cell.node ? cell.text : String(cell));
  const lines = [columns.map((column) => column.name), ...rows.map((row) => row.map(text))];
  const copy = h("button", { type: "button", onclick: () => copyText(lines.map((line) => line.join("\t")).join("\n"), copy), "aria-label": `${t("copy")}: ${title}` }, t("copy"));
  const csv = h("button", { type: "button", onclick: () => download(title, lines), "aria-label": `${t("csv")}: ${title}` }, t("csv"));
  const body = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title },
    h("table", {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.number ? "number" : column.kind }, column.name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, place) =>
        h("td", { class: columns[place].number ? "number" : columns[place].kind }, cell && cell.node ? cell.node : text(cell))))))));
  const made = h("div", { class: "table" }, h("div", { class: "tools" }, h("strong", {}, title), copy, csv), body);
  return folded ? h("details", {}, h("summary", {}, t("more", title)), made) : made;
}
const number = (name) => ({ name, number: true });
const plain = (name, kind) => ({ name, kind });

async function copyText(text, button) {
  try { await navigator.clipboard.writeText(text); } catch {
    const area = h("textarea", {}, text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.textContent = t("copied");
  setTimeout(() => { button.textContent = t("copy"); }, 1500);
}
/* A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
function csvCell(cell) {
  const safe = /^[=+@\t\r]|^-(?![\d.]+%?$)/.test(cell) && !/^\+[\d.]+%?$/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
const toCsv = (lines) => `\ufeff${lines.map((line) => line.map(csvCell).join(",")).join("\r\n")}\r\n`;
function download(title, lines) {
  const link = h("a", { download: `${facts.name}-${title}.csv`, href: URL.createObjectURL(new Blob([toCsv(lines)], { type: "text/csv" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/* A plot: make() gives {data, layout, config} in the colours of the theme. */
function plot(title, make, caption, height = 300) {
  const element = h("div", { class: "plot", role: "img", "aria-label": `${title}. ${caption || ""}`, style: `height:${height}px` });
  plots.push({ element, make, height });
  return h("figure", {}, element, caption ? h("figcaption", {}, caption) : null);
}
const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const isDark = () => root.dataset.theme === "dark"; // paper is light whatever the screen is
const narrow = () => root.clientWidth < 640;
/* Plotly reads a little markup (<b>, <a href>) in texts: those of the corpus lose their angle brackets and ampersands' sense. */
const literal = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function layout(given, height) {
  const axis = { showline: false, ticklabelstandoff: 4, gridcolor: colour("line"), zerolinecolor: colour("line"), linecolor: colour("line"), automargin: true, fixedrange: true };
  const { xaxis, yaxis, ...others } = given || {};
  return {
    height, margin: { l: 8, r: 26, t: 8, b: 8 }, paper_bgcolor: colour("card"), plot_bgcolor: colour("card"), dragmode: false,
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("ink") }, showlegend: false, hovermode: "closest",
    colorway: [colour("accent"), "#c7663b", "#8a6fb3", "#7a8a3a"], legend: { orientation: "h", y: -0.25, x: 0 },
    hoverlabel: { bgcolor: colour("tint"), bordercolor: colour("line"), font: { color: colour("ink") } },
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...others,
  };
}
async function draw({ element, make, height }, width) {
  if (!window.Plotly) return;
  const made = make();
  const size = made.height || height;
  element.style.height = `${size}px`;
  const given = { ...layout(made.layout, size), ...(width ? { width, autosize: false } : { autosize: true }) };
  if (width) Plotly.purge(element); // paper does not wait for the flow's motion
  await Plotly.react(element, made.data, given, { responsive: true, displayModeBar: false, displaylogo: false, ...made.config });
  if (made.drawn) made.drawn(element);
}
async function drawAll(width) {
  for (const one of plots) {
    await draw(one, width);
    if (!width) await new Promise((next) => setTimeout(next)); // let the page answer meanwhile
  }
  if (window.Plotly) root.dataset.drawn = `${language} ${theme}`;
}

/* plotly.js lies in the page as gzip in base64: 2 MB instead of 5. */
async function unpack() {
  if (!("DecompressionStream" in window)) return document.querySelector("section").append(p(t("noPlots"), "soft"));
  const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = await new Response(stream).text();
  document.head.append(Object.assign(document.createElement("script"), { textContent: code }));
}

function switches() {
  const other = theme === "dark" ? "light" : "dark";
  return h("div", { class: "switches" },
    h("button", { type: "button", id: "language", lang: language ? "en" : "zh", onclick: () => { language = 1 - language; remember("ciliu-language", language); render("language"); } }, t("toChinese")),
    h("button", { type: "button", id: "theme", onclick: () => { theme = other; remember("ciliu-theme", theme); render("theme"); } }, t(other)),
    h("button", { type: "button", id: "print", onclick: () => window.print() }, t("print")));
}

function render(focus) {
  root.lang = language ? "zh-CN" : "en";
  root.dataset.theme = theme;
  const place = scrollY;
  for (const { element } of plots) if (window.Plotly) Plotly.purge(element);
  plots = [];
  document.title = `${t("title")} · ${facts.name}`;
  document.getElementById("skip").textContent = t("skip");
  document.getElementById("top").replaceChildren(h("h1", {}, t("title"), h("small", {}, `${facts.name} · ${t("made", facts.made.slice(0, 16).replace("T", " "))}`)), switches());
  const shown = SECTIONS.map(([id, make]) => [id, make()]).filter(([, content]) => content);
  document.getElementById("contents").setAttribute("aria-label", t("contents"));
  document.getElementById("contents").replaceChildren(h("ul", {}, shown.map(([id]) => h("li", {}, h("a", { href: `#${id}` }, t(id))))));
  document.getElementById("main").replaceChildren(...shown.map(([id, content]) =>
    h("section", { id, "aria-label": t(id), class: id === "verdict" ? `verdict ${facts.evaluation.gate}` : null }, id === "verdict" ? null : h("h2", {}, t(id)), content)));
  document.getElementById("foot").replaceChildren(p(t("madeWith")));
  scrollTo({ top: place, behavior: "instant" });
  if (focus) document.getElementById(focus).focus();
  drawAll();
}

let onPaper = false;
addEventListener("beforeprint", () => {
  onPaper = root.dataset.theme;
  root.dataset.theme = "light"; // paper is white
  drawAll(680);
});
addEventListener("afterprint", () => { root.dataset.theme = onPaper; drawAll(); });
