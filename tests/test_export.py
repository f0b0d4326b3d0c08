"""Export: every format comes back as it was, the segmenter cuts as the pipeline did, and damage does not pass."""

import io
import json
import random
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backports import zstd
from conftest import Front, read_corpus, write_articles
from hypothesis import example, given
from hypothesis import strategies as st

import ciliu
from ciliu.engine_native import import_native
from ciliu.normal_form import normalize
from pipeline import cache, shard_files
from pipeline.cli import ciliu as command
from pipeline.export import check, formats, rows, schema, table, tar, target, verification
from pipeline.export.bundle import About, make_bundle
from pipeline.export.bundled import verify
from pipeline.export.segmenter import link_segmenter
from pipeline.export.table import Table

OWN = ["numpy", "word2vec", "word2vec.gz", "word2vec-text", "word2vec-text.gz", "word2vec-text.zst", "gensim",
       "keyedvectors", "fasttext", "glove.zst", "tensorboard", "float16", "int8", "safetensors"]  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A run over real articles, with a user dictionary, stop words and protected words."""
    folder = tmp_path_factory.mktemp("done")
    articles = [*read_corpus("xwlb", 0, 200), *read_corpus("reviews", 0, 300), *read_corpus("fudan", 0, 40)]
    write_articles(folder / "text" / "news.jsonl", articles)
    (folder / "own.txt").write_text("新闻联播 500\n二氧化碳 300 n\n", encoding="utf-8")  # the evening news, CO2
    (folder / "stop.txt").write_text("的\n了\n", encoding="utf-8")  # whose, done
    (folder / "protect.txt").write_text("iPhone 12\nre: #[^#\\n]+#\n", encoding="utf-8")
    files = [f"Dictionary.files={folder}/own.txt", f"Segment.stop_words={folder}/stop.txt",
             f"Segment.protect={folder}/protect.txt", "Train.threads=1", "Train.vector_size=16"]  # fmt: skip
    front = Front(folder)
    front.run(folder / "text", *(f"--set={setting}" for setting in files))
    return front


@pytest.fixture(scope="module")
def out(done: Front, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle in all formats that need no extra."""
    folder = tmp_path_factory.mktemp("out") / "bundle"
    done("export", "--to", folder, *(f"--format={name}" for name in OWN), "--licence", "cc-by-sa-4.0", "--name", "测试")
    return folder


def made(front: Front) -> Path:
    return front.folder("export") / "bundle"


def whole(front: Front) -> Table:
    return table.read_table(made(front), made(front) / "vectors.npy")


@example([0.00009999999747378752, 0.00010000000474974513, 999999.9375, 1e6, -1e-45])
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_numbers_are_written_as_numpy_does_and_come_back_to_the_bit(numbers: list[float]) -> None:
    row = np.array([numbers], dtype=np.float32)
    text = rows.format_rows("词\n".encode(), row, len(numbers), " ")
    assert text.decode() == f"词 {' '.join(map(str, row[0]))}\n"
    words, back = rows.parse_rows(text, len(numbers), True, " ")
    assert (words.decode(), back) == ("词\n", row.tobytes())


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(1, 17))
def test_a_decimal_of_any_length_is_rounded_as_the_c_library_does(number: float, digits: int) -> None:
    import ctypes

    if import_native() is None:
        pytest.skip("the native core was not built")
    text = f"{number:.{digits}g}"
    strtof = ctypes.CDLL(None).strtof
    strtof.restype = ctypes.c_float
    _, back = rows.parse_rows(f"{text}\n".encode(), 1, False, " ")
    assert back == struct.pack("<f", strtof(text.encode(), None))


@pytest.mark.parametrize("text", [b"a 1.0\n", b"a 1.0 x\n", b"a 1.0 2.0 3.0\n", b"1.0\n", b"a  1.0\n", b"a 1.0 2.0 \n"])
def test_a_line_that_is_no_word_with_its_numbers_is_refused_with_its_number(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 2: no word with 2 numbers|fewer numbers"):
        rows.parse_rows(b"a 1.0 2.0\n" + text, 2, True, " ")


def test_the_text_file_is_gensims_own_to_the_byte(done: Front, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    keyed = KeyedVectors.load(str(done.folder("train") / "model.gensim")).wv
    keyed.save_word2vec_format(str(tmp_path / "vectors.txt"))
    keyed.save_word2vec_format(str(tmp_path / "vectors.bin"), binary=True)
    for name in ("vectors.txt", "vectors.bin"):
        assert (tmp_path / name).read_bytes() == (made(done) / name).read_bytes()


@pytest.mark.parametrize("name", OWN)
def test_each_format_gives_back_words_values_and_neighbours(name: str, out: Path, done: Front) -> None:
    """By Ciliu's reader here, whoever loaded it back when it was made."""
    one, known = formats.parse(name), whole(done)
    parts = list(one.module.read(out, one.packing, known))
    assert [word for words, _ in parts for word in words] == known.words
    told = cache.read_json(out / "manifest.json")["formats"][name]
    matrix = np.concatenate([part for _, part in parts])
    if told["exact"]:
        assert np.array_equal(matrix, known.matrix)
    else:
        assert np.abs(matrix - known.matrix).max() <= told["loss"]["largest_difference"] * 1.01
        assert told["loss"]["neighbours_kept"] > 0.9


@pytest.mark.parametrize("name", ["word2vec", "word2vec-text", "glove", "fasttext"])
def test_gensim_reads_what_is_written_in_its_formats(name: str, done: Front, tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    one, known = formats.parse(name), whole(done)
    one.module.write(known, tmp_path, "")
    path = str(tmp_path / one.module.FILES[0])
    loaded = KeyedVectors.load_word2vec_format(path, binary=name == "word2vec", no_header=name == "glove")
    assert loaded.index_to_key == known.words
    assert np.array_equal(loaded.vectors, known.matrix)


def test_parquet_is_read_by_pyarrow(done: Front, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    one, known = formats.parse("parquet"), whole(done)
    one.module.write(known, tmp_path, "")
    read = parquet.read_table(tmp_path / "vectors.parquet")
    assert read["word"].to_pylist() == known.words
    assert read["count"].to_pylist() == known.counts.tolist()
    assert check.check(one, tmp_path, known)["loaded_by"].startswith("pyarrow")


@pytest.mark.parametrize("name", [pytest.param("model2vec", marks=pytest.mark.slow), "sentence-transformers"])
def test_a_tokenizer_with_the_segmenter_in_it_has_the_words_by_their_rows(
    name: str, done: Front, tmp_path: Path
) -> None:
    one, known = formats.parse(name), whole(done)
    shutil.copytree(made(done) / "segmenter", tmp_path / "segmenter")
    one.module.write(known, tmp_path, "")
    assert check.check(one, tmp_path, known)["exact"]


def test_a_format_that_gives_back_something_else_is_never_published(
    done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    word2vec = formats.FORMATS["word2vec"]
    write = word2vec.write

    def write_wrong(given: Table, folder: Path, packing: str) -> None:
        write(given, folder, packing)
        data = bytearray((folder / "vectors.bin").read_bytes())
        data[-1] ^= 1
        (folder / "vectors.bin").write_bytes(data)

    monkeypatch.setattr(word2vec, "write", write_wrong)
    with pytest.raises(SystemExit):
        done("export", "--to", tmp_path / "new", "--format", "word2vec")
    assert not list(tmp_path.iterdir())


ODD = [
    "a b",
    "",
    "\u3000",
    "换\n行",
    "长" * 1000,
    "\u00a0好\u00a0",
    "好",
    "tab\tin",
    "\u2028",
    "c_d",
    "c d",
    "\ufeff云",
]
MENDED = ["a_b", "换_行", "长" * 1000, "好", "tab_in", "c_d", "\ufeff云"]


def odd_bundle(done: Front, folder: Path, names: list[str]) -> Table:
    given = Table(
        ODD, np.arange(len(ODD))[::-1].copy(), np.random.default_rng(1).normal(size=(len(ODD), 4)).astype("f4")
    )
    mended = table.mend(given)
    folder.mkdir()
    origin = cache.read_json(made(done) / "manifest.json")["stages"]
    asked = [formats.parse(name) for name in names]
    make_bundle(
        folder, mended, asked, About(origin), model=folder, write_segmenter=lambda to: link_segmenter(made(done), to)
    )
    return mended


def test_words_that_break_files_are_mended_by_one_rule_and_every_format_holds_what_is_left(
    done: Front, tmp_path: Path
) -> None:
    mended = odd_bundle(done, tmp_path / "odd", [name for name in OWN if name not in ("gensim", "int8")])
    assert sorted(mended.words) == sorted(MENDED)
    assert mended.words.index("好") < mended.words.index("c_d")
    repaired = cache.read_json(tmp_path / "odd" / "manifest.json")["repaired"]
    assert len(repaired) == len(mended.repaired) == 8
    assert "Mended here: 8 words" in (tmp_path / "odd" / "README.md").read_text(encoding="utf-8")
    assert verification.find_faults(tmp_path / "odd") == []
    assert ciliu.load(tmp_path / "odd").words == mended.words


def test_a_subset_and_unit_vectors(done: Front, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("中国\n经济\n从未见过的词\n", encoding="utf-8")  # China, economy, a word never seen
    done("export", "--to", tmp_path / "top", "--format=numpy", "--format=word2vec", "--top", "50", "--normalized")
    done("export", "--to", tmp_path / "few", "--format=numpy", "--words", tmp_path / "list")
    top, all_words = ciliu.load(tmp_path / "top"), whole(done)
    assert top.words == all_words.words[:50]
    assert np.allclose(np.linalg.norm(top.matrix, axis=1), 1, atol=1e-6)
    assert set(ciliu.load(tmp_path / "few").words) == {"中国", "经济"}
    assert verification.find_faults(tmp_path / "top") == []
    with pytest.raises(SystemExit):
        done("export", "--to", tmp_path / "no", "--format=gensim", "--top", "50")


def test_segmenter_py_cuts_as_the_pipeline_did_with_jieba_alone(done: Front, tmp_path: Path) -> None:
    """In a process that has no Ciliu, on the articles of the run and on others."""
    folder = shutil.copytree(made(done), tmp_path / "bundle")
    texts = [normalize(article["text"])[0] for article in read_corpus("tech", 0, 20)] + [
        "用iPhone 12看#新闻 联播#，好！"
    ]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = (
        "import sys, json; sys.modules['ciliu'] = sys.modules['pipeline'] = sys.modules['numpy'] = None\n"
        f"sys.path.insert(0, {str(folder)!r}); import segmenter; cutter = segmenter.load()\n"
        f"print(json.dumps([cutter.cut(text) for text in json.load(open({str(tmp_path / 'texts.json')!r}))]))"
    )
    alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    model = ciliu.load(folder)
    assert json.loads(alone.stdout.splitlines()[-1]) == [model.cut(text) for text in texts]
    assert model.cut("用iPhone 12看#新闻 联播#，好！") == [
        "用",
        "iPhone_12",
        "看",
        "#新闻_联播#",
        "好",
    ]  # use, see, good


def test_the_bundle_cuts_the_articles_of_the_run_into_the_words_of_the_run(done: Front) -> None:
    model, texts = ciliu.load(made(done)), []
    for path in sorted(done.folder("dedup").glob("*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    ours = [sentence for text in texts for sentence in model.cutter.sentences(text)]
    assert ours == [sentence for sentence in shard_files.read_sentences(done.folder("segment")) if sentence]
    assert sum(map(len, ours)) > 50_000


def test_a_loaded_bundle_looks_up_compares_and_says_what_it_knows(done: Front) -> None:
    model = ciliu.load(str(made(done)))
    assert "中国" in model  # China
    assert model.vector("中国").shape == (16,)
    assert len(model.similar("中国", 3)) == 3
    encoded = model.encode(["中国经济", "魑魅魍魉"])  # the economy of China; demons, which no news tells of
    unit = [model.vector(word) / np.linalg.norm(model.vector(word)) for word in ("中国", "经济")]
    assert np.allclose(encoded[0], np.mean(unit, axis=0), atol=1e-6)
    assert not encoded[1].any()
    assert model.known(["中国经济", "魑魅魍魉", ""]) == [1.0, 0.0, 0.0]


def test_the_same_run_gives_the_same_bytes_on_another_day(
    done: Front, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400 * 40)
    again = tmp_path / "again"
    done("export", "--to", again, *(f"--format={name}" for name in OWN), "--licence", "cc-by-sa-4.0", "--name", "测试")
    for path in [path for path in out.rglob("*") if path.is_file()]:
        assert (again / path.relative_to(out)).read_bytes() == path.read_bytes(), path.name


def test_the_manifest_keeps_to_its_schema_and_the_schema_is_one(out: Path, done: Front) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    manifest, told = cache.read_json(out / "manifest.json"), cache.read_json(schema.SCHEMA)
    jsonschema.Draft202012Validator.check_schema(told)
    for wrong in (manifest, {**manifest, "words": 0}, {**manifest, "more": 1}, {**manifest, "type": "float64"},
                  {**manifest, "files": {"a": {"size": -1, "xxh3_128": "0" * 32}}}, {**manifest, "words": "7"},
                  {**manifest, "format_version": 2}, {**manifest, "normalized": 1},
                  {**manifest, "formats": []}):  # fmt: skip
        theirs = bool(list(jsonschema.Draft202012Validator(told).iter_errors(wrong)))
        assert bool(list(schema.find_faults(wrong))) == theirs
    assert not list(schema.find_faults(manifest))


def test_no_path_user_or_password_is_in_a_bundle(done: Front, out: Path) -> None:
    import getpass

    secrets = [str(done.data.parent), str(Path.home()), str(out), "text/news.jsonl", "own.txt\\", "seconds"]
    secrets += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    for path in [
        path for path in out.rglob("*") if path.is_file() and path.suffix not in (".gz", ".zst", ".npy", ".bin")
    ]:
        for secret in secrets[: None if path.suffix == ".json" else 4]:
            assert secret.encode() not in path.read_bytes(), (path.name, secret)


# 300 damages: what may happen to a file, and to a folder


def cut(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def swap(path: Path, chance: random.Random) -> None:
    other = chance.choice([one for one in all_files(path) if one.read_bytes() != path.read_bytes()])
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def remove(path: Path, chance: random.Random) -> None:
    path.unlink()


def add(path: Path, chance: random.Random) -> None:
    (path.parent / f"{path.name}.{chance.randrange(10)}").write_bytes(b"x")


def rename(path: Path, chance: random.Random) -> None:
    path.rename(path.with_name(f"{path.name}_"))


def link(path: Path, chance: random.Random) -> None:
    path.rename(path.parent.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent.parent / "elsewhere")


def all_files(path: Path) -> list[Path]:
    root = path
    while root.name != "broken":
        root = root.parent
    return sorted(file for file in root.rglob("*") if file.is_file())


def test_three_hundred_damages_are_found_by_verify_and_by_the_bundles_own_script(done: Front, tmp_path: Path) -> None:
    """One after the other, each mended before the next; verify.py as a module, and once as the command that it is."""
    sound, chance = tmp_path / "sound", random.Random(7)
    done("export", "--to", sound, "--format=numpy", "--format=word2vec", "--format=word2vec-text.zst", "--top", "300")
    for big in ("dictionary.bin",):  # 23 MB to copy each time; the dictionary is read without it
        (sound / "segmenter" / big).unlink()
    reseal(sound)
    assert verification.find_faults(sound) == []
    broken = tmp_path / "a" / "broken"
    for number in range(300):
        shutil.rmtree(broken.parent, ignore_errors=True)
        shutil.copytree(sound, broken)
        files = all_files(broken)
        damage = [cut, flip, swap, remove, add, rename, link][number % 7]
        path = files[number // 7 % len(files)]
        damage(path, chance)
        (tmp_path / "elsewhere").unlink(missing_ok=True) if damage is not link else None
        assert list(verify.find_faults(broken)), (damage.__name__, path.name)
        assert verification.find_faults(broken, quick=True), (damage.__name__, path.name)
    script = [sys.executable, str(sound / "verify.py")]
    assert subprocess.run([*script, str(broken)], capture_output=True, check=False).returncode == 1
    assert subprocess.run(script, capture_output=True, check=False).returncode == 0


def reseal(folder: Path, **changes: Any) -> None:
    """Make manifest and sums agree with the files again, as somebody would who wants to deceive."""
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    files = {name: entry for name, entry in cache.describe_files(folder, {}).items() if name != "XXH128SUMS"}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": files}), encoding="utf-8")
    from pipeline.export.bundle import write_sums

    write_sums(folder, files)


def test_what_has_right_sums_is_looked_into(done: Front, tmp_path: Path) -> None:
    sound = tmp_path / "sound"
    done("export", "--to", sound, "--format=numpy", "--format=word2vec", "--format=glove", "--top", "100")

    def faults(change: Any, **changes: Any) -> str:
        broken = tmp_path / "broken"
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(sound, broken)
        change(broken)
        reseal(broken, **changes)
        assert verification.find_faults(broken, quick=True) == []
        return " / ".join(verification.find_faults(broken))

    def patch(name: str, old: bytes, new: bytes) -> Any:
        return lambda folder: (folder / name).write_bytes((folder / name).read_bytes().replace(old, new, 1))

    nan = np.float32("nan").tobytes()
    first = np.load(sound / "vectors.npy")[0, 0].tobytes()
    assert "NaN or infinite" in faults(patch("vectors.npy", first, nan))
    assert "header says" in faults(patch("vectors.npy", b"(100, 16)", b"(999, 16)"))
    assert "header says" in faults(patch("vectors.bin", b"100 16\n", b"2000000000 1000\n"))
    assert "no new word" in faults(patch("vocab.tsv", whole(done).words[1].encode(), whole(done).words[0].encode()))
    assert "words instead of" in faults(lambda folder: None, words=99)
    assert "is no boolean" in faults(lambda folder: None, normalized=1)
    assert "vectors.glove.txt" in faults(patch("vectors.glove.txt", b" 0.", b" 1."))
    assert "does not know" in faults(lambda folder: None, extra=1)


def test_what_is_made_to_harm_is_refused_with_a_sentence_and_nothing_is_run(done: Front, tmp_path: Path) -> None:
    sound, broken = tmp_path / "sound", tmp_path / "broken"
    done("export", "--to", sound, "--format=numpy", "--format=keyedvectors", "--top", "50")
    proof = tmp_path / "proof"
    evil = b"\x80\x02cos\nsystem\n(S'touch %s'\ntR." % str(proof).encode()
    shutil.copytree(sound, broken)
    (broken / "vectors.kv").write_bytes(evil)
    reseal(broken)
    assert "os.system" in " ".join(verification.find_faults(broken))
    ciliu.load(broken)  # which opens no pickle
    (broken / "segmenter.py").write_text(f"open({str(proof)!r}, 'w')", encoding="utf-8")
    ciliu.load(broken).cut("中国")
    assert not proof.exists()
    (broken / "manifest.json").write_text("[" * 100_000, encoding="utf-8")
    assert verification.find_faults(broken) == ["manifest.json is nested too deep to be read"]
    with pytest.raises(ValueError, match="nested too deep"):
        ciliu.load(broken)
    shutil.copyfile(sound / "manifest.json", broken / "manifest.json")
    header = (
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000, 1000), }".ljust(117)
    )
    (broken / "vectors.npy").write_bytes(header + b"\n" + bytes(100))
    with pytest.raises(ValueError, match=r"vectors\.npy"):
        ciliu.load(broken)
    (broken / "vectors.npy").unlink()
    told = {"vectors": {"dtype": "F32", "shape": [2_000_000_000, 1_000], "data_offsets": [0, 8_000_000_000_000]}}
    head = json.dumps(told).encode()
    (broken / "vectors.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + bytes(100))
    with pytest.raises(ValueError, match="needs more than"):
        ciliu.load(broken)


def write_tar(path: Path, entries: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with zstd.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as archive:  # type: ignore[call-overload] # a file
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def test_an_archive_holds_the_bundle_and_repeats_to_the_byte(done: Front, tmp_path: Path, capsys: Any) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done("export", "--to", tmp_path / name / "news.tar.zst", "--format=numpy", "--top", "100")
    assert (tmp_path / "one/news.tar.zst").read_bytes() == (tmp_path / "two/news.tar.zst").read_bytes()
    command.main(["verify", str(tmp_path / "one/news.tar.zst")], standalone_mode=False)
    with zstd.open(tmp_path / "one/news.tar.zst") as packed, tarfile.open(fileobj=packed, mode="r|") as archive:  # type: ignore[call-overload] # a file
        archive.extractall(tmp_path / "there", filter="data")
    assert verification.find_faults(tmp_path / "there/news") == []
    data = (tmp_path / "one/news.tar.zst").read_bytes()
    for size in range(0, len(data), len(data) // 10):
        (tmp_path / "cut.tar.zst").write_bytes(data[:size])
        assert verification.find_faults(tmp_path / "cut.tar.zst", quick=True)


def test_archives_that_lead_out_link_repeat_or_grow_are_refused(tmp_path: Path) -> None:
    manifest = json.dumps({"files": {"a": {"size": 3, "xxh3_128": "0" * 32}}}).encode()
    bombs = json.dumps({"files": {"a": {"size": 1 << 40, "xxh3_128": "0" * 32}}}).encode()
    first = (entry("m/manifest.json"), manifest)
    cases = {
        "leads out": [(entry("m/../../evil"), b"x")],
        "leads out of": [(entry("/etc/evil"), b"x")],
        "no plain file": [(entry("m/link", tarfile.SYMTYPE, "/etc/passwd"), b"")],
        "is no plain": [(entry("m/hard", tarfile.LNKTYPE, "m/manifest.json"), b"")],
        "not what the manifest lists": [first, (entry("m/b"), b"x")],
        "larger than it says": [first, (entry("m/a"), b"four")],
        "lies beside": [first, (entry("n/a"), b"abc")],
        "ends without": [first],
        "times its own size": [(entry("m/manifest.json"), bombs)],
        "larger than it": [(entry("m/manifest.json"), b" " * ((16 << 20) + 1))],
        "or larger": [first, (entry("m/a"), b"abc"), (entry("m/a"), b"abc")],
    }
    for number, (message, entries) in enumerate(cases.items()):
        path, folder = write_tar(tmp_path / f"{number}.tar.zst", entries), tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(ValueError, match=message):
            tar.unpack(path, folder)
    assert not (tmp_path / "evil").exists()


def test_a_release_has_its_folder_and_latest_names_it(done: Front, tmp_path: Path) -> None:
    for release in ("2026-10", "2026-11"):
        done("export", "--to", tmp_path / "news", "--format=numpy", "--top", "50", "--release", release)
    assert (tmp_path / "news/latest").read_text() == "2026-11\n"
    assert ciliu.load(tmp_path / "news").folder == tmp_path / "news/2026-11"
    (tmp_path / "news/latest").write_text("../../etc\n")
    with pytest.raises(ValueError, match="no version beside it"):
        ciliu.load(tmp_path / "news")


def test_an_upload_that_is_cut_off_goes_on_and_the_manifest_comes_last(
    done: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec")
    system, sent = fsspec.filesystem("memory"), []
    put = type(system).put_file

    def put_some(self: Any, source: str, place: str, **options: Any) -> None:
        if len(sent) == 5:
            sent.append(place)
            raise ConnectionResetError("cut off")
        sent.append(place)
        put(self, source, place, **options)

    monkeypatch.setattr(type(system), "put_file", put_some)
    fill = lambda folder: shutil.copytree(made(done), folder, dirs_exist_ok=True)  # noqa: E731 - a line
    with pytest.raises(ConnectionError, match=r"memory://models/news/1 .*the same command goes on from here"):
        target.publish(fill, "memory://models/news", "1")
    assert not system.exists("/models/news/1/manifest.json")
    assert not system.exists("/models/news/latest")
    target.publish(fill, "memory://models/news", "1")
    assert len(sent) == len(set(sent)) + 1  # what was there and sound was not sent again
    assert [name.rsplit("/", 1)[1] for name in sent[-2:]] == ["manifest.json.partial", "latest.partial"]
    assert system.cat_file("/models/news/latest") == b"1\n"
    system.get("/models/news/1", str(tmp_path / "there"), recursive=True)
    assert verification.find_faults(tmp_path / "there") == []
    with pytest.raises(ValueError, match="there already"):
        target.publish(fill, "memory://models/news", "1")


def test_what_is_wrong_in_a_command_is_said_before_any_work(done: Front, tmp_path: Path) -> None:
    for name in ("word3vec", "numpy.gz", "word2vec.rar"):
        with pytest.raises(ValueError, match=r"format (word3vec|numpy\.gz|word2vec\.rar): (one of|give)"):
            formats.parse(name)
    with pytest.raises(SystemExit):
        command.main(["verify", str(tmp_path / "nothing")], standalone_mode=False)
