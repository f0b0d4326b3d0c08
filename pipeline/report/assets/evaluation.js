// What Evaluate found: a table and a plot of each.
function evaluation() {
  return [probesTable(), analogies(), similarity(), groups(), figures(), classification(), baseline()];
}

function probesTable() {
  const rows = Object.entries(facts.evaluation.probes).map(([name, one]) => [t(`p_${name}`), { text: t(one.verdict), node: badge(one.verdict) }, reasonText(one.reason), reasonText(one.todo)]);
  const columns = [plain(t("probe"), "word"), plain(t("judged"), "word"), plain(t("reason"), "long"), plain(t("todo"), "long")];
  const known = rows.some((row) => row[3]) ? 4 : 3; // nothing to do: no column for it
  return table(t("probes"), columns.slice(0, known), rows.map((row) => row.slice(0, known)));
}

function analogies() {
  const sets = Object.entries(facts.evaluation.analogies);
  const names = sets.map(([name]) => name), protocols = Object.keys(sets[0][1].protocols);
  const colours = () => [colour("accent"), "#c7663b", "#8a6fb3"];
  const score = (set, one) => (isKnown(set) ? one.score : null);
  const rows = sets.flatMap(([name, set]) => protocols.map((protocol) => {
    const one = set.protocols[protocol];
    return [name, protocol, fixed(score(set, one)), whole(one.right), whole(one.counted), whole(set.asked), percent(set.coverage)];
  }));
  const sections = sets.flatMap(([name, set]) => Object.entries(set.protocols.gensim.sections).map(([section, one]) => [name, section, fixed(one.counted ? one.score : null), whole(one.right), whole(one.counted), whole(one.asked)]));
  const answers = facts.evaluation.figures.examples.map((one) => [one.section, `${one.question[0]} : ${one.question[1]} = ${one.question[2]} : ?`, one.expected, `${one.answer} ${one.answer === one.expected ? "✓" : "✗"}`, fixed(one.cosine)]);
  return [h("h3", {}, t("analogies")), plot(t("analogies"), () => ({
    height: 70 + 70 * names.length,
    data: protocols.map((protocol, number) => ({ type: "bar", orientation: "h", name: protocol, y: names.map(literal), x: sets.map(([, set]) => score(set, set.protocols[protocol])), marker: { color: colours()[number] }, hovertemplate: "%{y}: %{x:.1%}<extra>%{fullData.name}</extra>" })),
    layout: { barmode: "group", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, xaxis: { tickformat: ".0%", rangemode: "tozero" }, yaxis: listed(names) },
  }), t("analogiesCaption", percent(facts.evaluation.thresholds.least_coverage)), 300),
    table(t("analogies"), [plain(t("set"), "word"), plain(t("protocol"), "word"), number(t("score")), number(t("right")), number(t("counted")), number(t("asked")), number(t("coverage"))], rows),
    table(t("bySection"), [plain(t("set"), "word"), plain(t("section")), number(t("score")), number(t("right")), number(t("counted")), number(t("asked"))], sections, true),
    table(t("examples"), [plain(t("section")), plain(t("question"), "word"), plain(t("expected")), plain(t("answer"), "word"), number(t("cosine"))], answers, true)];
}

function similarity() {
  const sets = Object.entries(facts.evaluation.similarity);
  if (!sets.length) return null;
  const known = sets.filter(([, one]) => isKnown(one) && one.interval);
  return [h("h3", {}, t("similarity")), known.length ? plot(t("similarity"), () => ({
    height: 70 + 40 * known.length,
    data: [{ type: "scatter", mode: "markers", y: known.map(([name]) => literal(name)), x: known.map(([, one]) => one.spearman), marker: { size: 12, color: colour("accent") }, error_x: { type: "data", symmetric: false, array: known.map(([, one]) => one.interval[1] - one.spearman), arrayminus: known.map(([, one]) => one.spearman - one.interval[0]), color: colour("accent"), thickness: 2 }, hovertemplate: "%{y}: %{x:.3f}<extra></extra>" }],
    layout: { xaxis: { range: [Math.min(0, ...known.map(([, one]) => one.interval[0] - 0.05)), 1] }, yaxis: listed(known) },
  }), t("similarityCaption"), 130) : null,
    table(t("similarity"), [plain(t("set")), number("Spearman"), number(t("interval")), number("Pearson"), number(t("found")), number(t("asked"))],
      sets.map(([name, one]) => [name, fixed(isKnown(one) ? one.spearman : null), one.interval ? `${fixed(one.interval[0])}–${fixed(one.interval[1])}` : "–", fixed(isKnown(one) ? one.pearson : null), one.found, one.asked]))];
}

function groups() {
  const kinds = Object.values(facts.evaluation.groups).flatMap((set) => Object.entries(set.groups)).filter(([, one]) => one.auc !== null && one.auc !== undefined).sort((one, other) => other[1].auc - one[1].auc)
    .map(([kind, one], place) => [kind + "\u200b".repeat(place), one]); // two sets may have a kind of the same name
  if (!kinds.length) return null;
  const rows = Object.entries(facts.evaluation.groups).flatMap(([name, set]) => Object.entries(set.groups).map(([kind, one]) => [name, kind, percent(one.auc), one.found, one.asked]));
  return [h("h3", {}, t("groups")), plot(t("groups"), () => ({
    height: narrow() ? 60 + 16 * kinds.length : 330,
    data: narrow() ? bars(kinds.map(([kind]) => kind), kinds.map(([, one]) => one.auc), { hovertemplate: "%{y}: %{x:.0%}<extra></extra>" })
      : [{ type: "bar", x: kinds.map(([kind]) => literal(kind)), y: kinds.map(([, one]) => one.auc), marker: { color: colour("accent") }, hovertemplate: "%{x}: %{y:.0%}<extra></extra>" }],
    layout: { ...(narrow() ? { xaxis: { tickformat: ".0%", range: [0, 1] }, yaxis: { ...listed([]), tickfont: { size: 10 } } } : { xaxis: { type: "category", tickmode: "linear", tickangle: -60, tickfont: { size: 11 }, showgrid: false }, yaxis: { tickformat: ".0%", range: [0, 1] } }),
      shapes: [narrow() ? { type: "line", x0: 0.5, x1: 0.5, yref: "paper", y0: 0, y1: 1, line: { color: colour("fail"), dash: "dot" } } : { type: "line", y0: 0.5, y1: 0.5, xref: "paper", x0: 0, x1: 1, line: { color: colour("fail"), dash: "dot" } }] },
  }), t("groupsCaption"), 330),
    table(t("groups"), [plain(t("set"), "word"), plain(t("kind"), "word"), number(t("nearer")), number(t("found")), number(t("asked"))], rows, true)];
}

function figures() {
  const { rows, characters, subsampling } = facts.evaluation.figures;
  const banded = (title, list, value, caption, format, range) => {
    const there = list.filter((one) => one[value] !== null && one[value] !== undefined);
    if (!there.length) return null;
    return h("div", {}, h("h3", {}, t(title)), plot(t(title), () => ({ height: 80 + 30 * there.length, data: bars(bands(there), there.map((one) => one[value]), { hovertemplate: `%{y}: %{x:${format}}<extra></extra>` }), layout: { xaxis: { tickformat: format, ...range }, yaxis: listed(there) } }), t(caption), 220),
      table(t(title), [plain(t("ranks"), "word"), number(t(title))], there.map((one) => [ranks(one), range.range ? percent(one[value]) : fixed(one[value])]), true));
  };
  return h("div", { class: "pair" }, banded("norms", rows.norms, "median", "normsCaption", ".1f", { rangemode: "tozero" }),
    banded("rare", characters.bands, "auc", "rareCaption", ".0%", { range: [0, 1] }), banded("subsampling", subsampling.bands, "trained", "subsamplingCaption", ".0%", { range: [0, 1] }));
}

function baseline() {
  const made = facts.evaluation.figures.baseline;
  if (!made) return null;
  const known = Object.entries(made.scores).filter(([, one]) => one.now !== null && one.before !== null);
  const bar = (key, shade) => ({ type: "bar", orientation: "h", name: t(key), y: known.map(([name]) => literal(name)), x: known.map(([, one]) => one[key]), marker: { color: shade }, hovertemplate: "%{y}: %{x:.3f}<extra>%{fullData.name}</extra>" });
  return [h("h3", {}, t("baseline")), known.length ? plot(t("baseline"), () => ({
    height: 70 + 44 * known.length, data: [bar("before", `${colour("soft")}88`), bar("now", colour("accent"))],
    layout: { barmode: "group", showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "normal" }, yaxis: listed(known) },
  }), t("baselineCaption"), 300) : null, table(t("baseline"), [plain(t("set"), "word"), number(t("before")), number(t("now")), number(t("lines"))], Object.entries(made.scores).map(([name, one]) => [name, fixed(one.before), fixed(one.now), whole(one.lines)]))];
}

function classification() {
  const made = facts.classification;
  if (!made) return null;
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  const kinds = Object.entries(made.features);
  return [h("h3", {}, t("classification")), plot(t("classification"), () => ({
    height: 70 + 40 * kinds.length, data: bars(kinds.map(([kind]) => t(kind)), kinds.map(([, found]) => mean(found)), { hovertemplate: "%{y}: %{x:.1%}<extra></extra>", error_x: { type: "data", symmetric: false, array: kinds.map(([, found]) => Math.max(...found) - mean(found)), arrayminus: kinds.map(([, found]) => mean(found) - Math.min(...found)), color: colour("ink") } }),
    layout: { xaxis: { tickformat: ".0%", range: [0, 1] }, yaxis: listed(kinds) },
  }), t("classificationCaption", whole(made.texts), whole(made.labels), percent(made.known_words)), 200),
    table(t("classification"), [plain(t("features"), "word"), number(t("accuracy")), number(t("lowest")), number(t("highest"))], kinds.map(([kind, found]) => [t(kind), fixed(mean(found)), fixed(Math.min(...found)), fixed(Math.max(...found))]))];
}
