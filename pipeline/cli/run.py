"""``ciliu run`` and ``ciliu plan``: make a model, or say what would be made and why.

What does the work is imported inside the verbs, so that ``--help`` stays quick.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli import front

if TYPE_CHECKING:
    from pipeline.task import StageTask

STAGES = ("articles", "dedup", "dictionary", "segment", "vocabulary", "train", "evaluate", "export")
ASIDE = ("newwords",)  # off the path to a model: made when asked for


def request_options(verb: front.Verb) -> front.Verb:
    """The arguments that say which model is meant."""
    for decorate in (
        front.option_data,
        click.option("--processes", type=click.IntRange(0), help="Processes up to Vocabulary.  [default: all CPUs]"),
        click.option("--set", "assignments", multiple=True, metavar="TASK.PARAMETER=VALUE", help="Change a parameter."),
        click.option("--preset", help="A name in presets/ (demo, wechat, wiki) or a .toml file of your own."),
        click.option("--fingerprint-query", metavar="SELECT", help="Of a database: do its rows change?"),
        click.option("--query", metavar="SELECT", help="Of a database: its rows are the articles."),
        click.argument("sources", nargs=-1, type=click.Path(path_type=str)),
    ):
        verb = decorate(verb)
    return verb


option_keep_versions = click.option(
    "--keep-versions", is_flag=True, help="Take what other versions of Ciliu or its libraries made."
)


@click.command(epilog="Example: ciliu run articles/ more.jsonl.zst --preset wechat --set Train.window=5")
@request_options
@click.option("--from", "from_stage", type=click.Choice(STAGES), help="Make this stage and all after it anew.")
@click.option("--until", type=click.Choice(STAGES + ASIDE), help="Make nothing after this stage.")
@click.option("--only", type=click.Choice(STAGES + ASIDE), help="Make this stage anew, and nothing after it.")
@click.option("--force", is_flag=True, help="Make everything anew.")
@click.option("--on", metavar="WHERE", help="Up to Vocabulary on Spark: local[2], spark://HOST:PORT, yarn, k8s://…")
@click.option("--checkpoint-every", type=float, metavar="MINUTES", help="While training.  [default: 10]")
@click.option("--log-json", type=click.Path(path_type=Path, dir_okay=False), help="Write each event as a JSON line.")
@click.option("--anyway", is_flag=True, help="Begin though disk or memory seem too small.")
@click.option("--yes", is_flag=True, help="Begin though it is hours, and nothing but versions changed.")
@option_keep_versions
@click.option("--allow-failed", is_flag=True, help="Export the model although Evaluate failed it.")
@click.option("--quiet", is_flag=True, help="No progress, no closing lines.")
@front.guarded
def run(
    sources: tuple[str, ...],
    preset: str | None,
    assignments: tuple[str, ...],
    processes: int | None,
    data: Path,
    query: str | None,
    fingerprint_query: str | None,
    from_stage: str | None,
    until: str | None,
    only: str | None,
    force: bool,
    on: str | None,
    checkpoint_every: float | None,
    log_json: Path | None,
    anyway: bool,
    yes: bool,
    keep_versions: bool,
    allow_failed: bool,
    quiet: bool,
) -> None:
    """Make a model from SOURCES: files and folders with .txt (an article a file), .jsonl (an article a line, with
    "text" and if there "id", "title", "label"), .json, .csv, .tsv, .parquet, .html, .warc; also compressed, and in .tar
    and .zip; patterns in quotes ("news/**/*.jsonl"), a list of sources (@list.txt), - for standard
    input, and the URL of a database (postgresql://user@host/name) with --query.

    Without SOURCES those of the last run are taken, with its preset and settings; --set changes one of them. Only
    what is not in the data folder yet is made.
    """
    if sum([bool(from_stage), bool(only), force]) > 1:
        raise click.UsageError("give one of --from, --only and --force")
    if only and until:
        raise click.UsageError("--only ends with its stage already: leave --until out")
    from pipeline.processes import prepare

    if processes != 1 and on in (None, "processes"):
        prepare()
    from pipeline.cli import needs, request, tables
    from pipeline.plan import make_plan, refuse_to_remake

    front.show_progress(log_json, quiet)
    if checkpoint_every is not None:
        assignments += (f"Train.checkpoint_every={checkpoint_every:g}",)
    assignments += request.assign_queries(query, fingerprint_query)
    asked = request.complete_request(sources, preset, assignments, data)
    end = request.make_end(asked, data, processes, only or until, allow_failed=allow_failed, anyway=anyway)
    place = request.choose_place(asked, on)
    if from_stage and from_stage not in [task.name for task in end.walk()]:
        raise click.UsageError(f"--from {from_stage}: {until} does not need it")
    request.mark_anew(end, from_stage, only, force)
    if keep_versions:
        say_kept(end)
    steps = make_plan(end, request.last_keys(data))
    refuse_to_remake(steps)
    if not yes and not keep_versions:
        needs.refuse_new_versions(steps, end)
    request.note_left_out(end)
    made = request.make(steps, end, data, asked, anyway=anyway, on=place)
    if not quiet and end.name == "export" and not only:
        tables.show_result(end, data, made)


@click.command(epilog="Example: ciliu plan --set Dictionary.files=dicts/new.txt")
@request_options
@click.option("--from", "from_stage", type=click.Choice(STAGES), help="As if run with --from.")
@click.option("--until", type=click.Choice(STAGES + ASIDE), help="As if run with --until.")
@click.option("--force", is_flag=True, help="As if run with --force.")
@option_keep_versions
@click.option(
    "--why", type=click.Choice(STAGES + ASIDE), help="What this stage's key is made of, beside its nearest output."
)
@front.guarded
def plan(
    sources: tuple[str, ...],
    preset: str | None,
    assignments: tuple[str, ...],
    processes: int | None,
    data: Path,
    query: str | None,
    fingerprint_query: str | None,
    from_stage: str | None,
    until: str | None,
    force: bool,
    keep_versions: bool,
    why: str | None,
) -> None:
    """Say for each stage whether `ciliu run` with the same arguments would make it, and why. Makes nothing."""
    from pipeline.cli import needs, request
    from pipeline.plan import make_plan, refuse_to_remake

    assignments += request.assign_queries(query, fingerprint_query)
    until = until or (why if why in ASIDE else None)
    end = request.make_end(request.complete_request(sources, preset, assignments, data), data, processes, until)
    if why:
        show_why(end, why)
        return
    request.mark_anew(end, from_stage, None, force)
    if keep_versions:
        say_kept(end)
    steps = make_plan(end, request.last_keys(data))
    refuse_to_remake(steps)
    for step in steps:
        click.echo(f"{step.task.name:<11}{'runs  ' if step.runs else '-     '}{step.reason}")
    needed = needs.needs(steps, end)
    if needed:
        click.echo(needs.show_needs(needed, data))
    request.note_left_out(end)


def say_kept(end: "StageTask") -> None:
    """Take outputs of other versions, and say which."""
    from pipeline.plan import keep_versions

    for stage, changes in keep_versions(end).items():
        click.echo(f"kept: {stage} of other versions ({'; '.join(changes)})", err=True)


def show_why(end: "StageTask", stage: str) -> None:
    """Each value that the key of ``stage`` is made of, beside that of the nearest earlier output; ≠ where not equal."""
    from pipeline.cli import tables
    from pipeline.plan import compare_recipes

    (task,) = (task for task in end.walk() if task.name == stage)
    rows = [["", "", "nearest earlier", "now"]]
    for name, old, new in compare_recipes(task):
        rows.append(["=" if old == new else "≠", name, *("-" if value is None else str(value) for value in (old, new))])
    for line in tables.align(rows, lambda column: True):
        click.echo(line)
    click.echo(f"key {task.key}: {'there' if task.problem() is None else task.problem()}")
