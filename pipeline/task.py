"""What every task of ``tasks.py`` is: a stage, its inputs, its parameters, and the one place that makes a key.

The recipe of an output (stage, VERSION, versions of the libraries that shape its bytes, parameters, inputs) is hashed
to its key; what is hashed is what is passed to the stage.
"""

import inspect
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import luigi

from pipeline import cache, damage, progress
from pipeline.fingerprints import file_contents
from pipeline.parameters import FilesParameter
from pipeline.processes import refuse_unguarded_script
from pipeline.versions import environment, library_version


class Folder(luigi.LocalTarget):
    """An output as Luigi sees it: there once its manifest is."""

    def exists(self) -> bool:
        return (Path(self.path) / cache.MANIFEST).is_file()


class StageTask(luigi.Task):
    """A step of the pipeline. Subclasses say ``stage``, their edges and parameters; some, what comes from outside."""

    stage = ModuleType("stage")
    data = luigi.Parameter(default="data", description="the folder that keeps every output")
    processes = luigi.NumericalParameter(
        default=0, var_type=int, min_value=0, max_value=1025, significant=False,
        description="processes for the stages up to Vocabulary; 0: the CPUs that may be used",
    )  # fmt: skip

    anew = False  # set by the front door: make it again although it is there
    kept = False  # it stands for an output of other versions
    _recipe: cache.Json | None = None
    _key: str | None = None
    _inputs: list["StageTask"] | None = None

    @property
    def name(self) -> str:
        return self.task_family.lower()  # type: ignore[no-any-return] # Luigi is untyped here

    @classmethod
    def own_parameters(cls) -> dict[str, luigi.Parameter[Any]]:
        """The parameters that this task declares itself."""
        return {name: value for name, value in vars(cls).items() if name in cls.declared}

    @classmethod
    def stage_name(cls, name: str) -> str:
        """A parameter's name in the stage, in presets and in ``--set``: ``engine`` for Train's ``train_engine``. Tasks
        hand their parameters on to those before them by name, so no two may share one."""
        return name.removeprefix(f"{cls.__name__.lower()}_")

    declared: frozenset[str] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)  # @requires copies the inputs' parameters down only after this
        cls.declared = frozenset(name for name, value in vars(cls).items() if isinstance(value, luigi.Parameter))

    def inputs(self) -> list["StageTask"]:
        if self._inputs is None:  # Luigi looks for all parameters each time
            self._inputs = luigi.task.flatten(self.requires())
        return self._inputs

    def parameters(self) -> dict[str, Any]:
        """The keyword arguments of the stage that shape its bytes; what depends on others, as its ``resolve`` says."""
        given = {
            self.stage_name(name): getattr(self, name)
            for name, value in self.own_parameters().items()
            if value.significant and not isinstance(value, FilesParameter)
        }
        return self.stage.resolve(**given) if hasattr(self.stage, "resolve") else given

    def settings(self) -> dict[str, Any]:
        """The parameters as the key takes them."""
        return self.parameters()

    def harmless_parameters(self) -> dict[str, Any]:
        """The keyword arguments that cannot change the bytes: left out of the key."""
        names = {name for name, value in self.own_parameters().items() if not value.significant}
        taken = inspect.signature(self.stage.run).parameters
        names |= {"processes"} & taken.keys()
        made = {"origin": self.origin()} if "origin" in taken else {}
        return {**{self.stage_name(name): getattr(self, name) for name in names}, **made}

    def paths(self, name: str) -> list[Path]:
        return [Path(path) for path in getattr(self, name)]

    def outside_files(self) -> dict[str, list[Path]]:
        """The files from outside, by parameter."""
        own = self.own_parameters().items()
        names = [name for name, value in own if isinstance(value, FilesParameter)]
        return {name: self.paths(name) for name in names}

    def outside(self) -> dict[str, Any]:
        """What comes from outside, by parameter: its content as JSON, for the key."""
        return {name: file_contents(paths, self.data) for name, paths in self.outside_files().items()}

    def arguments(self) -> list[Any]:
        """The positional arguments of the stage: its data."""
        return [*(task.folder for task in self.inputs()), *self.outside_files().values()]

    def walk(self) -> list["StageTask"]:
        """This task and all before it, inputs first, each once."""
        before = {task.task_id: task for given in self.inputs() for task in given.walk()}
        return [*before.values(), self]

    def recipe(self) -> cache.Json:
        """All that the output depends on."""
        if self._recipe is None:
            self._recipe = {
                "stage": self.name,
                "version": self.stage.VERSION,
                "versions": {name: library_version(name) for name in self.versions()},
                "parameters": self.settings(),
                "inputs": {**self.outside(), **{task.name: task.identity() for task in self.inputs()}},
            }
        return self._recipe

    def keep(self, recipe: cache.Json | None) -> None:
        """Stand for the output of ``recipe``, which other versions made; without one, for its own again."""
        self.kept, self._recipe, self._key = recipe is not None, recipe, None

    def versions(self) -> tuple[str, ...]:
        """The libraries that shape the bytes."""
        return self.stage.VERSIONS  # type: ignore[no-any-return] # a module's

    @property
    def key(self) -> str:
        """Names the output."""
        if self._key is None:
            self._key = cache.digest(self.recipe())
        return self._key

    def identity(self) -> str:
        """What the keys after this one take."""
        return self.key

    @property
    def folder(self) -> Path:
        return Path(self.data) / self.name / self.key

    def output(self) -> Folder:
        return Folder(str(self.folder))

    def problem(self) -> str | None:
        """Why the output must be made, or None. An input that is gone does not matter while this one is there; an input
        that was made again with other bytes does. Only looks."""
        manifests: dict[str, cache.Json | None] = {}
        problems: dict[str, str | None] = {}
        for task in self.walk():  # each once, and its manifest, which may be long
            manifests[task.name] = cache.read_manifest(task.folder)
            problems[task.name] = task._problem_among(manifests, problems)
        return problems[self.name]

    def _problem_among(
        self, manifests: Mapping[str, cache.Json | None], problems: Mapping[str, str | None]
    ) -> str | None:
        manifest = manifests[self.name]
        if manifest is None:
            return "its manifest is damaged" if (self.folder / cache.MANIFEST).exists() else "missing"
        for task in self.inputs():
            there = manifests[task.name]
            if there and there["digest"] != manifest["inputs"][task.name]["digest"]:
                return f"{task.name} was made again with other bytes"
            if there and problems[task.name]:
                return f"after {task.name}"
        return None

    def complete(self) -> bool:
        return not self.anew and self.problem() is None

    def run(self) -> None:
        refuse_unguarded_script()
        if self.kept:
            raise cache.KeptError(self.folder)
        made = cache.make(self.folder, self.description(), self._work, current=lambda: self.complete(), anew=self.anew)
        self.anew = False
        if made:
            self.report(cache.read_manifest(self.folder) or {})

    def _work(self, partial: Path) -> cache.Counts:
        for task in self.inputs():
            damage.check_input(task.folder)
        counts: cache.Counts = self.stage.run(
            *self.arguments(), partial, **self.parameters(), **self.harmless_parameters()
        )
        return counts

    def description(self) -> cache.Json:
        """The manifest's fields that are known before the work."""
        recipe = self.recipe()
        manifests = {task.name: cache.manifest_of(task.folder) for task in self.inputs()}
        return {
            **{name: recipe[name] for name in ("stage", "version")},
            "key": self.key,
            "parameters": recipe["parameters"],
            "versions": recipe["versions"],
            "environment": environment(),
            "inputs": {name: {part: made[part] for part in ("key", "digest")} for name, made in manifests.items()},
            "origin": self.origin(),
            "recipe": recipe,
        }

    ORIGIN = ("key", "digest", "version", "versions", "environment", "parameters", "counts")

    def origin(self) -> cache.Json:
        """How each stage before made its part, from the inputs' manifests: no paths, dates, seconds or names of sources
        (the key stands for those). It goes along from stage to stage, so that it outlives the outputs themselves."""
        origin: cache.Json = {}
        for task in self.inputs():
            manifest = cache.manifest_of(task.folder)
            made = {name: manifest[name] for name in self.ORIGIN}
            outside = {name: value for name, value in task.outside().items() if name != "sources"}
            origin |= {**manifest["origin"], task.name: {**made, "files": outside}}
        return origin

    def report(self, manifest: cache.Json) -> None:
        """The closing line."""
        shards = f"; {manifest['shards_taken']:,} shards taken over" if manifest["shards_taken"] else ""
        line = f"{self.name:<11}{self.stage.summary(manifest['counts'])}{shards}  [{manifest['seconds']:.1f} s]"
        fields = ("counts", "seconds", "shards_made", "shards_taken")
        progress.say(line, event="stage", stage=self.name, key=self.key, **{name: manifest[name] for name in fields})
