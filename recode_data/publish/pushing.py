"""From a workspace to the Hub: export into a throwaway folder, then push that."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from recode_data.publish.export import Preparing, export, export_package
from recode_data.publish.hub import OWN, Target, files_of, push
from recode_data.publish.packages import PACKAGES, PackageName
from recode_data.publish.splits import Configuration
from recode_data.workspace import Workspace


def push_workspace(
    workspace: Workspace,
    configuration: Configuration,
    target: Target,
    dry_run: bool = False,
    package: tuple[PackageName, Preparing] | None = None,
) -> Iterator[str]:
    """Publish what `export` would write, and yield what was done, a line at a time.

    ``package`` names the format of a package, and what makes the tasks of its rows; without it
    the data set itself is published. A dry run reaches no network: it lists repository, files,
    rows and bytes. Raises what `export`, `export_package` and `push` raise.
    """
    with tempfile.TemporaryDirectory(prefix="recode-data-") as temporary:
        folder = Path(temporary)
        own, others = tuple(OWN), set[str]()
        if package is None:
            export(workspace, folder, configuration)
        else:
            export_package(workspace, folder, configuration, *package)
            own = ("README.md", *PACKAGES[package[0]].NAMES)
            others = {*OWN}.union(*(one.NAMES for one in PACKAGES.values())) - set(own)
        if dry_run:
            yield from _listed(folder, target)
            return
        from huggingface_hub import HfApi, get_token

        pushed = push(folder, target, HfApi(token=get_token() or ""), own, others)
    if not pushed.changed and not pushed.deleted:
        yield f"nothing changed: {pushed.url} is up to date as {pushed.tag}"
        return
    done = f"{len(pushed.changed)} files uploaded, {len(pushed.deleted)} deleted"
    version = f", version {pushed.tag}" if pushed.tag else " in a pull request"
    yield f"{pushed.url}: {done}{version}"


def _listed(folder: Path, target: Target) -> Iterator[str]:
    import pyarrow.parquet as pq

    files = files_of(folder)
    visible = "private" if target.private else "public"
    yield f"would push to {target.repository or '(account)/recode-data'} ({visible} if new)"
    total = 0
    for file in files:
        rows = ""
        if file.path.endswith(".parquet"):
            count = pq.read_metadata(folder / file.path).num_rows
            total += count
            rows = f"{count:,} rows"
        yield f"{file.path:60} {file.size:>12,} bytes {rows}".rstrip()
    size = sum(file.size for file in files)
    yield f"{len(files)} files, {total:,} rows, {size:,} bytes"
