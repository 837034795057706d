"""How often the judge and the execution reward are wrong, on rows whose truth is known.

    python -m benchmarks.judge WORKSPACE [--rows 3000] [--seed 0] [--operators a,b]
                               [--given FILE.jsonl ...] [--save FILE]

Rows are made of a workspace's valid entries, drawn in turns from every library and change, by
operators whose preconditions make the truth certain (`benchmarks.operators`):

- right ones keep what a program does (other variable names, other import style, a helper
  function, an f-string, comments, …), of the new code alone or of both codes;
- wrong ones hand in a printed literal, the old API put back or chosen at run time, its
  warning silenced, another result, the old code, or say of two right programs what is wrong:
  the text of another change, a version long before.

None of them looks at how the judge decides. ``argument_dropped``, ``arguments_swapped``,
``constant_changed`` and ``result_negated`` are run in the new version first; only what runs
clean there and prints something else is taken. A row that keeps the old API is wrong also
where the new API is what it calls in the end: an answer has to follow the update.

Every row is judged as an entry: most with the symbols of their entry and the measured pair of
versions, a share (``--imported``) with the six fields alone, as ``recode-data import`` reads
them. Half of these claim the measured version, which can be a later release of the series in
which the change was made, half the version that the notes tell, where that lies in the
measured pair. Where only the new code was altered, the execution reward judges it too, as
the answer to the entry it was made of. ``--given`` adds rows of a file that says their truth,
as ``--save`` writes one. Printed are, by operator, the right rows that were
refused and the wrong ones that were accepted, with the reasons. ``undecided`` (an error, a
timeout, a reward of None) is neither.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judge_rows import Base, Row, draw, given, make, operator_names
from recode_data import RecodeError, Run, Verdict, load_library, rewards, validate_entries
from recode_data.errors import nearest
from recode_data.records import ENTRY_FIELDS

ANSWER = "<think>\nIt changed.\n</think>\n<answer>\n```python\n{}\n```\n</answer>"
COLUMNS = (
    "dependency", "new_version", "old_version", "old_code", "old_symbol", "old_keyword",
    "new_symbol", "new_keyword", "update_info", "change_kind",
)  # fmt: skip
BATCH = 400  # rows between two lines of progress; what a batch has run, it runs once
COUNTS = f"{'rows':>6} {'wrong':>11} {'undec.':>7}"
HEADER = (
    f"{'':36} {'judge':^26}   {'execution reward':^26}\n"
    f"{'operator':36} {COUNTS}   {COUNTS}   reasons of the judge"
)


@dataclass(frozen=True)
class Outcome:
    """What the judge and the reward said of a row."""

    row: Row
    verdict: Verdict | None
    reward: float | None = None

    @property
    def accepted(self) -> bool | None:
        """What the judge decided, None where it did not."""
        status = self.verdict.status if self.verdict else "error"
        return {"valid": True, "invalid": False}.get(status)

    @property
    def paid(self) -> bool | None:
        """What the reward decided, None where it did not."""
        return None if self.reward is None else self.reward > 0

    @property
    def reason(self) -> str:
        if self.verdict is None:
            return "no verdict"
        return self.verdict.kind if self.verdict.status == "valid" else self.verdict.reason


def run_programs(programs: Sequence[tuple[Base, str]], jobs: int) -> list[Run]:
    """Run each program in the sandbox, in the new version of its entry."""
    from recode_data.execute import Executor, Job, resolve

    wanted: list[Job | None] = []
    for base, code in programs:
        version = base.verdict.new_version
        try:
            library = load_library(base.entry.dependency)
            wanted.append(Job(code, resolve(library, version, base.python)))
        except RecodeError:  # this machine lacks what the entry was measured with
            wanted.append(None)
    with Executor(jobs=jobs) as executor:
        found = dict(executor.run(dict.fromkeys(job for job in wanted if job is not None)))
    nothing = Run("", "", "", "", "", "", "error")
    return [found.get(job, nothing) if job is not None else nothing for job in wanted]


def judge(rows: Sequence[Row], jobs: int, reward: bool) -> list[Outcome]:
    """Judge all rows; what was made as an answer is also paid, when ``reward``."""
    started, outcomes = time.monotonic(), []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        said = validate_entries([row.entry for row in part], jobs=jobs)
        verdicts = {verdict.entry_id: verdict for verdict in said}
        values = _paid(part) if reward else {}
        outcomes += [
            Outcome(row, verdicts.get(row.entry.id), values.get(row.entry.id)) for row in part
        ]
        seconds = time.monotonic() - started
        print(f"{len(outcomes)}/{len(rows)} rows, {seconds:.0f} s", file=sys.stderr)
    return outcomes


def _paid(rows: Iterable[Row]) -> dict[str, float | None]:
    """Return what the execution reward pays for each altered new code as an answer to the
    entry that it was made of."""
    pairs = [(row, row.base) for row in rows if row.answer and row.base is not None]
    if not pairs:
        return {}
    columns = {
        name: [getattr(base.entry, name) for _, base in pairs]
        for name in COLUMNS
        if name not in ("new_version", "old_version")
    }
    columns["new_version"] = [f"=={base.verdict.new_version}" for _, base in pairs]
    columns["old_version"] = [f"=={base.verdict.old_version}" for _, base in pairs]
    answers = [ANSWER.format(row.entry.new_code) for row, _ in pairs]
    targets = [base.entry.new_code for _, base in pairs]
    values = asyncio.run(rewards.execution(answers, targets, budget=3600, **columns))
    return {row.entry.id: value for (row, _), value in zip(pairs, values, strict=True)}


def report(outcomes: Sequence[Outcome]) -> None:
    """Print the outcomes by operator, and their sums by truth and library."""
    for truth, title in (
        (True, "right rows: wrong is refused"),
        (False, "wrong rows: wrong is accepted"),
    ):
        part = [outcome for outcome in outcomes if outcome.row.truth is truth]
        if not part:
            continue
        groups: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in part:
            groups[outcome.row.operator].append(outcome)
        print(f"\n{title}\n{HEADER}")
        for name, found in groups.items():
            print(line(name, found))
        print(line("all", part))
        _sums(part)
        _keys(part)


def _sums(outcomes: Sequence[Outcome]) -> None:
    for form in sorted({outcome.row.form for outcome in outcomes}):
        print(line(form, [o for o in outcomes if o.row.form == form]))
    libraries = sorted({outcome.row.entry.dependency for outcome in outcomes})
    for library in libraries if len(libraries) > 1 else []:
        print(line(library, [o for o in outcomes if o.row.entry.dependency == library]))


def _keys(outcomes: Sequence[Outcome]) -> None:
    """Name each given row that was judged wrong or not at all."""
    for outcome in outcomes:
        if outcome.row.base is None and outcome.accepted is not outcome.row.truth:
            detail = outcome.verdict.detail.split("\n")[0] if outcome.verdict else ""
            print(f"  {outcome.row.key}: {outcome.reason}: {detail[:120]}")


def line(name: str, outcomes: Sequence[Outcome]) -> str:
    """Return one line of the table."""
    paid = [outcome for outcome in outcomes if outcome.row.answer]
    judged = _counts([(o.row.truth, o.accepted) for o in outcomes])
    reward = _counts([(o.row.truth, o.paid) for o in paid])
    wrong = Counter(o.reason for o in outcomes if o.accepted not in (None, o.row.truth))
    wrong.update(f"({o.reason})" for o in outcomes if o.accepted is None)
    reasons = ", ".join(f"{reason} {count}" for reason, count in wrong.most_common(6))
    return f"{name:36} {judged}   {reward}   {reasons}".rstrip()


def _counts(decisions: Sequence[tuple[bool, bool | None]]) -> str:
    decided = [(truth, said) for truth, said in decisions if said is not None]
    wrong = sum(truth is not said for truth, said in decided)
    share = f"{wrong / len(decided):.1%}" if decided else "–"
    undecided = len(decisions) - len(decided)
    return f"{len(decisions):6} {wrong:4} {share:>6} {undecided:7}"


def save(path: Path, outcomes: Iterable[Outcome]) -> int:
    """Write the rows that the judge or the reward got wrong as JSONL; return how many."""
    wrong = [o for o in outcomes if (not o.row.truth) in (o.accepted, o.paid)]
    path.write_text("".join(json.dumps(_told(o)) + "\n" for o in wrong), encoding="utf-8")
    return len(wrong)


def _told(outcome: Outcome) -> dict[str, object]:
    row, verdict = outcome.row, outcome.verdict
    return {
        **{name: getattr(row.entry, name) for name in ENTRY_FIELDS},
        "truth": "valid" if row.truth else "invalid",
        "operator": row.operator,
        "base": row.base.entry.id if row.base else row.key,
        "library": row.entry.dependency,
        "by_execution": row.by_execution,
        "form": row.form,
        "status": verdict.status if verdict else "",
        "reason": verdict.reason if verdict else "",
        "kind": verdict.kind if verdict else "",
        "detail": verdict.detail if verdict else "",
        "reward": outcome.reward,
        "base_code": row.base.entry.new_code if row.base else "",
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("workspace", type=Path, nargs="?", help="a folder with valid entries")
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--operators", default="", help="names of operators, with commas")
    parser.add_argument("--imported", type=float, default=0.5, help="share with six fields alone")
    parser.add_argument("--given", type=Path, nargs="+", default=[], help="JSONL with `truth`")
    parser.add_argument("--save", type=Path, help="JSONL for the rows that were judged wrong")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-reward", action="store_true", help="measure the judge alone")
    options = parser.parse_args()
    options.operators = [name for name in options.operators.split(",") if name]
    known = operator_names()
    for name in options.operators:
        if name not in known:
            tip = nearest(name, known) or "they are listed in benchmarks/operators"
            parser.error(f"there is no operator {name!r}; {tip}")
    if options.workspace is None and not options.given:
        parser.error("give a workspace, or rows with --given")
    return options


def main() -> int:
    options = arguments()
    rows = [row for path in options.given for row in given(path)]
    try:
        if options.workspace is not None:
            bases = draw(options.workspace, options.seed)
            print(f"{len(bases)} valid entries", file=sys.stderr)
            rows += make(
                bases,
                options.rows,
                run=lambda programs: run_programs(programs, options.jobs),
                seed=options.seed,
                operators=options.operators,
                imported=options.imported,
            )
        outcomes = judge(rows, options.jobs, reward=not options.no_reward)
    except RecodeError as error:
        print(f"{error.message}\n{error.tip}", file=sys.stderr)
        return error.exit_code
    report(outcomes)
    if options.save:
        print(f"\n{save(options.save, outcomes)} rows that were judged wrong are in {options.save}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
