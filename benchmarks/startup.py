"""How long ``recode-data --help`` takes against a bare typer application of as many commands.

    python benchmarks/startup.py

Prints medians in seconds and their ratio; the two run in turn in one session.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from typer.main import get_command

from recode_data.cli import app

RUNS = 15


def seconds(command: list[str]) -> float:
    """Return the wall time of one run of ``command``."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def bare_application(commands: int) -> str:
    """Return the source of a typer application that does nothing, with help texts."""
    functions = "\n".join(
        f"@app.command()\ndef command{n}(name: str = '', count: int = 1) -> None:\n"
        f"    '''Do the thing number {n}.'''\n"
        for n in range(commands)
    )
    return f"import typer\napp = typer.Typer()\n{functions}\napp()\n"


def main() -> None:
    """Time both and print the figures."""
    commands = len(get_command(app).commands)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder, "bare.py")
        bare.write_text(bare_application(commands))
        ours = [sys.executable, "-m", "recode_data", "--help"]
        peer = [sys.executable, str(bare), "--help"]
        pairs = [(seconds(ours), seconds(peer)) for _ in range(RUNS + 1)][1:]
    mine = statistics.median(pair[0] for pair in pairs)
    theirs = statistics.median(pair[1] for pair in pairs)
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"commands {commands}  recode-data {mine:.3f} s  bare typer {theirs:.3f} s  {ratio:.2f}x")


if __name__ == "__main__":
    main()
