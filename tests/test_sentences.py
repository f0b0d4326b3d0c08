"""``ciliu sentences``: the words of a run's text."""

from pathlib import Path

import pytest
from conftest import Front, write_articles

from pipeline import shard_files


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
