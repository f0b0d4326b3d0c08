"""Changes, deletions, damage, kills, full disks, collections and runs in any order: the result is a clean folder's."""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
import machine

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")

CLEAN: dict[str, dict[str, str]] = {}  # what clean folders gave, remembered over all examples


class Folder(RuleBasedStateMachine):
    """``machine.Machine``, driven by hypothesis."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.machine = machine.Machine(self.folder, clean=CLEAN)
        self.machine.run("--until", "dictionary")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def check(self) -> None:
        assert self.machine.wrong == []

    @rule(name=st.sampled_from(sorted(machine.PARAMETERS)), choice=st.integers(0, 1))
    def change_a_parameter(self, name: str, choice: int) -> None:
        self.machine.settings[name] = machine.PARAMETERS[name][choice]

    @rule(names=st.sets(st.sampled_from("abc"), min_size=1))
    def change_the_sources(self, names: set[str]) -> None:
        self.machine.sources = names

    @rule(number=st.integers(0, 100))
    def delete_an_output(self, number: int) -> None:
        self.machine.delete(number)

    @rule(number=st.integers(0, 1000), place=st.integers(0, 10**6))
    def damage_a_file(self, number: int, place: int) -> None:
        self.machine.damage(number, place)

    @rule(keep=st.integers(0, 3))
    def collect(self, keep: int) -> None:
        self.machine.collect(keep)
        self.check()

    @rule(drawn=st.randoms(use_true_random=False), how=st.sampled_from(["kill", "full"]))
    def run_and_be_stopped(self, drawn: random.Random, how: str) -> None:
        self.machine.run(*machine.draw_options(drawn), at=machine.draw_operation(drawn), how=how)
        self.check()

    @rule(drawn=st.randoms(use_true_random=False))
    def run(self, drawn: random.Random) -> None:
        self.machine.run(*machine.draw_options(drawn))
        self.check()


TestFolder = Folder.TestCase
TestFolder.settings = settings(
    max_examples=2, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
