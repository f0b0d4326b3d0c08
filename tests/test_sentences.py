"""Where sentences end; ``ciliu sentences``: the words of a run's text."""

from pathlib import Path

import pytest
from conftest import Front, examples, write_articles
from hypothesis import given
from hypothesis import strategies as st

from ciliu.sentences import cut_sentences, split_sentences
from pipeline import shard_files


def walk(text: str) -> list[str]:
    """The rule, a character at a time."""
    sentences, at = [""], 0
    while at < len(text):
        if text[at] == "\n":
            sentences.append("")
            at += 1
            continue
        following = text[at + 1 : at + 2]
        goes_on = text[at] in ".．" and (following in (".", "．") or (following.isascii() and following.isalnum()))
        end = at + 1
        if text[at] in "。！？!?….．" and not goes_on:
            while text[end : end + 1] and text[end] in "。！？!?….．":
                end += 1
            while text[end : end + 1] and text[end] in "”’\"'」』）)】》〉":
                end += 1
        sentences[-1] += text[at:end]
        if end > at + 1 or (text[at] in "。！？!?….．" and not goes_on):
            sentences.append("")
        at = end
    return [sentence for sentence in sentences if sentence]


TEXT = st.text("北京a1 .．。！？?…”’\"')）\n，", max_size=30)


@examples(400)
@given(TEXT)
def test_sentences_end_where_the_rule_says(text: str) -> None:
    """Python before 3.11.5 gave other ends where a full stop stood inside (Debian 12 has 3.11.2)."""
    assert list(split_sentences(text)) == walk(text)
    assert [words for words in cut_sentences(text, [], lambda part: [part]) if words] == [[part] for part in walk(text)]


def test_full_stops_inside_numbers_and_names_end_nothing() -> None:
    """他说 he says, 好 good, 我们去 we go to, 号楼 building number, 访问 visit, 北 north."""
    assert list(split_sentences("他说：“好。”我们去3.14号楼。")) == ["他说：“好。”", "我们去3.14号楼。"]
    assert list(split_sentences("访问opensource.com！北...北")) == ["访问opensource.com！", "北...", "北"]


def test_words_are_printed_a_sentence_a_line(
    front: Front, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    # we go to the park; the weather is good / they stay at home
    texts = ["我们去公园。天气很好！", "他们在家。"]
    write_articles(tmp_path / "text" / "a.jsonl", [{"text": text} for text in texts])
    front("run", tmp_path / "text", "--only", "segment")
    capfdbinary.readouterr()
    front("sentences")
    printed = capfdbinary.readouterr().out.decode()
    assert printed == "我们 去 公园\n天气 很 好\n他们 在家\n"
    assert printed == "".join(" ".join(words) + "\n" for words in shard_files.read_sentences(front.folder("segment")))


def test_without_words_it_says_how_to_make_them(front: Front, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        front("sentences")
    assert stopped.value.code == 3
    assert "--only segment" in capsys.readouterr().err
