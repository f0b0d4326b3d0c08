"""``ciliu cut``: lines in, words out, in a real pipe."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ciliu import Segmenter
from pipeline.cli import ciliu

CILIU = [sys.executable, "-c", "import pipeline.cli; pipeline.cli.main()"]

# he came to the NetEase Hangzhou tower; students apply; Yoshinoya
TEXT = "他来到了网易杭研大厦\n\n\t北京大学生前来应聘\r\n  𠮷野家，3.14"


def cut(data: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*CILIU, "cut", *options], input=data, capture_output=True, check=False)


def test_words_are_jiebas_and_each_line_stays_a_line() -> None:
    segmenter = Segmenter(engine="jieba")
    for options, HMM in [((), False), (("--hmm",), True)]:
        done = cut(TEXT.encode(), *options, "--sep", "/")
        assert done.stdout.decode() == "\n".join("/".join(segmenter.lcut(x, HMM=HMM)) for x in TEXT.split("\n"))


def test_json_has_each_word_with_its_place() -> None:
    rows = [json.loads(line) for line in cut(TEXT.encode(), "--json").stdout.decode().split("\n")]
    for row, line in zip(rows, TEXT.split("\n"), strict=True):
        assert [line[start:end] for _, start, end in row] == [word for word, _, _ in row]
        assert "".join(word for word, _, _ in row) == line


def test_search_protect_and_a_dictionary(tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_text("杭研大厦\n", encoding="utf-8")  # the Hangzhou research tower
    (tmp_path / "p.txt").write_text("他来到\n", encoding="utf-8")  # he came to
    line = "他来到了网易杭研大厦\n".encode()
    done = cut(line, "--dict", str(tmp_path / "d.txt"), "--protect", str(tmp_path / "p.txt"), "--search")
    assert done.stdout.decode() == "他来到 了 网易 大厦 杭研大厦\n"
    compiled = tmp_path / "compiled"
    ciliu.main(["dict", "compile", str(tmp_path / "d.txt"), "--to", str(compiled)], standalone_mode=False)
    assert cut(line, "--dict", str(compiled)).stdout.decode() == "他 来到 了 网易 杭研大厦\n"
    with pytest.raises(SystemExit):
        ciliu.main(["dict", "compile", str(tmp_path / "d.txt"), "--to", str(compiled)], standalone_mode=False)


def test_several_files_are_cut_one_after_the_other(tmp_path: Path) -> None:
    for name, text in [("a", "北京大学"), ("b", "大学\n")]:  # Peking University, university
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert cut(b"", str(tmp_path / "a"), str(tmp_path / "b")).stdout.decode() == "北京大学\n大学\n"


def test_bytes_that_are_no_utf_8_are_named_with_their_line() -> None:
    done = cut("好\n".encode() * 3 + b"a\xff\n")  # 好 good
    assert done.returncode == 3
    assert done.stderr.decode() == "Error: standard input, line 4: not UTF-8 (b'\\xff')\n"
    assert cut(b"", "--sep", "123456789").returncode == 3


def test_who_reads_only_the_head_hears_no_complaint() -> None:
    with subprocess.Popen(
        [*CILIU, "cut"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdin
        assert run.stdout
        assert run.stderr
        run.stdin.write("好\n".encode())  # 好 good
        run.stdin.flush()
        assert run.stdout.readline() == "好\n".encode()  # a line is answered before the next one comes
        run.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            run.stdin.write("好\n".encode() * 100_000)
            run.stdin.close()
        assert run.stderr.read() == b""
        assert run.wait() == 141
