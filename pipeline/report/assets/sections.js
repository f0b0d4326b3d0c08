// The sections of the page, each from the facts to elements; null where there is nothing to show.
const bands = (list) => list.map(ranks);
const bars = (labels, values, more = {}) => [{ type: "bar", orientation: "h", y: labels.map(literal), x: values, marker: { color: colour("accent") }, hovertemplate: "%{y}: %{x}<extra></extra>", ...more }];
const shares = { tickformat: ".0%", rangemode: "tozero" };
const listed = (values) => ({ autorange: "reversed", showgrid: false, type: "category", tickmode: values.length > 40 ? "auto" : "linear" });
const isKnown = (row) => row.coverage >= facts.evaluation.thresholds.least_coverage;

function verdict() {
  const { gate, reasons, probes } = facts.evaluation;
  return [
    h("h2", { class: gate }, h("span", { class: "badge" }, `${{ pass: "✓", warn: "!", fail: "✗" }[gate] || "?"} ${t(`verdict_${gate}`)}`)),
    p(t(`lead_${gate}`, Object.values(probes).filter((one) => one.verdict !== "unknown").length)),
    reasons.length ? h("ul", {}, reasons.map((said) => {
      const name = said.split(": ")[0];
      return h("li", {}, h("strong", {}, t(`p_${name}`)), `${language ? "：" : ": "}${reasonText(said.slice(name.length + 2))}`, probes[name] && probes[name].todo ? ` → ${reasonText(probes[name].todo)}` : "");
    })) : null,
    h("dl", { class: "tiles" }, tiles().map(([name, value, note]) => h("div", {}, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null)))),
  ];
}
function tiles() {
  const made = [[t("tile_words"), whole(facts.words), t("tile_size", facts.vector_size)]];
  const row = (stage, step) => facts.funnel.find((one) => one.stage === stage && one.step === step);
  const [read, left, counted, kept] = [row("articles", "in"), row("dedup", "out"), row("vocabulary", "in"), row("vocabulary", "out")];
  if (left) made.push([t("tile_articles"), whole(left.articles), t("tile_of", whole(read.articles))]);
  if (kept) made.push([t("tile_running"), whole(kept.words), ""], [t("tile_kept"), percent(kept.words / counted.words, 1), t("tile_min", facts.corpus.min_count)]);
  const { analogies, groups, similarity } = facts.evaluation;
  if (groups.groups && isKnown(groups.groups)) made.push([t("tile_groups"), percent(groups.groups.auc), t("tile_chance")]);
  if (analogies.analogies && isKnown(analogies.analogies)) made.push([t("tile_analogies"), percent(analogies.analogies.protocols.gensim.score), t("tile_coverage", percent(analogies.analogies.coverage))]);
  for (const [name, table] of Object.entries(similarity).slice(0, 1)) if (isKnown(table)) made.push([t("tile_spearman", name), fixed(table.spearman), t("tile_pairs", table.found, table.asked)]);
  return made;
}

function run() {
  const asked = facts.run;
  const parameters = Object.entries(facts.stages).flatMap(([stage, given]) => Object.entries(given).map(([name, value]) => [stageName(stage), name, [value].flat().join(", ")]));
  const all = parameters.length ? table(t("parameters"), [plain(t("stage")), plain(t("parameter")), plain(t("value"))], parameters, true) : null;
  if (!asked) return [p(t("noRun")), all];
  const made = asked.made.length === Object.keys(facts.stages).length ? t("allMade") : `${asked.made.map(stageName).join(" · ") || t("none")}; ${t("stagesCached")}`;
  const rows = [[t("sources"), asked.sources.join("\n")], [t("preset"), asked.preset || t("none")], [t("settings"), asked.set.join("\n") || t("none")], [t("stagesMade"), made]];
  if (asked.tags.length) rows.push([t("tags"), asked.tags.join(", ")]);
  const why = asked.changed.length ? table(t("why", asked.before), [plain(t("parameter")), plain(t("before"), "lines"), plain(t("after"), "lines")], asked.changed.map((one) => [one.parameter, one.before, one.after]))
    : p(asked.before ? t("whySame", asked.before) : t("whyFirst"));
  return [p(t("runLead", asked.run, asked.started.slice(0, 16).replace("T", " "), duration(asked.seconds))), table(t("run"), [plain(t("item"), "word"), plain(t("value"), "lines")], rows), why, all];
}

const stepName = (step) => {
  const [, kind, rule] = step.match(/^(rejected|below min_count)?:? ?(.*)$/);
  if (!language) return step.replace(/_/g, " ");
  if (kind === "rejected") return `拒收：${rule}`;
  return kind ? `低于最低词频 ${rule}` : STEPS[step] || step;
};

function flow() {
  const rows = facts.funnel.filter((row) => row.stage !== "vocabulary");
  const stages = [...new Set(rows.map((row) => row.stage))];
  const find = (stage, step) => facts.funnel.find((row) => row.stage === stage && row.step === step);
  const all = find(stages[0], "in").characters;
  const nodes = [], links = [], amounts = narrow() ? short : whole;
  const node = (label, lost, note) => nodes.push({ label, lost, note }) - 1;
  let here = null;
  for (const stage of stages) {
    const [into, out] = [find(stage, "in"), find(stage, "out")];
    if (here === null) here = node(`${t(`s_${stage}`)}<br>${amounts(into.characters)}`, false, t("characters"));
    for (const row of rows.filter((one) => one.stage === stage && one.step !== "in" && one.step !== "out"))
      if (row.characters !== null && -row.characters > all / 1000) links.push([here, node(`${literal(stepName(row.step))}<br>${percent(-row.characters / all, 1)}`, true, `${whole(row.characters)} ${t("characters")}`), -row.characters]);
    const next = node(`${t(`s_${stage === "articles" ? "dedup" : stage === "dedup" ? "segment" : "vocabulary"}`)}<br>${amounts(out.characters)}`, false, t("characters"));
    links.push([here, next, out.characters]);
    here = next;
  }
  const [counted, kept] = [find("vocabulary", "in"), find("vocabulary", "out")];
  if (kept) {
    const amount = find("segment", "out").characters, share = kept.words / counted.words;
    if (share < 0.999) links.push([here, node(`${literal(stepName(`below min_count ${facts.corpus.min_count}`))}<br>${percent(1 - share, 1)}`, true, `${whole(kept.words - counted.words)} ${t("runningWords")}`), amount * (1 - share)]);
    links.push([here, node(`${t("s_train")}<br>${amounts(kept.words)} ${t("unit")}`, false, t("runningWords")), amount * share]);
  }
  return { nodes, links, counted: here };
}
function funnel() {
  if (!facts.funnel.some((row) => row.step === "in" && row.characters)) return null;
  const make = () => {
    const { nodes, links, counted } = flow();
    const [keep, drop] = [colour("accent"), isDark() ? "#b0746a" : "#c98b7f"];
    return {
      height: narrow() ? 560 : 380, layout: { margin: { l: 8, r: 8, t: 30, b: 30 }, font: { size: narrow() ? 11 : 13 } },
      data: [{
        type: "sankey", orientation: "h", textfont: { color: colour("ink") }, arrangement: "snap", valueformat: ",.0f",
        node: { label: nodes.map((one, place) => (narrow() && place === counted ? "" : one.label)), color: nodes.map((one) => (one.lost ? drop : keep)), pad: narrow() ? 16 : 22, thickness: 14, line: { width: 0 }, customdata: nodes.map((one) => one.note), hovertemplate: "%{label}<br>%{customdata}<extra></extra>" },
        link: { source: links.map((one) => one[0]), target: links.map((one) => one[1]), value: links.map((one) => one[2]), color: links.map((one) => `${nodes[one[1]].lost ? drop : keep}55`), hovertemplate: "%{target.label}<br>%{value}<extra></extra>" },
      }],
    };
  };
  const signed = (row, unit) => (row[unit] === null || (row[unit] === 0 && row.step !== "in" && row.step !== "out") ? "" : (row.step === "in" || row.step === "out" ? "" : row[unit] > 0 ? "+" : "") + whole(row[unit]));
  const rows = facts.funnel.map((row) => [t(`s_${row.stage}`), stepName(row.step), signed(row, "articles"), signed(row, "characters"), signed(row, "words"), whole(row.times)]);
  return [p(t("funnelLead")), plot(t("funnel"), make, t("funnelCaption"), 380),
    table(t("funnel"), [plain(t("stage"), "word"), plain(t("step")), number(t("articles")), number(t("characters")), number(t("runningWords")), number(t("times"))], rows, true)];
}

function corpus() {
  const { lengths, frequent, zipf, min_counts: costs, min_count: least, dropped, kept } = facts.corpus;
  const made = [p(t("corpusLead"))];
  const two = [];
  if (lengths) two.push(h("div", {}, h("h3", {}, t("lengths")), plot(t("lengths"), () => ({
    data: [{ type: "bar", x: lengths.classes.map((one) => `${whole(one.from)}–${whole(one.to)}`), y: lengths.classes.map((one) => one.articles), marker: { color: colour("accent") }, hovertemplate: "%{x}: %{y:,}<extra></extra>" }],
    layout: { xaxis: { title: { text: t("lengthAxis") }, type: "category", tickangle: -45, showgrid: false }, yaxis: { title: { text: t("articlesAxis") } }, bargap: 0.1 },
  }), t("lengthsCaption", whole(lengths.measured), whole(lengths.percentiles[1]), whole(lengths.percentiles[3]), whole(lengths.percentiles[2])), 320)));
  if (zipf.length) two.push(h("div", {}, h("h3", {}, t("zipf")), plot(t("zipf"), () => ({
    data: [{ type: "scatter", mode: "lines", x: zipf.map((one) => one[0]), y: zipf.map((one) => one[1]), line: { width: 3, color: colour("accent") }, hovertemplate: `${t("rank")} %{x:,}<br>${t("count")} %{y:,}<extra></extra>` }],
    layout: { xaxis: { type: "log", title: { text: t("rank") }, dtick: 1 }, yaxis: { type: "log", title: { text: t("count") }, dtick: 1 }, shapes: costs ? [{ type: "line", x0: kept, x1: kept, y0: 0, y1: 1, yref: "paper", line: { color: colour("fail"), dash: "dot", width: 2 } }] : [] },
  }), t(costs ? "zipfCaption" : "zipfCaptionKept"), 320)));
  made.push(h("div", { class: "pair" }, two));
  if (costs) {
    const now = costs.find((one) => one.min_count === least);
    const rows = costs.map((one) => [whole(one.min_count) + (one === now ? ` (${t("this")})` : ""), whole(one.words), percent(one.lost, 2)]);
    const lost = facts.funnel.filter((row) => row.stage === "vocabulary"), share = 1 - lost.at(-1).words / lost[0].words;
    made.push(h("h3", {}, t("minCost")), h("div", { class: "pair" },
      plot(t("minCost"), () => ({
        data: [{ type: "scatter", mode: "lines+markers", x: costs.map((one) => one.words), y: costs.map((one) => one.lost), text: costs.map((one) => whole(one.min_count)), line: { color: colour("accent") }, marker: { size: costs.map((one) => (one === now ? 13 : 7)), color: costs.map((one) => (one === now ? colour("fail") : colour("accent"))) }, hovertemplate: `${t("minCount")} %{text}<br>%{x:,} ${t("words")}<br>%{y:.2%}<extra></extra>` }],
        layout: { xaxis: { type: "log", title: { text: t("kept") }, tickformat: "~s", ...(narrow() ? { dtick: 1 } : { nticks: 5 }) }, yaxis: { ...shares, title: { text: t("lost") } } },
      }), t("minCaption", whole(least), whole(kept), percent(share, 2)), 320),
      table(t("minCost"), [number(t("minCount")), number(t("words")), number(t("lost"))], rows)));
    if (dropped.length) made.push(p(t("examplesDropped", dropped.join("  ")), "soft"));
  }
  made.push(h("h3", {}, t("frequent")), plot(t("frequent"), () => ({
    height: narrow() ? 560 : 300,
    data: narrow() ? bars(frequent.slice(0, 30).map((one) => one[0]), frequent.slice(0, 30).map((one) => one[1]))
      : [{ type: "bar", x: frequent.slice(0, 36).map((one) => literal(one[0])), y: frequent.slice(0, 36).map((one) => one[1]), marker: { color: colour("accent") }, hovertemplate: "%{x}: %{y:,}<extra></extra>" }],
    layout: narrow() ? { yaxis: listed([]) } : { xaxis: { type: "category", tickangle: 0, tickfont: { size: 11 }, tickmode: "linear", showgrid: false }, yaxis: { title: { text: t("count") } }, bargap: 0.15 },
  }), "", 300), table(t("frequent"), [number(t("rank")), plain(t("word")), number(t("count"))], frequent.map((one, rank) => [rank + 1, one[0], whole(one[1])]), true));
  if (frequent[0][1] === null) made.splice(-2, 1);
  return made;
}

function dictionary() {
  const { counts, bands: parts, all, outside, own } = facts.dictionary;
  const kinds = own.entries ? ["jieba", "own", "neither"] : ["jieba", "neither"];
  const rows = [...parts.map((band) => [ranks(band), band]), [t("all"), all]];
  return [p(t("dictLead")), counts.words ? p(t("dictSize", whole(counts.words))) : null,
    plot(t("dictionary"), () => ({
      height: 90 + 34 * rows.length,
      data: kinds.map((kind) => ({ type: "bar", orientation: "h", name: t(kind), y: rows.map((row) => row[0]), x: rows.map((row) => row[1][kind]), marker: { color: { jieba: colour("accent"), own: "#c7663b", neither: `${colour("soft")}55` }[kind] }, hovertemplate: "%{y}: %{x:.1%}<extra>%{fullData.name}</extra>" })),
      layout: { barmode: "stack", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, xaxis: { tickformat: ".0%", range: [0, 1] }, yaxis: listed(rows) },
    }), t("dictCaption"), 260),
    table(t("dictionary"), [plain(t("ranks"), "word"), ...kinds.map((kind) => number(t(kind)))], rows.map((row) => [row[0], ...kinds.map((kind) => percent(row[1][kind], 1))]), true),
    own.entries ? p(t("ownLead", whole(own.entries), whole(own.used), own.examples.join("  "))) : null,
    outside.length ? p(t("outside", outside.join("  ")), "soft") : null];
}

function training() {
  const made = facts.training;
  if (!made) return null;
  const line = (points, format) => [{ type: "scatter", mode: points.length < 60 ? "lines+markers" : "lines", x: points.map((one) => one[0]), y: points.map((one) => one[1]), line: { color: colour("accent"), width: 2 }, marker: { size: 5 }, hovertemplate: `%{x:,}<br>%{y:${format}}<extra></extra>` }];
  const done = { title: { text: t("wordsDone") }, rangemode: "tozero", nticks: 6 };
  const curve = (title, points, format, y, caption, none) => h("div", {}, h("h3", {}, t(title)), points.length > 1
    ? plot(t(title), () => ({ data: line(points, format), layout: { xaxis: done, yaxis: { title: { text: y }, ...(title === "speed" ? { rangemode: "tozero" } : {}) } } }), t(caption), 280) : p(t(none), "soft"));
  const lead = made.words_trained && made.parameters.epochs ? p(t("trainLead", whole(facts.funnel.length ? facts.funnel.at(-1).words : null), made.parameters.epochs, made.engine || made.parameters.engine)) : null;
  return [lead, h("div", { class: "pair" }, curve("loss", made.loss, ".3f", t("lossAxis"), "lossCaption", "noLoss"), curve("speed", made.speed, ",", t("wordsSecond"), "speedCaption", "noSpeed")),
    made.loss.length ? table(t("loss"), [number(t("wordsDone")), number(t("lossAxis"))], made.loss.map((one) => [whole(one[0]), fixed(one[1])]), true) : null,
    made.speed.length ? table(t("speed"), [number(t("wordsDone")), number(t("wordsSecond"))], made.speed.map((one) => [whole(one[0]), whole(one[1])]), true) : null];
}

function neighbours() {
  const words = Object.entries(facts.neighbours);
  const drawn = facts.evaluation.figures.neighbours.drawn.flatMap((band) => Object.entries(band.words).map(([word, near]) => [ranks(band), word, near.map((one) => one[0]).join("  ")]));
  return [p(t("neighboursLead")),
    h("div", { class: "columns" }, words.map(([word, near]) => h("div", { class: "near" }, h("h4", {}, word),
      near ? h("ol", {}, near.map(([other, cosine]) => h("li", {}, other, h("span", {}, fixed(cosine))))) : p(t("notThere"), "soft")))),
    table(t("neighboursTable"), [plain(t("word")), plain(t("near")), number(t("cosine"))], words.flatMap(([word, near]) => (near || []).map((one) => [word, one[0], fixed(one[1])])), true),
    table(t("drawn"), [plain(t("ranks"), "word"), plain(t("word")), plain(t("near"))], drawn, true)];
}

function strips() {
  if (!facts.compared.words.length) return null;
  const scale = () => [[0, "#2b6cb0"], [0.25, isDark() ? "#2c5578" : "#9cc3e6"], [0.5, colour("card")], [0.75, isDark() ? "#8a4238" : "#efa99c"], [1, "#c0392b"]];
  const heat = (words, values, limit) => () => ({
    height: 46 + 30 * words.length,
    data: [{ type: "heatmap", z: values, y: words.map((word, row) => `${literal(word)}${"\u200b".repeat(row)}`), colorscale: scale(), zmin: -limit, zmax: limit, showscale: false, ygap: 4, xgap: 0, hovertemplate: `%{y}<br>${t("dimension")} %{x}: %{z:.3f}<extra></extra>` }],
    layout: { yaxis: { autorange: "reversed", type: "category", tickmode: "linear", showgrid: false, ticks: "", tickfont: { size: narrow() ? 11 : 14 } }, xaxis: { showgrid: false, zeroline: false, nticks: narrow() ? 4 : 10 } },
  });
  const limit = 2.2 / Math.sqrt(facts.vector_size);
  const cells = (words, values) => words.map((word, row) => [word, ...values[row].map((value) => fixed(value))]);
  const columns = [plain(t("word"), "word"), ...Array.from({ length: facts.vector_size }, (_, dimension) => number(String(dimension)))];
  return [p(t("stripsLead")),
    facts.strips.map((one) => [h("h3", {}, one.sum), plot(one.sum, heat(one.words, one.values, limit), t("stripSum", one.sum, one.nearest.map(([word, cosine]) => `${word} ${fixed(cosine)}`).join(" · ")), 200)]),
    h("h3", {}, t("stripWords")), plot(t("stripWords"), heat(facts.compared.words, facts.compared.values, limit), "", 300),
    table(t("stripWords"), columns, cells(facts.compared.words, facts.compared.values), true)].flat(3);
}

function bias() {
  const known = facts.bias.filter((one) => one.effect_size !== null);
  return [p(t("biasLead")),
    known.length ? plot(t("bias"), () => ({
      height: 60 + 40 * known.length,
      data: bars(known.map((one) => one.name), known.map((one) => one.effect_size), { marker: { color: known.map((one) => (one.p < 0.05 || one.p > 0.95 ? colour("accent") : `${colour("soft")}66`)) }, hovertemplate: "%{y}: %{x:.2f}<extra></extra>" }),
      layout: { xaxis: { range: [-2, 2], zerolinecolor: colour("ink"), title: { text: t("effect") } }, yaxis: { ...listed(known), tickfont: { size: narrow() ? 10 : 13 } } },
    }), t("biasCaption"), 300) : null,
    table(t("bias"), [plain(t("axis"), "word"), number(t("effect")), number("p"), number("RND"), number(t("wordsFound")), plain(t("source"), "long")],
      facts.bias.map((one) => [one.name, fixed(one.effect_size), one.p !== null && one.p < 0.001 ? "<0.001" : fixed(one.p), fixed(one.rnd), `${one.found}/${one.asked}`, one.source]))];
}

function drift() {
  const made = facts.drift;
  if (!made) return p(t("driftNone"), "soft");
  const near = (list) => list.map((one) => one[0]).join("  ");
  return [p(t("driftLead", whole(made.before), whole(made.after), whole(made.common), fixed(made.distance))),
    plot(t("drift"), () => ({ height: 70 + 34 * made.overlap.length, data: bars(bands(made.overlap), made.overlap.map((one) => one.shared), { hovertemplate: "%{y}: %{x:.0%}<extra></extra>" }), layout: { xaxis: { tickformat: ".0%", range: [0, 1] }, yaxis: listed(made.overlap) } }), t("overlapCaption"), 220),
    made.gained.length ? p(t("gained", made.gained.join("  "))) : null, made.lost.length ? p(t("lostWords", made.lost.join("  "))) : null,
    made.moved.length ? table(t("moved"), [plain(t("word"), "word"), number(t("distance")), plain(t("nearBefore"), "long"), plain(t("nearAfter"), "long")], made.moved.map((one) => [one.word, fixed(one.distance), near(one.before), near(one.after)])) : null];
}

const stageName = (stage) => t(stage === "train" ? "training" : `s_${stage}`);
function resources() {
  const rows = facts.resources;
  if (!rows.some((row) => row.seconds !== null)) return null;
  const bar = (title, values, format) => plot(t(title), () => ({ height: 60 + 30 * rows.length, data: bars(rows.map((row) => stageName(row.stage)), values, { hovertemplate: `%{y}: %{x:${format}}<extra></extra>` }), layout: { xaxis: { title: { text: title === "disk" ? "MB" : t("seconds") } }, yaxis: listed(rows) } }), t(title === "disk" ? "disk" : "seconds"), 280);
  return [p(t("resourcesLead")), h("div", { class: "pair" }, bar("seconds", rows.map((row) => row.seconds), ".1f"), bar("disk", rows.map((row) => (row.bytes || 0) / 1e6), ",.1f")),
    table(t("resources"), [plain(t("stage"), "word"), number(t("seconds")), number(t("disk")), number(t("shards")), number(t("taken"))], rows.map((row) => [stageName(row.stage), fixed(row.seconds, 1), row.bytes === null ? "" : size(row.bytes), whole(row.made), whole(row.taken)]))];
}

function versions() {
  const rows = Object.entries(facts.versions);
  return rows.length ? [p(t("versionsLead")), table(t("versions"), [plain(t("name"), "word"), plain(t("version"))], rows.map(([name, version]) => [name.startsWith("stage ") ? `${t("stage")} ${name.slice(6)}` : name, version]))] : null;
}
