// A page with the map alone.
facts.evaluation = { gate: "unknown" };
TEXTS.title = ["Map of words", "词图"];
const SECTIONS = [["map", wordMap]];
render();
unpack().then(() => drawAll());
