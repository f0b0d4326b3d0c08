"""What Linux' cgroups leave to this process: the limits of a container, a batch job, a systemd unit.

Both versions (the kernel's admin-guide/cgroup-v2 and cgroup-v1/memory, scheduler/sched-bwc): the limits of the
process's own group hold, and those of every group above it. Elsewhere than on Linux there is no limit.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
NONE = 1 << 62  # bytes: version 1 says no limit with about twice as much


def memory_left() -> int | None:
    """Bytes that may still be taken; cached files give way, and count as free. None without a limit."""
    left = []
    for group in _groups("memory"):
        stat = dict(line.split() for line in _read(group / "memory.stat").splitlines())
        for prefix, most, now in (
            ("", "memory.max", "memory.current"),
            ("total_", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit, used = _number(_read(group / most)), _number(_read(group / now))
            cached = sum(int(stat.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
            if limit is not None and used is not None:
                left.append(max(0, limit - used + cached))
    return min(left, default=None)


def cpus() -> float | None:
    """CPUs' worth of time that may be used. None without a limit."""
    shares = []
    for group in _groups("cpu"):
        given = _read(group / "cpu.max").split()  # version 2: quota and period
        for most, per in (given or ("", ""), [_read(group / f"cpu.cfs_{part}_us") for part in ("quota", "period")]):
            quota, period = _number(most), _number(per)
            if quota is not None and period:
                shares.append(quota / period)
    return min(shares, default=None)


def _groups(controller: str) -> Iterator[Path]:
    """The folders of the groups that the process is in, its own first. A container may see its group's folder as the
    root, and be told the path outside: what is not there is left out."""
    for line in _read(OWN).splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            top = ROOT / (controllers if (ROOT / controllers).is_dir() else controller)  # one of several mounted alone
            own = top / path.lstrip("/")
            yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(top) and folder.is_dir())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").strip()  # a group may have any name
    except OSError:
        return ""  # of the other version, or not to be read


def _number(text: str) -> int | None:
    """A limit; None where there is none: ``max``, -1, or more than there is."""
    return int(text) if text.isdigit() and int(text) < NONE else None
