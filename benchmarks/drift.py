"""Whether `check` finds drift that is planted in a page of NumPy's own documentation.

    python -m benchmarks.drift WORKSPACE PAGE.rst

A copy of the page gets each kind of drift at its end; printed is what the check finds there, and
how many findings it has elsewhere on the page.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from recode_data.definition import define
from recode_data.maintain.check import check_files
from recode_data.maintain.updates import updates_of
from recode_data.progress import Progress
from recode_data.workspace import Workspace

PLANTED = {
    "removed name": (
        ">>> import numpy as np\n>>> np.trapz([1, 2, 3])\nnp.float64(4.0)",
        "fails",
        1,
    ),
    "renamed keyword": (
        ">>> import numpy as np\n>>> np.percentile([1, 2], 50, interpolation='lower')\nnp.int64(1)",
        "fails",
        1,
    ),
    "changed output": (
        ">>> import numpy as np\n>>> np.arange(3) + 1\narray([1, 2, 4])",
        "prints",
        1,
    ),
    "wrong replacement": ("`np.in1d` was removed, use `np.intersect1d`.", "false", 0),
    "wrong version": ("`np.in1d` was removed in 2.1, use `np.isin`.", "false", 0),
    "stale claim": ("`np.trapz` is deprecated, use `np.trapezoid`.", "stale", 0),
}


def main(folder: Path, page: Path) -> None:
    library = define("numpy", Progress(quiet=True), folder)
    with Workspace.open(folder) as workspace:
        updates = updates_of(workspace, library, Progress(quiet=True))
    lines = page.read_text(encoding="utf-8").rstrip("\n").split("\n")
    wanted: dict[int, tuple[str, str]] = {}
    for name, (text, kind, offset) in PLANTED.items():
        lines += ["", ""]
        wanted[len(lines) + 1 + offset] = name, kind
        lines += text.split("\n")
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "page.rst"
        copy.write_text("\n".join([*lines, ""]), encoding="utf-8")
        [checked] = check_files([copy], updates, [])
    found = {finding.line: finding for finding in checked.findings}
    for line, (name, kind) in wanted.items():
        finding = found.get(line)
        state = "found" if finding is not None and finding.kind == kind else "MISSED"
        print(f"{name}: line {line}: {state}: {finding.message if finding else ''}")
    print(f"elsewhere on the page: {sum(line not in wanted for line in found)} findings")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
