"""``ciliu words``: judgements that last, in the terminal, on the page, in a spreadsheet; the whole circle."""

import csv
import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import Front
from hypothesis import given
from hypothesis import strategies as st
from planted_words import PLANTED, plant
from test_house import ROOT

from pipeline import judgements
from pipeline.cli import new_words, review_terminal
from pipeline.judgements import Judgement
from pipeline.review import spreadsheet
from pipeline.review.server import Server, serve
from pipeline.review.session import Session

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TEXT = st.text(alphabet="好一 aZ,;'\"=", max_size=6).map(str.strip)


def candidate(word: str, score: float = 10.0, count: int = 12, kind: str = "term") -> dict[str, Any]:
    return {
        "word": word, "score": score, "count": count, "articles": count, "cohesion": 5.0, "kind": kind, "cue": "",
        "today": list(word), "contexts": [f"这里有{word}。"],
    }  # fmt: skip


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Three candidates: WeChat, TikTok, influencer."""
    found = [candidate("微信", 30.0), candidate("抖音", 20.0), candidate("网红", 10.0, 40)]
    return Session(found, tmp_path / "dicts" / "judgements.tsv", "abc123")


class TestJudgements:
    """The file."""

    @given(
        st.dictionaries(
            st.text(alphabet="微信抖音aZ5", min_size=1, max_size=4),
            st.tuples(
                st.sampled_from(judgements.VERDICTS), st.none() | st.integers(1, 10**6), TEXT, st.integers(0, 10**9)
            ),
            max_size=5,
        )
    )
    def test_what_is_written_is_read_again(
        self, tmp_path_factory: pytest.TempPathFactory, given: dict[str, Any]
    ) -> None:
        path = tmp_path_factory.mktemp("dicts") / "judgements.tsv"
        written = {
            word: Judgement(word, verdict, frequency, "term", reason, "2024-05-31", "abc", times)
            for word, (verdict, frequency, reason, times) in given.items()
        }
        judgements.write(path, written)
        assert judgements.read(path) == written

    def test_lines_are_sorted_and_comments_at_the_head_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "judgements.tsv"
        path.write_text("# ours\n网红\treject\n", encoding="utf-8")
        judged = judgements.judge(judgements.read(path), [Judgement("微信", "accept", date="2024-05-31")])
        judgements.write(path, judged)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line.split("\t")[0] for line in lines] == ["# ours", "微信", "网红"]

    def test_of_two_peoples_lines_the_later_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "judgements.tsv"
        rows = ["微信\taccept\t-\t\t\t2024-06-01", "微信\treject\t-\t\t\t2024-05-31"]
        path.write_text("\n".join(rows), encoding="utf-8")
        assert judgements.read(path)["微信"].verdict == "accept"

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("微信\tyes", "line 1: verdict 'yes': one of accept, reject, later"),
            ("微 信\taccept", "line 1: '微 信' is no word that jieba can cut out"),
            ("微信\taccept\tmuch", "line 1: 'much' is no whole number"),
            ("微信\taccept\t-\t\t\tyesterday", "line 1: date 'yesterday'"),
            ("微信", "line 1: 1 fields"),
            ("微信\taccept\t99999999999", "line 1: frequency 99999999999"),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path: Path, line: str, reason: str) -> None:
        path = tmp_path / "judgements.tsv"
        path.write_text(line, encoding="utf-8")
        with pytest.raises(ValueError, match=reason):
            judgements.read(path)

    def test_a_rejected_word_comes_back_only_once_it_stands_ten_times_as_often_and_says_so(self) -> None:
        judged = {"微信": Judgement("微信", "reject", reason="a slip", date="2024-05-31", times=12)}
        assert not list(judgements.propose([candidate("微信", count=119)], judged))
        (again,) = judgements.propose([candidate("微信", count=120)], judged)
        assert again["again"] == "rejected on 2024-05-31, when it stood 12 times: a slip; now it stands 120 times"

    def test_an_accepted_word_does_not_come_back_one_put_off_does(self) -> None:
        judged = {"微信": Judgement("微信", "accept"), "抖音": Judgement("抖音", "later", date="2024-05-31")}
        (again,) = judgements.propose([candidate("微信", count=10**6), candidate("抖音")], judged)
        assert (again["word"], again["again"]) == ("抖音", "put off on 2024-05-31")

    def test_dates_and_rejections_change_no_byte_of_the_dictionary(self) -> None:
        judged = {"微信": Judgement("微信", "accept", 500), "抖音": Judgement("抖音", "accept")}
        later = {name: one._replace(date="2030-01-01", reason="why") for name, one in judged.items()}
        later["网红"] = Judgement("网红", "reject")
        assert judgements.dictionary_lines(judged) == judgements.dictionary_lines(later) == "微信 500\n抖音\n"


class TestSession:
    """A review under way."""

    def test_undo_gives_back_what_stood_before(self, session: Session) -> None:
        session.judge([Judgement("微信", "reject", reason="no")])
        session.judge([Judgement("微信", "accept"), Judgement("抖音", "accept")])
        assert session.undo() == ["微信", "抖音"]
        assert judgements.read(session.path)["微信"].reason == "no"
        assert "抖音" not in judgements.read(session.path)
        session.undo()
        assert judgements.read(session.path) == {}
        assert session.undo() == []

    def test_what_somebody_else_wrote_meanwhile_stays(self, session: Session) -> None:
        other = Session(list(session.candidates.values()), session.path, "abc123")
        other.judge([Judgement("抖音", "accept")])
        session.judge([Judgement("微信", "accept")])
        session.undo()
        assert set(judgements.read(session.path)) == {"抖音"}

    def test_corpus_kind_and_count_are_noted(self, session: Session) -> None:
        session.judge([Judgement("网红", "reject")])
        judged = judgements.read(session.path)["网红"]
        assert (judged.kind, judged.corpus, judged.times) == ("term", "abc123", 40)

    def test_keys_in_the_terminal(self, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        """Accept; reject and take it back; a reason, then reject; edit; all are done."""
        keys = iter("?aruwre")
        monkeypatch.setattr("click.getchar", lambda: next(keys))
        answers = iter(["too rare", "大网红"])
        monkeypatch.setattr("click.prompt", lambda *_, **__: next(answers))
        review_terminal.ask(session)
        judged = judgements.read(session.path)
        assert {word: one.verdict for word, one in judged.items()} == {
            "微信": "accept", "抖音": "reject", "大网红": "accept", "网红": "reject",
        }  # fmt: skip
        assert (judged["抖音"].reason, judged["网红"].reason) == ("too rare", "it is 大网红")


class TestSpreadsheet:
    """The CSV."""

    def fill(self, path: Path, session: Session, verdicts: dict[str, dict[str, str]], delimiter: str = ",") -> None:
        spreadsheet.write(session.open(), path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, rows[0], delimiter=delimiter)
            table.writeheader()
            table.writerows({**row, **verdicts.get(row["word"], {})} for row in rows)

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_verdicts_come_back(self, session: Session, tmp_path: Path, delimiter: str) -> None:
        path = tmp_path / "words.csv"
        self.fill(path, session, {"微信": {"verdict": "accept", "frequency": "500"}}, delimiter)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 by this
        session.judge(spreadsheet.read(path, session))
        assert judgements.read(session.path)["微信"].frequency == 500

    @pytest.mark.parametrize(
        ("filled", "reason"),
        [
            ({"verdict": "ok"}, "line 2: verdict 'ok'"),
            ({"verdict": "accept", "frequency": "-3"}, "line 2: '-3' is no whole number"),
            ({"verdict": "accept", "word": "别的"}, "line 2: '别的' is no candidate"),
            ({"verdict": "accept", "word": "抖音"}, None),
        ],
    )
    def test_a_bad_row_is_named_and_nothing_is_taken(
        self, session: Session, tmp_path: Path, filled: dict[str, str], reason: str | None
    ) -> None:
        path = tmp_path / "words.csv"
        self.fill(path, session, {"微信": filled, "抖音": {"verdict": "reject"}})
        with pytest.raises(ValueError, match=reason or "line 3: 抖音 is there twice"):
            session.judge(spreadsheet.read(path, session))
        assert not session.path.exists()

    def test_no_cell_is_a_formula(self, tmp_path: Path) -> None:
        one = {**candidate("微信"), "contexts": ["=HYPERLINK(1)", "@x", "+1"], "again": ""}
        spreadsheet.write([one], tmp_path / "words.csv")
        with (tmp_path / "words.csv").open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@") and cell]


class TestPage:
    """What is served."""

    def ask(self, server: Server, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        url = f"http://127.0.0.1:{server.server_port}{path}"
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(url, data, {"X-Token": server.token, **headers})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def test_nobody_without_the_token_nor_under_another_name(self, session: Session) -> None:
        with serve(session) as server:
            assert server.server_address[0] == "127.0.0.1"
            body = {"words": ["微信"], "verdict": "accept"}
            assert self.ask(server, "/rows", **{"X-Token": "guess"})[0] == 403
            assert self.ask(server, "/judge", body, **{"X-Token": ""})[0] == 403
            assert self.ask(server, f"/judge?token={server.token}", body, **{"X-Token": ""})[0] == 403
            assert self.ask(server, "/rows", Host="evil.example")[0] == 403
            assert not session.path.exists()

    def test_filters_order_bulk_and_undo(self, session: Session) -> None:
        with serve(session) as server:
            words = lambda query: [row["word"] for row in self.ask(server, f"/rows?{query}")[1]["rows"]]  # noqa: E731
            assert words("sort=count") == ["网红", "微信", "抖音"]
            assert words("least=20") == ["网红"]
            assert words("search=%E6%8A%96") == ["抖音"]
            assert words("kind=person") == []
            status, answer = self.ask(server, "/judge", {"words": ["微信", "抖音"], "verdict": "accept"})
            assert (status, answer) == (200, {"judged": 2})
            assert words("state=open") == ["网红"]
            assert words("state=accept") == ["微信", "抖音"]
            assert self.ask(server, "/undo", {})[1] == {"undone": ["微信", "抖音"]}
            assert words("state=all") == ["微信", "抖音", "网红"]

    def test_what_makes_no_sense_is_refused_with_the_reason(self, session: Session) -> None:
        with serve(session) as server:
            for path, body in (
                ("/judge", {"words": ["微信"], "verdict": "maybe"}),
                ("/judge", {"words": ["别的"], "verdict": "accept"}),
                ("/judge", {}),
                ("/edit", {"word": "微信", "right": "微 信"}),
                ("/nothing", {}),
            ):
                status, answer = self.ask(server, path, body)
                assert status == 400
                assert "error" in json.loads(answer)
            assert not session.path.exists()


def test_review_before_find_says_what_to_do(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        front("words", "review")
    assert stopped.value.code == 3
    assert "find them with ciliu words find" in capsys.readouterr().err


def test_accept_above_is_recorded_as_such(front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dicts = ("--dicts", tmp_path / "dicts")
    front("words", "find", plant(tmp_path / "text.jsonl", 60), *dicts, "--quiet")
    front("words", "apply", *dicts, "--accept-above", "15")
    judged = judgements.read(tmp_path / "dicts" / "judgements.tsv")
    assert judged
    assert {one.reason for one in judged.values()} == {"no review: score 15 or more"}
    said = capsys.readouterr().out
    assert "changes of" in said
    assert "→ 微信" in said
    assert f"--set Dictionary.files={tmp_path / 'dicts' / 'accepted.txt'}" in said


def browse(url: str, word: str) -> None:
    """Accept ``word`` on the page as a person does: search, click, wait for it to leave the list."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.get_by_label("search").fill(word)
        row = page.locator(f"tr[data-word='{word}']")
        assert row.locator("mark").first.inner_text() == word  # in a sentence
        page.locator("#rows:not(:has(tr:nth-child(2)))").wait_for()  # the others are gone
        row.get_by_role("button", name="accept").click()
        row.wait_for(state="detached")
        assert "token" not in page.url
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_whole_circle(front: Front, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Find, accept ten words (one in the browser), make the dictionary, run: the words have vectors, and the next
    search does not propose them; nor does a later date or a rejection make anything again."""
    text = plant(tmp_path / "text.jsonl", 200)
    dicts = ("--dicts", tmp_path / "dicts")
    front("run", text, *Front.quick, "--allow-failed", "--quiet")
    front("words", "find", *dicts, "--quiet")
    output = new_words.find_output(front.data)
    session = Session(list(new_words.read_candidates(output)), tmp_path / "dicts" / "judgements.tsv", "abc")
    first, *others = PLANTED
    with serve(session) as server:
        browse(server.url, first)
    session.judge([Judgement(word, "accept") for word in others])
    front("words", "apply", *dicts)
    accepted = tmp_path / "dicts" / "accepted.txt"
    assert set(accepted.read_text(encoding="utf-8").split()) == set(PLANTED)
    made = front.run("--allow-failed", "--set", f"Dictionary.files={accepted}")
    assert made == {"dictionary", "segment", "vocabulary", "train", "evaluate", "export"}
    capsys.readouterr()
    for word in PLANTED:
        front("similar", word, "-n", "3")
        assert len(capsys.readouterr().out.splitlines()) == 4, word
    front("words", "find", *dicts, "--quiet", "--json")
    assert not {json.loads(line)["word"] for line in capsys.readouterr().out.splitlines()} & set(PLANTED)
    judged = judgements.read(session.path)
    later = {word: one._replace(date="2030-01-01") for word, one in judged.items()}
    judgements.write(session.path, judgements.judge(later, [Judgement("我们", "reject")]))
    front("words", "apply", *dicts)
    assert "as before: nothing reruns" in capsys.readouterr().out
    assert front.run("--allow-failed") == set()


def test_the_figures_in_the_docs_are_those_of_the_benchmark() -> None:
    facts = json.loads((ROOT / "benchmarks" / "results" / "new_words.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
    for row in facts["without_dictionary"]:
        assert f"| {row['text']} | {row['min_count']} | {row['tool']} | {row['f1']:.3f} |" in page
    for one in facts["candidates"]:
        assert f"| {one['opencc']} | {one['precision']['100']:.1%} |" in page
    assert "、".join(word["word"] for word in facts["candidates"][-1]["best"]) in page
