"""The house rules that a machine can hold."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([ROOT / "tasks.py", *(ROOT / "pipeline").rglob("*.py"), *(ROOT / "ciliu").rglob("*.py")])
STAGES = {"articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export", "newwords"}


def imports(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_nobody_uses_hashlib() -> None:
    for path in [*SOURCES, *(ROOT / "tests").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")]:
        assert "hashlib" not in imports(path), path


def test_imports_run_one_way() -> None:
    """cli -> tasks -> pipeline -> ciliu."""
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        for module in imports(path):
            if name.startswith("ciliu/"):
                assert not module.startswith(("pipeline", "tasks", "luigi")), (name, module)
            if name.startswith("pipeline/") and not name.startswith("pipeline/cli/"):
                assert module != "tasks", (name, module)
                assert not module.startswith("pipeline.cli"), (name, module)


def stage_of(name: str) -> str | None:
    return next((stage for stage in STAGES if re.match(rf"pipeline/{stage}(/|\.py)", name)), None)


def test_a_stage_knows_no_other_stage_nor_luigi_nor_a_key() -> None:
    for path in SOURCES:
        stage = stage_of(path.relative_to(ROOT).as_posix())
        if not stage:
            continue
        for module in imports(path):
            assert not module.startswith(("luigi", "pipeline.task", "pipeline.plan", "pipeline.runs")), (path, module)
            other = re.match(r"pipeline\.(\w+)", module)
            if other:
                assert other[1] not in STAGES - {stage}, (path, module)


def test_ciliu_needs_numpy_xxhash_and_jieba_only() -> None:
    allowed = {"numpy", "xxhash", "jieba", "ciliu"}
    for path in (ROOT / "ciliu").rglob("*.py"):
        for module in imports(path):
            root = module.split(".")[0]
            assert root in allowed or root in _standard(), (path, module)


def _standard() -> set[str]:
    import sys

    return set(sys.stdlib_module_names)


def test_tasks_are_three_to_eight_lines_each_besides_their_parameters() -> None:
    """Articles and Train say a little more: what comes from outside, what threads mean."""
    tree = ast.parse((ROOT / "tasks.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            lines = [line for part in node.body if isinstance(part, ast.FunctionDef) for line in _body(part)]
            assert len(lines) <= 20, node.name


def _body(function: ast.FunctionDef) -> range:
    return range(function.lineno, (function.end_lineno or function.lineno) + 1)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 230


def test_no_path_of_a_machine_is_tracked() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    if not tracked:
        pytest.skip("no git checkout")
    for name in tracked:
        if name.endswith((".py", ".md", ".toml", ".json", "Makefile", "run")):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.~/])/(work|farm|root|home)/\w", text), name
