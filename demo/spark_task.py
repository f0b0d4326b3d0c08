"""The stages up to Vocabulary as a task of Luigi's own kind for Spark, for those who schedule with luigid.

luigi --module spark_task VocabularyOnSpark --sources '["demo/text"]' --data demo/data

luigi.cfg says which Spark: ``[spark]`` with ``spark-submit`` and ``master``.
"""

from typing import Any

import luigi
from luigi.contrib.spark import PySparkTask

import tasks
from pipeline import spark
from pipeline.build import build


class VocabularyOnSpark(PySparkTask):  # type: ignore[misc] # Luigi is untyped
    """Complete once Vocabulary's manifest is there, whoever made it."""

    sources = luigi.ListParameter(description="files and folders, as all machines see them")
    data = luigi.Parameter(description="the data folder, as all machines see it")

    def vocabulary(self) -> tasks.Vocabulary:
        return tasks.Vocabulary(sources=tuple(self.sources), data=self.data)

    def output(self) -> luigi.Target:
        return self.vocabulary().output()

    def main(self, sc: Any, *args: Any) -> None:
        """On the machine of the driver; ``spark-submit`` starts it."""
        with spark.use(lambda: sc):
            build([self.vocabulary()])
