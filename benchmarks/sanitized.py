"""The native core with the address and undefined-behaviour sanitizers, for ``exact_random.py --sanitize`` and
``train_edges.py``; on Linux."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import report

LIBRARY = "CILIU_SANITIZED"  # the variable that names the built core to the process that runs on it
FLAGS = ["-std=c11", "-O1", "-g", "-ffp-contract=off", "-fno-omit-frame-pointer"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
HEAP = ["-Wl,--wrap=mmap,--wrap=munmap", str(Path(__file__).with_name("heap.c"))]


def build(folder: Path) -> Path:
    """Compile the core's sources into ``folder``. Raises ``subprocess.CalledProcessError``."""
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / "_native.so"
    sources = sorted(map(str, (report.REPOSITORY / "ciliu" / "native").glob("*.c")))
    headers = f"-I{sysconfig.get_paths()['include']}"
    command = ["cc", "-shared", "-fPIC", *FLAGS, *SANITIZERS, *HEAP, headers, *sources, "-lm", "-o", str(library)]
    subprocess.run(command, check=True)
    return library


def run_again(folder: Path) -> int:
    """This same command on a core with sanitizers; its exit status. What they find goes to standard error.

    Objects of Python come from ``malloc``, for its own allocator hides the ends of those below 512 bytes;
    ``PYTHONMALLOC=pymalloc`` from outside is twice as fast and still watches all that the core allocates itself.
    """
    runtime = subprocess.run(["cc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    environment = {
        **os.environ,
        LIBRARY: str(build(folder)),
        "LD_PRELOAD": runtime.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it allocates at the start
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": os.environ.get("PYTHONMALLOC", "malloc"),
    }
    return subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode


def is_loaded() -> bool:
    """Whether this process runs on such a core: loads it if ``run_again`` named one."""
    path = os.environ.get(LIBRARY)
    if path is None:
        return False
    spec = importlib.util.spec_from_file_location("ciliu._native", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no extension module")
    sys.modules["ciliu._native"] = importlib.util.module_from_spec(spec)
    return True
