"""The page of ``ciliu explore``: what it answers is what the terminal answers, nobody else can ask, and in a real
Chromium each tab does its thing, in two languages, by keyboard, 400 and 1,400 pixels wide."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Front, write_articles
from gensim.models import KeyedVectors

from ciliu.kept_words import Cutter
from pipeline import opened
from pipeline.evaluate.space import Space, neighbours
from pipeline.explore.answers import answer
from pipeline.explore.model import RULES, Model, open_model
from pipeline.explore.server import LARGEST, serve

# 猫 cat, 狗 dog, 喜欢 likes, 吃 eats, 鱼 fish, 骨头 bones, 每天 every day, 在 at, 家 home, 睡觉 sleeps, 小 small,
# 鸟 bird, 飞 flies, 高 high, 大床房 room with a large bed (no word of jieba's own dictionary)
SENTENCES = ["猫喜欢吃鱼。", "狗喜欢吃骨头。", "猫每天在家睡觉。", "小鸟飞得很高，猫和狗都看见了。", "我住大床房。"]
EVIL = "<script>document.title='taken'</script>"


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A run over forty small articles, with 大床房 in its dictionary; 骨 stands too seldom."""
    folder = tmp_path_factory.mktemp("pets")
    articles = [{"id": str(i), "text": SENTENCES[i % 5] * (i % 3 + 1)} for i in range(80)]
    articles.append({"id": "once", "text": "鹦鹉很少。"})  # 鹦鹉 parrot: once
    dictionary = folder / "rooms.txt"
    dictionary.write_text("大床房 100\n", encoding="utf-8")
    front = Front(folder)
    text = write_articles(folder / "text" / "pets.jsonl", articles)
    front.run(text, *Front.quick, "--set", f"Dictionary.files={dictionary}", "--set", "Vocabulary.min_count=5")
    return front


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A word2vec file of 60 words in 12 dimensions; one of them would be a script."""
    words = ["猫", "狗", EVIL, *(chr(0x4E00 + place) for place in range(57))]
    made = KeyedVectors(12)
    made.add_vectors(words, np.random.default_rng(1).standard_normal((60, 12)).astype(np.float32))
    path = tmp_path_factory.mktemp("other") / "other.bin"
    made.save_word2vec_format(str(path), binary=True)
    return path


@pytest.fixture(scope="module")
def models(pets: Front, other: Path) -> list[Model]:
    return [open_model(None, pets.data), open_model(str(other), pets.data)]


@pytest.fixture(scope="module")
def address(models: list[Model]) -> Iterator[str]:
    """The page of both models."""
    server, url = serve(models)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def request(url: str, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str, Any]:
    """Status, text and headers of the answer; ``path`` as it is, behind the host."""
    host, port = url.split("/")[2].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if body is not None and "Content_Length" not in headers:
            connection.putheader("Content-Length", str(len(body.encode())))
        connection.endheaders(body.encode() if body is not None else None)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8"), response.headers
    finally:
        connection.close()


def ask(url: str, question: str, **asked: Any) -> list[dict[str, Any]]:
    status, text, _ = request(url, f"/{url.split('/')[3]}/{question}", "POST", json.dumps(asked))
    assert status == 200, text
    found: list[dict[str, Any]] = json.loads(text)["models"]
    return found


# ---- who may ask


def test_only_who_knows_the_token_and_means_this_machine_is_answered(address: str) -> None:
    token, port = address.split("/")[3], address.split("/")[2].split(":")[1]
    assert address.startswith("http://127.0.0.1:")
    assert len(token) >= 32
    for path in ("/", "/index.html", f"/{token[:-1]}/", f"/{token}x/", f"/x/{token}/", "//", "/%s" % ("x" * 5_000)):
        assert request(address, path)[0] == 403, path
        assert request(address, path, "POST", "{}")[0] == 403, path
    good = f"/{token}/"
    assert request(address, good)[0] == 200
    assert request(address, good, Host=f"localhost:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port}.evil.example", ""):
        assert request(address, good, Host=host)[0] == 403, host
        assert request(address, f"{good}about", "POST", "{}", Host=host)[0] == 403, host


def test_the_page_may_load_nothing_from_elsewhere_and_no_file_but_its_own(address: str) -> None:
    token = address.split("/")[3]
    status, page, headers = request(address, f"/{token}/")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        status, text, _ = request(address, f"/{token}/{name}")
        assert status == 200, name
        assert not re.search(r"(?<!xmlns=\")https?://", text.replace('xmlns="http://www.w3.org/2000/svg"', "")), name
    for name in ("../server.py", "..%2fserver.py", "server.py", "page/index.html", ".", "%2e%2e/model.py"):
        assert request(address, f"/{token}/{name}")[0] == 404, name
    assert request(address, f"/{token}/near", "PUT", "{}")[0] == 501


@pytest.mark.parametrize(
    ("question", "body", "status", "why"),
    [
        ("nothing", "{}", 400, "no such question"),
        ("near", "{", 400, "Expecting"),
        ("near", "[]", 400, "no such question"),
        ("near", "{}", 400, "0 words; from 1 to 1"),
        ("near", '{"words": ["猫"], "n": 0}', 400, "n = 0: from 1 to 200"),
        ("near", '{"words": ["猫"], "n": "many"}', 400, "n = 'many'"),
        ("analogy", '{"words": ["猫", "狗"]}', 400, "2 words; from 3 to 3"),
        ("compare", json.dumps({"words": [str(number) for number in range(25)]}), 400, "25 words; from 1 to 24"),
        ("cut", json.dumps({"text": "字" * 100_001}), 400, "100,001 characters are more than 100,000"),
        ("near", "[" * 100_000, 400, ""),
    ],
)
def test_a_wrong_question_is_refused_by_a_sentence(
    address: str, question: str, body: str, status: int, why: str
) -> None:
    found, text, _ = request(address, f"/{address.split('/')[3]}/{question}", "POST", body)
    assert found == status
    assert why in json.loads(text)["error"]


def test_a_question_that_is_too_large_or_has_no_length_is_not_read(address: str) -> None:
    path = f"/{address.split('/')[3]}/near"
    assert request(address, path, "POST", None, Content_Length=str(LARGEST + 1))[0] == 413
    assert request(address, path, "POST", None, Content_Length="-1")[0] == 411
    assert request(address, path, "POST", None)[0] == 411


def test_a_port_that_is_taken_is_named(address: str, models: list[Model]) -> None:
    port = int(address.split("/")[2].split(":")[1])
    with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
        serve(models, port)


# ---- what is answered


def test_the_page_says_what_the_verbs_say(address: str, pets: Front, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> Any:
        capsys.readouterr()
        pets(*arguments, "--json")
        return json.loads(capsys.readouterr().out)

    near = ask(address, "near", words=["猫"], n=5)[0]
    assert [word for word, _ in near["found"]] == [word for word, _ in said("similar", "猫", "-n", "5")["猫"]]
    assert near["count"] == pets_count(pets, "猫")
    solved = ask(address, "analogy", words=["猫", "鱼", "狗"], n=4)[0]
    assert [word for word, _ in solved["found"]] == [word for word, _ in said("analogy", "猫", "鱼", "狗", "-n", "4")]
    words = ["猫", "狗", "睡觉"]
    compared, expected = ask(address, "compare", words=words)[0], said("compare", *words)
    assert np.array(compared["cosines"]) == pytest.approx(np.array(expected["cosines"]), abs=2e-4)
    assert np.array(compared["vectors"]) == pytest.approx(np.array(expected["vectors"]), abs=2e-4)
    assert compared["odd"][0][0] == said("odd", *words)[0][0]


def pets_count(pets: Front, word: str) -> int:
    lines = (pets.folder("vocabulary") / "vocab.tsv").read_text(encoding="utf-8").splitlines()
    return next(int(line.split("\t")[1]) for line in lines if line.startswith(f"{word}\t"))


def test_vectors_at_length_1_have_the_neighbours_of_those_as_trained() -> None:
    vectors = np.random.default_rng(1).standard_normal((500, 16)).astype(np.float32) * 7
    vectors[3] = 0
    vectors[4] = np.nan
    space = Space([f"w{place}" for place in range(500)], vectors)
    names = ["w0", "w3", "w77"]
    once = neighbours(space.normalized(), names, 5)
    for word, found in neighbours(space, names, 5).items():
        assert [near for near, _ in once[word]] == [near for near, _ in found]
        assert [cosine for _, cosine in once[word]] == pytest.approx([cosine for _, cosine in found], abs=2e-4)


def test_text_is_cut_by_the_models_own_segmenter_and_unknown_words_are_told(address: str) -> None:
    """大床房 is one word in the run's dictionary only; 鹦鹉 stands once; 恐龙 dinosaur never."""
    run, file = ask(address, "cut", text="猫住大床房，鹦鹉和恐龙。")
    assert run["own_cutter"]
    assert not file["own_cutter"]
    assert ["大床房", "known"] in run["words"]
    assert ["大床房", "known"] not in file["words"]
    assert ["，", "dropped"] in run["words"]
    assert "".join(word for word, _ in run["words"]) == "猫住大床房，鹦鹉和恐龙。"
    assert run["unknown"]["鹦鹉"]["count"] == 1
    assert run["unknown"]["鹦鹉"]["min_count"] == 5
    assert run["unknown"]["恐龙"]["count"] == 0
    assert file["unknown"]["鹦鹉"]["count"] is None
    assert run["kept"] - run["known"] == sum(state == "unknown" for _, state in run["words"]) == 2
    pieces = ask(address, "near", words=["猫狗"])[0]["unknown"]["猫狗"]["pieces"]
    assert pieces == [["猫", True], ["狗", True]]


def test_text_that_is_cut_already_is_cut_by_white_space() -> None:
    """大猫 big cat, 爱 loves, 吃鱼 to eat fish."""
    space = Space(["大猫", "吃鱼"], np.eye(2, dtype=np.float32))
    model = Model("cut", space, Cutter({**RULES, "engine": "none"}, str.split), True, None)
    found = answer("cut", [model], {"text": "大猫 爱 吃鱼 ，\n吃鱼"})[0]["words"]
    assert [word for word, _ in found] == ["大猫", "爱", "吃鱼", "，", "\n", "吃鱼"]
    assert [state for _, state in found] == ["known", "unknown", "known", "dropped", "dropped", "known"]


def test_runs_bundles_and_files_of_others_are_explored(pets: Front, other: Path, tmp_path: Path) -> None:
    pets("export", "--to", tmp_path / "bundle", "--format", "gensim")
    record = opened.find_run(None, pets.data)[0]
    pets("tag", record["run"], "mine")
    names: list[str | None] = [None, "mine", str(tmp_path / "bundle"), str(tmp_path / "bundle" / "model.gensim")]
    found = [answer("near", [open_model(name, pets.data)], {"words": ["猫"], "n": 3})[0]["found"] for name in names]
    assert [[word for word, _ in near] for near in found[1:]] == [[word for word, _ in found[0]]] * 3
    assert open_model(str(tmp_path / "bundle"), pets.data).own_cutter
    with pytest.raises(ValueError, match="neither a file or folder nor a run"):
        open_model("nothing", pets.data)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_verb_prints_its_address_and_ends_as_the_others_do(pets: Front, number: int, status: int) -> None:
    command = [Path(sys.executable).parent / "ciliu", "explore", "--data", pets.data]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as ciliu:
        assert ciliu.stdout
        url = ciliu.stdout.readline().strip()
        assert ask(url, "about")[0]["words"] > 5
        ciliu.send_signal(number)
        _, told = ciliu.communicate(timeout=30)
    assert ciliu.returncode == status
    assert told == "Open it in a browser; Ctrl-C ends it.\n"


# ---- in the browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not path:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.getuid() == 0 else [])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """The page in a new window 1,400 pixels wide, in English; at the end nothing may stand in the console, nothing
    may have been asked of another address, and no text of a model may have run."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, locale="en-US", color_scheme="light")
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda made: said.append(made.url) if not made.url.startswith(address) else None)
    opened.goto(address)
    opened.wait_for_selector("body[data-ready]")
    yield opened
    assert not said
    assert "taken" not in opened.title()
    context.close()


def search(page: Any, tab: str, text: str, name: str = "word") -> None:
    page.click(f"#tab-{tab}")
    page.fill(f"#{tab} [name={name}]", text)
    page.click(f"#{tab} form button[type=submit]")


def test_neighbours_of_two_models_stand_side_by_side(page: Any, address: str) -> None:
    search(page, "near", "猫")
    page.wait_for_selector("#near h2:has-text('猫')")
    expected = ask(address, "near", words=["猫"])
    cards = page.locator("#near .answer > article")
    assert cards.count() == 2
    for place, facts in enumerate(expected):
        shown = cards.nth(place).locator(".rows .go").all_inner_texts()
        assert shown == [word for word, _ in facts["found"]]
    first = cards.nth(0).bounding_box()
    second = cards.nth(1).bounding_box()
    assert first["y"] == second["y"]
    assert first["x"] + first["width"] <= second["x"]
    cards.nth(0).locator(".rows .go").first.click()  # a word leads to its own neighbours
    page.wait_for_selector(f"#near h2:has-text('{expected[0]['found'][0][0]}')")
    page.go_back()
    page.wait_for_selector("#near h2:has-text('猫')")


def test_an_unknown_word_is_explained(page: Any) -> None:
    search(page, "near", "鹦鹉")
    note = page.locator("#near .missing", has_text="鹦鹉").first
    note.wait_for()
    assert "“鹦鹉” is not in this model." in note.inner_text()
    assert "It stands 1 times; Vocabulary.min_count is 5." in note.inner_text()


def test_an_analogy_is_solved_and_drawn(page: Any, address: str) -> None:
    page.click("#tab-analogy")
    for name, word in zip("abc", ("猫", "鱼", "狗"), strict=True):
        page.fill(f"#analogy [name={name}]", word)
    page.keyboard.press("Enter")
    best = ask(address, "analogy", words=["猫", "鱼", "狗"])[0]["found"][0][0]
    page.wait_for_selector(f"#analogy h2:has-text('{best}')")
    strips = page.locator("#analogy article").first.locator(".strips .name").all_inner_texts()
    assert strips == ["鱼", "猫", "狗", "鱼 − 猫 + 狗", best]


def test_strips_show_the_vectors(page: Any, address: str) -> None:
    """The colour of each column is that of the value, and pointing at it tells the value."""
    search(page, "compare", "猫 狗 睡觉", "words")
    card = page.locator("#compare article").first
    card.locator(".strips canvas").first.wait_for()
    vector = ask(address, "compare", words=["猫"])[0]["vectors"][0]
    colours = card.locator(".strips canvas").first.evaluate(
        "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, canvas.width, 1).data)"
    )
    assert len(colours) == 4 * len(vector)
    for column, value in enumerate(vector):
        red, _, blue = colours[4 * column : 4 * column + 3]
        assert (red > blue) == (value > 0) or abs(value) < 0.01
    box = card.locator(".strips canvas").first.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 4)
    assert f"dimension 1: {vector[0]:.3f}" in card.locator("output").inner_text()
    assert card.locator("td").count() == 3 * 3 + 1


def test_text_is_cut_and_unknown_words_are_marked(page: Any) -> None:
    search(page, "cut", f"猫住大床房，{EVIL}和恐龙", "text")
    page.wait_for_selector("#cut .cut")
    card = page.locator("#cut article").first
    assert "恐龙" in card.locator(".cut .unknown").all_inner_texts()
    assert "大床房" in card.locator(".cut .known").all_inner_texts()
    assert card.locator(".cut").inner_text().startswith("猫住大床房，<script>")
    assert page.locator("#cut script").count() == 0


def test_a_word_that_would_be_a_script_stays_text(page: Any) -> None:
    search(page, "near", EVIL)
    page.locator("#near article").nth(1).locator("h2").filter(has_text=EVIL).wait_for()
    page.fill("#near [name=word]", "<scr")
    page.wait_for_selector("#begin option", state="attached")
    assert page.locator("#begin option").first.get_attribute("value") == EVIL
    assert page.locator("main script").count() == 0


def test_the_map_is_drawn_searched_and_pointed_at(page: Any) -> None:
    page.click("#tab-map")
    page.wait_for_selector(".atlas canvas", timeout=60_000)
    canvas = page.locator(".atlas canvas").nth(1)
    painted = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(v => v > 0)"
    assert canvas.evaluate(painted)
    page.fill("#map [name=word]", EVIL)
    page.keyboard.press("Enter")
    tip = page.locator(".atlas .tip").nth(1)
    tip.filter(has_text=re.compile("^<script>")).wait_for()  # not wait_for_function: the page forbids eval
    assert page.locator("#map article").first.locator(".error").count() == 1  # the first model does not have it
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # it was brought to the middle
    assert tip.inner_text().startswith("<script>")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator("#near article").nth(1).locator("h2").filter(has_text=EVIL).wait_for()


def test_the_language_and_the_light_are_switched(page: Any) -> None:
    search(page, "near", "猫")
    page.wait_for_selector("#near h2:has-text('猫')")
    page.click("#language")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.locator("[role=tab]").all_inner_texts() == ["近邻", "类比", "对比", "分词", "地图"]
    assert "词频排第" in page.locator("#near h2").first.inner_text()
    assert not re.search(r"[A-Za-z]{4,}", page.locator("nav, .lead:visible, footer").all_inner_texts()[0])
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.click("#language")
    assert page.locator("#tab-near").inner_text() == "Neighbours"


def test_everything_can_be_done_by_the_keyboard(page: Any) -> None:
    page.keyboard.press("3")
    assert page.locator("#compare").is_visible()
    page.keyboard.press("1")
    page.keyboard.press("/")
    page.keyboard.type("狗")
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")  # of a key before, late: it fills in no old word
    page.keyboard.press("Enter")
    page.wait_for_selector("#near h2:has-text('狗')")
    page.keyboard.press("Escape")
    page.focus("#tab-near")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-analogy"
    assert page.locator("#analogy").is_visible()
    page.keyboard.press("ArrowLeft")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className.trim()"))
    assert {"language", "theme", "go"} <= seen


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_no_tab_is_wider_than_the_window(chromium: Any, address: str, width: int, language: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale=language, color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    assert page.locator("html").get_attribute("lang") == ("zh-Hans" if language == "zh-CN" else "en")
    page.evaluate("location.hash = hashOf('analogy', { words: ['猫', '鱼', '狗'] })")
    page.wait_for_selector("#analogy .rows")
    search(page, "compare", "猫 狗 睡觉 喜欢 每天 大床房", "words")
    search(page, "cut", "猫住大床房。" * 30 + "a" * 200, "text")
    page.wait_for_selector("#cut .cut")
    for tab in ("near", "analogy", "compare", "cut", "map"):
        page.click(f"#tab-{tab}")
        page.wait_for_selector(f"#{tab} .answer > *")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    context.close()


def test_the_page_says_when_ciliu_has_ended(chromium: Any, models: list[Model]) -> None:
    server, url = serve(models[:1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    context = chromium.new_context(locale="en-US")
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("body[data-ready]")
    server.shutdown()
    thread.join()
    server.server_close()
    page.context.set_offline(True)
    search(page, "near", "狗")
    page.wait_for_selector("#near .error")
    assert "ciliu explore has ended" in page.locator("#near .error").inner_text()
    context.close()
