// The order of the page, and its beginning.
const SECTIONS = [
  ["verdict", verdict], ["run", run], ["funnel", funnel], ["corpus", corpus], ["dictionary", dictionary], ["training", training],
  ["evaluation", evaluation], ["neighbours", neighbours], ["map", wordMap], ["strips", strips], ["bias", bias], ["drift", drift],
  ["resources", resources], ["versions", versions],
];
render();
unpack().then(() => drawAll());
let wide = root.clientWidth;
addEventListener("resize", () => { if (root.clientWidth !== wide && !onPaper) { const was = wide < 640; wide = root.clientWidth; if (was !== wide < 640) drawAll(); } });
