"use strict";
// The page of `ciliu explore`. Words come from a corpus: they are only ever set as text, never as HTML.

const TABS = ["near", "analogy", "compare", "cut", "map"];
const state = { language: navigator.language.startsWith("zh") ? "zh" : "en", about: [], asked: {}, answers: {} };
const byId = (id) => document.getElementById(id);

// ---- small things

function make(tag, attributes = {}, ...children) {
  const node = Object.assign(document.createElement(tag), attributes);
  if (attributes.role) node.setAttribute("role", attributes.role);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function say(key, values = {}) {
  return WORDS[state.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const number = (value) => value.toLocaleString("en-US");
const painted = new Map(); // canvases to what draws them again when light turns dark

function repaint(canvas, draw) {
  painted.set(canvas, draw);
  draw();
}

function wordButton(word, kind = "") {
  const button = make("button", { type: "button", className: `go ${kind}` }, word);
  button.addEventListener("click", () => { location.hash = hashOf("near", { words: [word] }); });
  return button;
}

async function ask(question, asked) {
  let response;
  try {
    response = await fetch(question, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) });
  } catch {
    throw new Error(say("gone"));
  }
  const facts = await response.json();
  if (!response.ok) throw new Error(facts.error);
  if (!["begin", "map"].includes(question)) byId("took").textContent = say("took", { ms: facts.milliseconds });
  return facts.models;
}

// ---- what is asked stands in the address, so that going back works

function hashOf(tab, asked) {
  return `#${tab}/${encodeURIComponent(JSON.stringify(asked))}`;
}

function readHash() {
  const [tab, rest] = location.hash.slice(1).split(/\/(.*)/s);
  try {
    return [TABS.includes(tab) ? tab : "near", rest ? JSON.parse(decodeURIComponent(rest)) : null];
  } catch {
    return ["near", null];
  }
}

function turnTo(tab) {
  for (const name of TABS) {
    byId(name).hidden = name !== tab;
    const button = byId(`tab-${name}`);
    button.setAttribute("aria-selected", name === tab);
    button.tabIndex = name === tab ? 0 : -1;
  }
}

async function follow() {
  state.followed = location.hash;
  const [tab, asked] = readHash();
  turnTo(tab);
  const given = asked ?? state.asked[tab];
  if (tab === "map") return showMap(given ?? {});
  if (!given) return undefined;
  fill(tab, given);
  const key = JSON.stringify(given);
  state.asked[tab] = given;
  if (state.answers[tab]?.key === key) return undefined;
  const box = byId(tab).querySelector(".answer");
  try {
    const answers = await ask(tab, given);
    state.answers[tab] = { key, answers };
    if (state.asked[tab] === given) render(tab);
  } catch (error) {
    box.replaceChildren(make("p", { className: "card error" }, say("failed", { why: error.message })));
  }
  return undefined;
}

function fill(tab, asked) {
  const fields = byId(tab).querySelector("form").elements;
  if (tab === "near") [fields.word.value, fields.n.value] = [asked.words[0], asked.n ?? 10];
  if (tab === "analogy") [fields.a.value, fields.b.value, fields.c.value] = asked.words;
  if (tab === "compare") fields.words.value = asked.words.join(" ");
  if (tab === "cut") fields.text.value = asked.text;
}

const split = (text) => text.split(/[\s,，、;；]+/).filter(Boolean);
const READ = {
  near: (fields) => ({ words: [fields.word.value.trim()], n: Number(fields.n.value) }),
  analogy: (fields) => ({ words: [fields.a, fields.b, fields.c].map((field) => field.value.trim()) }),
  compare: (fields) => ({ words: split(fields.words.value).slice(0, 24) }),
  cut: (fields) => ({ text: fields.text.value }),
  map: (fields) => ({ words: split(fields.word.value).slice(0, 1) }),
};

// ---- answers

function render(tab) {
  const found = state.answers[tab];
  if (!found) return;
  const box = byId(tab).querySelector(".answer");
  box.dataset.models = found.answers.length;
  box.replaceChildren(...found.answers.map((answer, place) => {
    const card = make("article", { className: "card" });
    if (found.answers.length > 1) card.append(make("p", { className: "of", title: state.about[place].name }, `${"AB"[place]} · ${state.about[place].name}`));
    card.append(...RENDER[tab](answer, found.answers, place));
    return card;
  }));
}

function missing(unknown) {
  return Object.entries(unknown ?? {}).map(([word, why]) => {
    const note = make("div", { className: "missing card" }, make("p", {}, make("b", {}, say("unknown", { word }))));
    if (why.count) note.append(make("p", {}, say("rare", { count: number(why.count), least: number(why.min_count) })));
    if (why.pieces.length > 1) {
      const pieces = why.pieces.map(([piece, known]) => (known ? wordButton(piece, "chip") : make("span", {}, piece)));
      note.append(make("p", { className: "pieces" }, say("pieces"), ...pieces));
    }
    return note;
  });
}

function list(found, others) {
  const shared = new Set(others.length ? others.flatMap((answer) => (answer.found ?? []).map(([word]) => word)) : []);
  const top = Math.max(0.0001, ...found.map(([, cosine]) => cosine));
  return make("ol", { className: found.length > 10 ? "rows many" : "rows" }, ...found.map(([word, cosine], place) => {
    const length = make("i");
    length.style.width = `${Math.max(0, cosine / Math.max(top, 1)) * 100}%`;
    const bar = make("span", { className: "bar", ariaHidden: "true" }, length);
    return make("li", { className: shared.has(word) ? "shared" : "" }, make("span", { className: "place" }, String(place + 1)),
      wordButton(word), bar, make("span", { className: "value" }, cosine.toFixed(3)));
  }));
}

const others = (answers, place) => answers.filter((_, other) => other !== place);

const RENDER = {
  near(answer, answers, place) {
    const word = state.asked.near.words[0];
    if (answer.unknown) return missing(answer.unknown);
    const about = answer.count === null ? say("rank", { rank: number(answer.rank), words: number(state.about[place].words) })
      : say("stands", { count: number(answer.count), rank: number(answer.rank) });
    const parts = [make("h2", {}, word, make("small", {}, about)), list(answer.found, others(answers, place))];
    if (answers.length > 1 && answers.every((other) => other.found)) {
      const mine = new Set(answer.found.map(([found]) => found));
      const both = others(answers, place)[0].found.filter(([found]) => mine.has(found)).length;
      parts.push(make("p", { className: "note" }, say("sharedBy", { count: both, of: answer.found.length })));
    }
    return parts;
  },
  analogy(answer, answers, place) {
    if (answer.unknown) return missing(answer.unknown);
    const [a, b, c] = state.asked.analogy.words;
    const rows = answer.strips.slice(0, 3).map(([name, vector]) => ({ name, vector }));
    rows.push({ name: `${b} − ${a} + ${c}`, vector: answer.made, made: true });
    rows.push(...answer.strips.slice(3).map(([name, vector]) => ({ name, vector })));
    return [make("h2", {}, answer.found[0]?.[0] ?? "–", make("small", {}, say("answerIs", { a, b, c }))),
      list(answer.found, others(answers, place)), make("h3", {}, say("strips")), ...strips(rows)];
  },
  compare(answer) {
    const parts = missing(answer.unknown);
    if (!answer.words) return parts;
    if (answer.odd.length) {
      const [word, cosine] = answer.odd[0];
      parts.push(make("h2", {}, say("odd", { word }), make("small", {}, say("oddWhy", { cosine: cosine.toFixed(3) }))));
    }
    parts.push(make("h3", {}, say("strips")), ...strips(answer.words.map((name, row) => ({ name, vector: answer.vectors[row] }))));
    if (answer.words.length > 1) parts.push(make("h3", {}, say("cosines")), make("div", { className: "wide" }, cosines(answer)));
    return parts;
  },
  cut(answer) {
    if (!answer.kept) return [make("p", {}, say("nothing"))];
    const share = `${((100 * (answer.kept - answer.known)) / answer.kept).toFixed(1)}%`;
    const head = answer.known === answer.kept ? say("cutAll", { kept: number(answer.kept) })
      : say("cutSaid", { kept: number(answer.kept), unknown: number(answer.kept - answer.known), share });
    const text = make("p", { className: "cut" }, ...answer.words.map(([word, kind]) => piece(word, kind, answer.unknown)));
    const legend = make("p", { className: "legend cut-legend" }, make("span", {}, make("i", { className: "unknown" }, "词"), say("legendUnknown")),
      make("span", {}, make("i", { className: "dropped" }, "，"), say("legendDropped")));
    const parts = [make("h2", {}, head), text, legend];
    const unknown = Object.entries(answer.unknown);
    if (unknown.length) {
      const times = (word) => answer.words.filter(([other, kind]) => other === word && kind === "unknown").length;
      parts.push(make("h3", {}, say("unknownWords")), make("ul", { className: "list" }, ...unknown.map(([word, why]) =>
        make("li", {}, make("b", {}, word), make("span", {}, say("times", { count: times(word) })), make("small", {}, reason(why))))));
    }
    return parts;
  },
};

function reason(why) {
  if (why.count) return say("standsRare", { count: number(why.count), least: number(why.min_count) });
  return why.count === 0 ? say("notThere") : "";
}

function piece(word, kind, unknown) {
  if (kind === "dropped") return make("span", { className: "dropped" }, word);
  const node = make("span", { className: kind, title: kind === "unknown" && unknown[word] ? reason(unknown[word]) : "" }, word);
  if (kind === "known") {
    node.tabIndex = 0;
    node.setAttribute("role", "link");
    const go = () => { location.hash = hashOf("near", { words: [word] }); };
    node.addEventListener("click", go);
    node.addEventListener("keydown", (event) => { if (event.key === "Enter") go(); });
  }
  return node;
}

function cosines({ words, cosines: values }) {
  const table = make("table", {}, make("tr", {}, make("td"), ...words.map((word) => make("th", { scope: "col" }, word))));
  values.forEach((row, place) => {
    const cells = row.map((value, column) => {
      const cell = make("td", {}, value.toFixed(3));
      if (place !== column) cell.style.background = `color-mix(in srgb, var(--bar) ${Math.round(Math.max(0, value) * 100)}%, transparent)`;
      else cell.style.color = "var(--soft)";
      return cell;
    });
    table.append(make("tr", {}, make("th", { scope: "row" }, words[place]), ...cells));
  });
  return table;
}

// ---- language, light, keys

function setLanguage(language) {
  state.language = language;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-say-label]")) {
    node.setAttribute("aria-label", say(node.dataset.sayLabel));
    if (node.tagName === "BUTTON") node.title = say(node.dataset.sayLabel);
  }
  const own = state.about.every((model) => model.own_cutter);
  byId("cut").querySelector(".lead").textContent = say(own ? "cutLead" : "cutLeadJieba");
  byId("language").textContent = say("switchTo");
  byId("language").lang = say("switchLang");
  byId("models").replaceChildren(...state.about.map((model, place) => {
    const name = state.about.length > 1 ? `${"AB"[place]} · ${model.name}` : model.name;
    const size = say("size", { words: number(model.words), dimensions: model.dimensions });
    return make("span", { className: "model", title: name }, make("b", {}, name), make("span", {}, size));
  }));
  showExamples();
  TABS.forEach(render);
  showMap.again?.();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const [canvas, draw] of painted) canvas.isConnected ? draw() : painted.delete(canvas);
}

function showExamples() {
  const { words, groups, analogies } = state.about[0].examples;
  const offered = {
    near: words.map((given) => [given[0], { words: given }]),
    analogy: analogies.map(([a, b, c]) => [`${a} : ${b} = ${c} : ?`, { words: [a, b, c] }]),
    compare: groups.map((given) => [given.join(" "), { words: given }]),
    cut: ["北京大学生前来应聘，面试了三个小时。", "房间很干净，服务员态度也不错，下次还住这家酒店！", "熵、纤维丛与黎曼猜想，孰易孰难？"].map((text) => [text, { text }]),
  };
  for (const [tab, list] of Object.entries(offered)) {
    const buttons = list.map(([label, asked]) => {
      const button = make("button", { type: "button" }, label);
      button.addEventListener("click", () => { location.hash = hashOf(tab, asked); });
      return button;
    });
    byId(tab).querySelector(".examples").replaceChildren(...(buttons.length ? [say("try"), ...buttons] : []));
  }
}

function onKey(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  const [tab] = readHash();
  const at = TABS.indexOf(tab);
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (typing && event.key === "Escape") event.target.blur();
  else if (typing) return;
  else if (/^[1-5]$/.test(event.key)) go(TABS[event.key - 1]);
  else if (event.key === "/") {
    event.preventDefault();
    byId(tab).querySelector("input, textarea").select();
  } else if (event.target.role === "tab" && /^Arrow(Left|Right)$/.test(event.key)) {
    const next = TABS[(at + (event.key === "ArrowRight" ? 1 : TABS.length - 1)) % TABS.length];
    go(next);
    byId(`tab-${next}`).focus();
  }
}

function go(tab) {
  location.hash = state.asked[tab] ? hashOf(tab, state.asked[tab]) : `#${tab}`;
  follow(); // at once: the event comes a moment later, and would fill in the old word over what is typed meanwhile
}

let typed = 0;
async function complete(event) {
  const start = event.target.value.trim();
  if (event.target.getAttribute("list") !== "begin" || !start) return;
  const turn = ++typed;
  const answers = await ask("begin", { begin: start }).catch(() => []);
  const found = [...new Set(answers.flatMap((answer) => answer.found))].slice(0, 8);
  if (turn === typed) byId("begin").replaceChildren(...found.map((word) => make("option", { value: word })));
}

async function start() {
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  state.about = await ask("about", {});
  document.title = `${state.about.map((model) => model.name).join(" · ")} – 词流 Ciliu`;
  setLanguage(state.language);
  byId("language").addEventListener("click", () => setLanguage(state.language === "zh" ? "en" : "zh"));
  byId("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  for (const tab of TABS) {
    byId(`tab-${tab}`).addEventListener("click", () => go(tab));
    byId(tab).querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      location.hash = hashOf(tab, READ[tab](event.target.elements));
    });
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", complete);
  addEventListener("hashchange", () => { if (location.hash !== state.followed) follow(); });
  const first = state.about[0].examples;
  state.asked.near = first.words[0] && { words: first.words[0] };
  state.asked.analogy = first.analogies[0] && { words: first.analogies[0].slice(0, 3) };
  state.asked.compare = first.groups[0] && { words: first.groups[0] };
  await follow();
  document.body.dataset.ready = "yes";
}

start();
