"""``ciliu export``: hand a model on."""

from pathlib import Path

import click

from pipeline import cache, runs
from pipeline.cli import front


@click.command(epilog="Example: ciliu export --to /shared/models/news-2026")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
@click.option("--allow-failed", is_flag=True, help="Hand it on although Evaluate failed it; its card says so.")
@front.option_data
@front.option_run
@front.guarded
def export(to: Path, allow_failed: bool, data: Path, run_id: str | None) -> None:
    """Copy the bundle of a run to a folder, whole or not at all, and check it there."""
    from pipeline.cli.data import state_of
    from pipeline.cli.words import output
    from pipeline.export import publish
    from pipeline.publish import refuse_failed

    record = runs.find(data, run_id)
    bundle = output(data, record, "export") / "bundle"
    refuse_failed(cache.read_json(bundle / "manifest.json")["stages"]["evaluate"]["counts"], allow_failed)
    publish(bundle, to)
    files = sorted(path.name for path in to.iterdir())
    click.echo(f"{to}: {', '.join(files)}")
    manifests = {stage: cache.read_manifest(data / stage / key) for stage, key in record["keys"].items()}
    if (state := state_of(manifests["export"], manifests)) != "there":
        click.echo(f"note: this is the former model ({state}); ciliu run makes the bundle of the new one", err=True)
    click.echo(f"check it there: cd {to} && xxh128sum -c XXH128SUMS")
