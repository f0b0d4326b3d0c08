// The map of words: hover, search, clusters.
function wordMap() {
  const made = facts.map;
  if (!made) return p(t("noMap"), "soft");
  const hue = (cluster) => `hsl(${Math.round((cluster * 137.5) % 360)}, ${isDark() ? "55%, 62%" : "60%, 42%"})`;
  let picked = null; // rows that a search or a cluster chose
  let element = null;
  const make = () => mapPlot(made, hue, picked);
  const one = plot(t("map"), () => ({ ...make(), drawn: (drawn) => { element = drawn; } }), t("mapCaption"), 720);
  const status = h("p", { class: "status", role: "status" });
  const show = (rows, said) => {
    picked = rows;
    status.textContent = said;
    if (element && window.Plotly) { const next = make(); Plotly.react(element, next.data, { ...layout(next.layout, next.height) }, { responsive: true, displaylogo: false, ...next.config }); }
  };
  const buttons = [];
  const press = (button) => buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
  const names = (rows) => rows.slice(0, 30).map((row) => made.words[row]).join("  ") + (rows.length > 30 ? " …" : "");
  const input = h("input", { type: "search", id: "find", autocomplete: "off", oninput: () => {
    const wanted = input.value.trim().toLowerCase();
    press(null);
    const rows = wanted ? made.words.map((word, row) => [word.toLowerCase(), row]).filter(([word]) => word.includes(wanted)).sort((a, b) => a[0].length - b[0].length || a[1] - b[1]).map(([, row]) => row) : null;
    show(rows, !rows ? "" : rows.length ? t("foundWords", rows.length, names(rows)) : t("foundNone", input.value.trim()));
  } });
  made.clusters.forEach((cluster, number) => {
    const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
      const off = button.getAttribute("aria-pressed") === "true";
      input.value = "";
      press(off ? null : button);
      const rows = made.words.map((_, row) => row).filter((row) => made.cluster[row] === number);
      show(off ? null : rows, off ? "" : t("clusterWords", rows.length, names(rows)));
    } }, h("i", { style: `background:${hue(number)}` }), cluster.name);
    buttons.push(button);
  });
  const clear = h("button", { type: "button", onclick: () => { input.value = ""; press(null); show(null, ""); input.focus(); } }, t("clear"));
  const rows = made.words.map((word, row) => [row + 1, word, made.counts ? whole(made.counts[row]) : "", made.clusters[made.cluster[row]].name]);
  return [p(t("mapLead", whole(made.words.length), made.clusters.length)), h("div", { class: "search" }, h("label", { for: "find" }, t("search")), input, clear), status, one,
    h("details", { open: narrow() ? null : "" }, h("summary", {}, t("clusters")), h("div", { class: "clusters" }, buttons)),
    lazily(() => table(t("mapWords"), [number(t("rank")), plain(t("word")), number(t("count")), plain(t("cluster"))], rows), t("mapWords"))];
}
/* A long table is made when it is opened. */
function lazily(make, title) {
  const details = h("details", { ontoggle: () => { if (details.open && details.children.length === 1) details.append(make()); } }, h("summary", {}, t("more", title)));
  return details;
}

function mapPlot(made, hue, picked) {
  const chosen = new Set(picked || []);
  const rows = made.words.map((_, row) => row);
  const said = (row) => `<b>${literal(made.words[row])}</b><br>${made.counts ? `${t("count")} ${whole(made.counts[row])} · ` : ""}${t("rank")} ${whole(row + 1)}<br>${literal(made.clusters[made.cluster[row]].name)}`;
  const points = (list, more) => ({ type: "scatter", mode: "markers", x: list.map((row) => made.x[row]), y: list.map((row) => made.y[row]), customdata: list.map(said), hovertemplate: "%{customdata}<extra></extra>", ...more });
  const data = [points(rows, { marker: { size: narrow() ? 4 : 6, color: rows.map((row) => hue(made.cluster[row])), opacity: picked ? 0.18 : 0.8 } })];
  if (picked && picked.length) data.push(points(picked, { mode: picked.length <= 150 ? "markers+text" : "markers", text: picked.map((row) => literal(made.words[row])), textposition: "top center", textfont: { size: picked.length > 40 ? 11 : 14, color: colour("ink") }, marker: { size: 9, color: picked.map((row) => hue(made.cluster[row])), line: { width: 1, color: colour("ink") } } }));
  const span = (values) => { const ends = [Math.min(...values), Math.max(...values)], rim = (ends[1] - ends[0]) * 0.05; return [ends[0] - rim, ends[1] + rim]; };
  const [across, up] = [span(made.x), span(made.y)];
  const tall = Math.min(1, Math.max(0.6, (up[1] - up[0]) / (across[1] - across[0]))); // as long to the eye up as across
  const flat = { showgrid: false, zeroline: false, showticklabels: false, fixedrange: narrow() };
  return {
    data, height: Math.round((narrow() ? 400 : 860) * tall), config: { displayModeBar: !narrow(), modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d"]] },
    layout: {
      xaxis: { ...flat, range: across }, yaxis: { ...flat, range: up }, dragmode: narrow() ? false : "pan", margin: { l: 4, r: 4, t: 4, b: 4 },
      annotations: picked ? [] : apart(made.clusters, across, up).map((cluster) => ({ x: cluster.x, y: cluster.y, text: literal(narrow() ? cluster.name.split(" ")[0] : cluster.name), showarrow: false, font: { size: narrow() ? 10 : 12, color: colour("ink") }, bgcolor: `${colour("card")}cc`, borderpad: 2 })),
    },
  };
}
/* The clusters whose names lie on no name of a larger one. */
function apart(clusters, across, up) {
  const kept = [], wide = (across[1] - across[0]) * (narrow() ? 0.11 : 0.085), high = (up[1] - up[0]) * (narrow() ? 0.05 : 0.025);
  for (const one of clusters) if (kept.every((other) => Math.abs(one.x - other.x) > wide || Math.abs(one.y - other.y) > high)) kept.push(one);
  return kept;
}
