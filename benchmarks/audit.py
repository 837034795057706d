"""A draw of claims that the libraries confirmed, for reading by eye: is each what its text says?

    python benchmarks/audit.py WORKSPACE… --count 100 --seed 1

What the packages say themselves and what the snapshots alone tell is left out. The draw is by a
hash of each claim, so that most of it stays when some claims change.
"""

from __future__ import annotations

import argparse
import hashlib

from recode_data.records import Change, Grounding
from recode_data.workspace import Workspace

KINDS = "('removed', 'renamed', 'moved', 'deprecated', 'keyword_removed', 'keyword_renamed')"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workspaces", nargs="+")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    claims: dict[str, Change] = {}
    for folder in options.workspaces:
        with Workspace.open(folder) as workspace:
            real = {g.change_id for g in workspace.all(Grounding, "grounded")}
            where = f"source NOT IN ('package', 'surface') AND kind IN {KINDS}"
            claims |= {c.id: c for c in workspace.all(Change, where) if c.id in real}
    drawn = sorted(claims, key=lambda i: hashlib.sha256(f"{options.seed} {i}".encode()).digest())
    for number, claim in enumerate((claims[each] for each in drawn[: options.count]), 1):
        old = f"{claim.old_symbol} {claim.old_keyword} {claim.old_value}".strip()
        new = f"{claim.new_symbol} {claim.new_keyword} {claim.new_value}".strip() or "-"
        print(f"{number}. {claim.library} {claim.version} {claim.kind}: {old} → {new}")
        print(f"   [{claim.section}] {' '.join(claim.text.split())[:600]}\n")


if __name__ == "__main__":
    main()
