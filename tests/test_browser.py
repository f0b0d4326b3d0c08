"""The report in a real Chromium, from a file, with the network off: it draws, answers, and shows text as text."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import WORDS, make_run

from pipeline import report
from pipeline.evaluate import gate
from pipeline.evaluate.gate import Thresholds
from pipeline.report.page import make_map_page, make_page

pytest.importorskip("plotly", reason="a report needs plotly")
pytest.importorskip("sklearn", reason="a map needs scikit-learn")
playwright = pytest.importorskip("playwright.sync_api", reason="the browser is driven by Playwright")

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=f"no Chromium is installed here ({', '.join(NAMES)})")

SECTIONS = (
    "verdict", "run", "funnel", "corpus", "dictionary", "training", "evaluation", "neighbours", "map", "strips", "bias",
    "drift", "resources", "versions",
)  # fmt: skip
Page = Any  # Playwright's
DRAWN = "html[data-drawn='{} {}']"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return report.gather(None, make_run(tmp_path_factory.mktemp("run")).data, ["猫", WORDS[0]], baseline="first")  # cat


@pytest.fixture(scope="module")
def file(facts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(make_page(facts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        root = ["--no-sandbox"] if os.getuid() == 0 else []
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=root)
        yield opened
        opened.close()


def open_page(browser: Any, file: Path, width: int, locale: str, scheme: str) -> Page:
    """The page once it is drawn; ``faults`` of it are filled by errors, warnings and requests to anywhere."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.faults = []
    page.on("console", lambda said: said.type in ("error", "warning") and page.faults.append(said.text))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith("http") and page.faults.append(asked.url))
    page.goto(file.as_uri())
    page.wait_for_selector(DRAWN.format(int(locale.startswith("zh")), scheme), state="attached", timeout=120_000)
    return page


@pytest.fixture(scope="module")
def wide(browser: Any, file: Path) -> Page:
    return open_page(browser, file, 1400, "en-US", "light")


@pytest.fixture(scope="module")
def phone(browser: Any, file: Path) -> Page:
    return open_page(browser, file, 400, "zh-CN", "dark")


def show(page: Page, language: int) -> None:
    """Bring the page into English (0) or Chinese (1)."""
    if page.evaluate("language") != language:
        page.click("#language")
        page.wait_for_selector(f"html[data-drawn^='{language}']", state="attached", timeout=60_000)


@pytest.mark.parametrize("width", ["wide", "phone"])
def test_it_draws_without_an_error_and_fits(width: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(width)
    assert page.faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.locator(".plot .main-svg").count() > 15
    assert page.evaluate("[...document.querySelectorAll('.plot')].filter(one => !one.querySelector('svg')).length") == 0
    for section in [
        "verdict",
        "run",
        "funnel",
        "corpus",
        "dictionary",
        "training",
        "evaluation",
        "neighbours",
        "map",
        "bias",
        "drift",
        "versions",
    ]:
        assert page.locator(f"section#{section}").inner_text().strip(), section
    assert page.locator("main").inner_text().count("[object") == 0


def test_text_from_the_corpus_stays_text(wide: Page) -> None:
    assert wide.evaluate("window.hacked") is None
    assert wide.locator("main img").count() == 0
    assert wide.locator("main b, main script, main svg a").count() == 0
    assert wide.locator("h4", has_text=WORDS[0]).inner_text() == WORDS[0]  # whose neighbours were asked for
    for details in wide.locator("details > summary").all():
        details.click()
    frequent = wide.locator("section#corpus").inner_text()
    assert all(word in frequent for word in WORDS)
    assert "<img src=x onerror=hacked=3>.txt" not in wide.locator("section#run").inner_html()
    labels = wide.locator("section#corpus .xtick text").all_text_contents()
    assert WORDS[0] in labels


def test_search_finds_words_on_the_map(wide: Page) -> None:
    show(wide, 0)
    wide.fill("#find", "<script>")
    status = wide.locator("section#map [role=status]")
    assert status.inner_text() == f"1 found: {WORDS[0]}"
    assert wide.locator("section#map .scatterlayer .trace").count() == 2
    assert wide.locator("section#map .scatterlayer text", has_text=WORDS[0]).count() == 1
    wide.fill("#find", "没有")  # there is none
    assert status.inner_text() == "no word on the map has “没有” in it"
    wide.locator("section#map .search button").click()
    assert wide.locator("section#map .scatterlayer .trace").count() == 1


def test_hover_tells_a_word_of_the_map(wide: Page, facts: dict[str, Any]) -> None:
    wide.locator("section#map .plot").scroll_into_view_if_needed()
    box = wide.locator("section#map .scatterlayer .point").first.bounding_box()
    wide.mouse.move(box["x"] - 40, box["y"] - 40)
    wide.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=5)
    said = wide.locator("section#map .hoverlayer")
    wide.wait_for_selector("section#map .hoverlayer text")
    assert any(word in said.text_content() for word in facts["map"]["words"])
    assert "rank" in said.text_content()


def test_chinese_and_english_by_a_switch(wide: Page, phone: Page) -> None:
    assert phone.locator("h1").inner_text().startswith("词向量报告")
    assert phone.evaluate("document.documentElement.lang") == "zh-CN"
    show(wide, 1)
    assert wide.locator("h2").all_text_contents() == phone.locator("h2").all_text_contents()
    assert not [text for text in wide.locator("h2, h3, summary, nav a").all_text_contents() if text.isascii()]
    show(wide, 0)
    assert wide.locator("h1").inner_text().startswith("Report on word vectors")
    assert wide.evaluate("Object.values(TEXTS).filter(pair => pair.length !== 2 || pair.includes('')).length") == 0


def test_light_and_dark_by_a_switch(wide: Page) -> None:
    light = wide.evaluate("getComputedStyle(document.body).backgroundColor")
    wide.click("#theme")
    wide.wait_for_selector("html[data-drawn$='dark']", state="attached", timeout=60_000)
    assert wide.evaluate("getComputedStyle(document.body).backgroundColor") != light
    wide.click("#theme")
    wide.wait_for_selector("html[data-drawn$='light']", state="attached", timeout=60_000)
    assert wide.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_the_keyboard_is_enough(wide: Page) -> None:
    show(wide, 0)
    focused = "document.activeElement.id || document.activeElement.textContent"
    assert wide.evaluate("document.querySelector('a, button, input').id") == "skip"
    wide.focus("#skip")
    assert wide.locator("#skip").bounding_box()["x"] >= 0  # it shows itself
    wide.keyboard.press("Tab")
    assert wide.evaluate(focused) == "language"
    wide.keyboard.press("Enter")
    wide.wait_for_selector("html[data-drawn^='1']", state="attached", timeout=60_000)
    assert wide.evaluate(focused) == "language"
    wide.keyboard.press("Enter")
    wide.wait_for_selector("html[data-drawn^='0']", state="attached", timeout=60_000)
    button = wide.locator(".clusters button").first
    button.focus()
    wide.keyboard.press("Space")
    assert button.get_attribute("aria-pressed") == "true"
    assert wide.locator("section#map [role=status]").inner_text()
    wide.keyboard.press("Space")
    unreachable = "[...document.querySelectorAll('button, a, input, summary, .scroll')].filter(one => one.tabIndex < 0)"
    assert wide.evaluate(f"{unreachable}.length") == 0


def test_tables_are_copied_and_downloaded(wide: Page, facts: dict[str, Any]) -> None:
    show(wide, 0)
    probes = wide.locator("section#evaluation .table").first
    probes.get_by_role("button", name="Copy").click()
    wide.locator(".tools button", has_text="Copied").wait_for()
    wide.focus("#find")
    wide.keyboard.press("Control+V")
    pasted = wide.input_value("#find")
    assert pasted.startswith("probe\tverdict\treason")
    assert facts["evaluation"]["probes"]["norms"]["reason"] in pasted
    wide.fill("#find", "")
    wide.evaluate("document.querySelectorAll('section#corpus details').forEach(one => { one.open = true; })")
    with wide.expect_download() as download:
        wide.locator("section#corpus .table", has_text="Most frequent words").get_by_role("button", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    lines = text.splitlines()
    assert lines[0] == "rank,word,count"
    assert len(lines) == 1 + len(facts["corpus"]["frequent"])
    assert f',"\'{WORDS[4].replace(chr(34), chr(34) * 2)}",' in text  # no spreadsheet takes it for a formula


def test_it_prints_without_its_controls_and_on_white(phone: Page) -> None:
    pages = phone.pdf(format="A4")
    assert pages.startswith(b"%PDF")
    assert pages.count(b"/Type /Page\n") > 4
    phone.emulate_media(media="print")
    assert not phone.locator("nav").is_visible()
    assert not phone.locator("#language").is_visible()
    phone.emulate_media(media="screen")


def test_every_sentence_of_the_gate_is_chinese_too(wide: Page) -> None:
    """Each sentence that the gate says of figures of many kinds, sound and broken."""
    show(wide, 1)
    said = wide.evaluate("given => given.map(reasonText)", sentences())
    show(wide, 0)
    left = [chinese for chinese in said if not any("\u4e00" <= character <= "\u9fff" for character in chinese)]
    assert left == []
    assert not [chinese for chinese in said if " words " in chinese or " of " in chinese]


def sentences() -> list[str]:
    limits = Thresholds()
    rows = {"rows": 9_000, "bad": 0, "zero": 0, "not_finite": 0, "equal": 0, "short": 0, "long": 0, "examples": {}}
    broken = [
        {**rows, "bad": 900, kind: 900, "examples": {kind: ["猫", "狗"]}} for kind in ("zero", "equal", "long", "short")
    ]
    seen = {"words": 9_000, "dimensions": 100, "dimension": {"number": 3, "share": 0.02}, "mean_cosine": 0.2,
            "hubs": {"word": "的", "share": 0.01}, "first": 0.1, "nearest": 0.8, "nearest_at_random": 0.4,
            "asymmetry": 0.0, "greatest_cosine": 1.0}  # fmt: skip
    spaces = [seen, {**seen, "dimension": {"number": 3, "share": 0.6}}, {**seen, "mean_cosine": 0.9},
              {**seen, "words": 9}, {**seen, "hubs": {"word": "的", "share": 0.5}}, {**seen, "nearest": 0.4},
              {**seen, "asymmetry": 0.1}]  # fmt: skip
    ends = {
        "auc": 0.8,
        "bands": [{"from_rank": 1, "to_rank": 9, "auc": 0.8}, {"from_rank": 10, "to_rank": 99, "auc": 0.5}],
    }
    kinds = [{"auc": 0.9, "words": 400}, {"auc": 0.5, "words": 400}, {"auc": 0.5, "words": 1}]
    cut = {"words": 9_000, "single": 0.4, "in_dictionary": 0.9, "declared": None, "last_count": 5, "min_count": 5,
           "common": 600, "common_found": 500}  # fmt: skip
    listed = [cut, {**cut, "single": 0.9}, {**cut, "in_dictionary": 0.1}, {**cut, "in_dictionary": None},
              {**cut, "words": 9}, {**cut, "declared": 99_999}, {**cut, "last_count": 99},
              {**cut, "common_found": 9}]  # fmt: skip
    kept = [{"sample": 1e-3, "contexts": share, "bands": [{"trained": share or 0}]} for share in (0.9, 0.05, None)]
    asked = [{"coverage": coverage, "protocols": {"gensim": {"right": 9, "counted": 100, "score": score}}}
             for coverage, score in ((0.9, 0.2), (0.9, 0.01), (0.1, None))]  # fmt: skip
    verdicts = [
        *(gate.norms(one, limits) for one in (rows, *broken)),
        *(check(one, limits) for one in spaces for check in (gate.isotropy, gate.neighbours, gate.symmetry)),
        *(gate.meaning(kind, ends, one, row, limits) for kind in kinds for one in spaces for row in (rows, broken[0])),
        *(gate.rare_words(one, limits) for one in (ends, {"bands": ends["bands"][:1]}, {"bands": []})),
        *(gate.subsampling(one, limits) for one in kept),
        *(check(one, limits) for one in listed for check in (gate.cut, gate.vocabulary)),
        *(gate.analogies(one, limits) for one in asked),
    ]
    return [said for verdict in verdicts for said in (verdict.reason, verdict.todo) if said]


def test_a_map_is_a_page_of_its_own(browser: Any, facts: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "map.html"
    file.write_text(make_map_page(facts["map"], "toy"), encoding="utf-8")
    page = open_page(browser, file, 1400, "zh-CN", "light")
    assert page.faults == []
    assert page.locator("h1").inner_text().startswith("词图")
    page.fill("#find", "猫")  # cat
    assert page.locator("[role=status]").inner_text().startswith("找到 1 个：猫")
