"""The report: true figures, hostile text harmless, looked at in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recode_data.errors import BadFile, DiskFull
from recode_data.records import Attempt, Call, Change, Decision, Entry, Run, Verdict
from recode_data.report import write_report
from recode_data.report.curves import training_curves, training_figures
from recode_data.report.figures import headlines, workspace_figures
from recode_data.report.page import draw
from recode_data.workspace import Workspace
from recode_data.workspace.figures import libraries

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
CHROMIUM = shutil.which("chromium")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(tmp_path / "ws") as opened:
        for n in range(12):
            entry = Entry(
                "numpy", "==2.0.0", f"d{n}", "u", f"a = {n}\n" * (n + 1), "b",
                engine="rules", old_origin="real", new_origin="derived",
            )  # fmt: skip
            status, reason = ("valid", "ok") if n % 3 else ("invalid", HOSTILE)
            kind: Any = "breaking" if n % 3 else ""
            opened.add([
                entry,
                Verdict(entry.id, "1", status, reason, kind, "1.26.4", "2.0.2"),  # type: ignore[arg-type]
                Change("numpy", f"1.{n}.0", "removed", f"t{n}", HOSTILE, "sdist", "x"),
                Run(str(n), "e", "numpy", "2.0.2", "3.12", "1", "clean", seconds=0.01 * n),
                Attempt("synthesize.rules", str(n), "1", 0, "no_snippet"),
            ])  # fmt: skip
        yield opened


def training_run(folder: Path) -> Path:
    history = [{"step": n, "reward": 0.1 * n, "frac_reward_zero_std": 0.5} for n in range(1, 6)]
    folder.mkdir(parents=True)
    (folder / "trainer_state.json").write_text(
        json.dumps({"global_step": 5, "log_history": history})
    )
    return folder


def test_figures_count_what_the_workspace_holds(workspace: Workspace) -> None:
    figures = {figure.title: figure.rows for figure in workspace_figures(workspace)}
    assert {row["stage"]: row["rows"] for row in figures["From notes to rows"]}["valid"] == 8
    assert figures["Verdicts by library"] == [
        {"library": "numpy", "verdict": "breaking", "entries": 8},
        {"library": "numpy", "verdict": "invalid", "entries": 4},
    ]
    assert {"stage": "synthesize", "reason": "no_snippet", "dropped": 12, "meaning": ""} in figures[
        "What was dropped, and why"
    ]
    assert len(figures["API changes by release"]) == 12
    assert sum(row["runs"] for row in figures["Evidence: how the runs ended"]) == 12


def test_releases_are_in_the_order_of_their_versions(workspace: Workspace) -> None:
    figures = {figure.title: figure.rows for figure in workspace_figures(workspace)}
    releases = [row["release"] for row in figures["API changes by release"]]
    assert releases.index("numpy 1.9") < releases.index("numpy 1.10")


def test_the_timeline_has_the_last_releases_of_each_library(workspace: Workspace) -> None:
    for n in range(60):
        workspace.add([Change("pandas", f"3.{n}.0", "added", f"t{n}", "s", "sdist", "x")])
    figures = {figure.title: figure.rows for figure in workspace_figures(workspace)}
    releases = [row["release"] for row in figures["API changes by release"]]
    assert len([release for release in releases if release.startswith("numpy")]) == 12
    assert [release for release in releases if release.startswith("pandas")] == [
        f"pandas 3.{n}" for n in range(40, 60)
    ]


def test_one_release_has_one_bar_however_it_is_written(workspace: Workspace) -> None:
    for version in ("2", "2.0", "2.0.0", "2.0.1", "10.0.0"):
        workspace.add([Change("pandas", version, "added", version, "s", "sdist", "x")])
    figures = {figure.title: figure.rows for figure in workspace_figures(workspace)}
    found = {row["release"]: row["changes"] for row in figures["API changes by release"]}
    counts = {name: n for name, n in found.items() if name.startswith("pandas")}
    assert counts == {"pandas 2.0": 3, "pandas 2.0.1": 1, "pandas 10.0": 1}
    assert list(counts)[-1] == "pandas 10.0"


def test_the_headline_has_the_numbers_that_matter(workspace: Workspace) -> None:
    numbers = {headline.text: headline.number for headline in headlines(workspace)}
    assert numbers["of 12 judged entries are valid"] == "67%"
    assert numbers["distinct changes in 1 library"] == "8"
    assert numbers["rows that are proven and no duplicates"] == "8"
    assert libraries(workspace) == ["numpy"]


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    workspace: Workspace, tmp_path: Path
) -> None:
    with pytest.raises(BadFile, match="Is a directory"):
        write_report(workspace, tmp_path)
    with pytest.raises(DiskFull):
        write_report(workspace, Path("/dev/full"))


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    with Workspace.open(tmp_path / "ws") as empty:
        assert write_report(empty, tmp_path / "r.html") == 0
    assert "recode-data build numpy" in (tmp_path / "r.html").read_text()


def test_training_curves_come_from_the_trainers_own_log(tmp_path: Path) -> None:
    figures = training_figures([training_run(tmp_path / "grpo")])
    assert [figure.title for figure in figures] == [
        "Training: reward",
        "Training: frac_reward_zero_std",
    ]
    assert figures[0].rows[2] == {"run": "grpo", "step": 3, "value": 0.3}


def test_curves_are_a_row_a_step(tmp_path: Path) -> None:
    run = training_run(tmp_path / "grpo")
    assert training_curves(run)["reward"].round(3).to_dict() == {
        1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, 5: 0.5,
    }  # fmt: skip
    lines = [{"step": 1, "reward": 1.0}, {"step": 1, "eval_reward": 2.0}, {"epoch": 1.0}]
    (run / "curve.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert training_curves(run).to_dict("index") == {1: {"reward": 1.0, "eval_reward": 2.0}}
    (run / "curve.jsonl").write_text("{")
    with pytest.raises(BadFile, match=r"cannot read .*curve.jsonl:1: no JSON"):
        training_curves(run)


def test_what_is_no_number_in_a_training_log_is_not_drawn(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    odd = ('{"step": NaN, "loss": 1}', '{"step": 2, "loss": NaN}', '{"loss": 3}',
           '{"step": Infinity, "loss": 1}', '{"step": null, "loss": 1}', '{"step": 5, "loss": "x"}',
           '{"step": 6, "loss": 0.5}')  # fmt: skip
    (run / "curve.jsonl").write_text("\n".join(odd))
    [figure] = training_figures([run])
    assert figure.rows == [{"run": "run", "step": 6, "value": 0.5}]
    draw(figure)


def test_a_folder_without_a_training_log(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"curve\.jsonl"):
        training_figures([tmp_path])


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_in_a_real_browser(workspace: Workspace, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    torch = Entry("PyTorch", "==2.0", "d", "u", "old", "new", change_id=HOSTILE)
    workspace.add([torch, Verdict(torch.id, "1", "valid", "ok", "breaking", "1.9", "2.0")])
    file = tmp_path / "report.html"
    count = write_report(workspace, file, [training_run(tmp_path / "grpo")])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        for width in (400, 1400):
            for scheme in ("light", "dark"):
                page = browser.new_page(
                    viewport={"width": width, "height": 900},
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                said: list[str] = []
                page.on("console", lambda message, said=said: said.append(message.text))
                page.on("request", lambda request, said=said: said.append(request.url))
                page.goto(file.as_uri())
                for summary in page.locator("summary").all():
                    summary.click()
                assert page.locator("section").count() == count
                assert page.locator("svg").count() == 2, "the curves of the run"
                assert HOSTILE in page.locator(".bars").all_inner_texts()[1]
                assert page.title().startswith("numpy, PyTorch")
                narrow = page.evaluate(FONTS)
                assert narrow >= 12, "labels that one can read"
                assert page.evaluate(COLOURS) == [], "a name has one colour in all figures"
                assert page.evaluate(BESIDE), "short labels stand beside their bars"
                part = page.locator(".part[title='PyTorch · breaking: 1']").first
                assert (part.bounding_box() or {"width": 0})["width"] >= 2
                page.select_option("#library", "PyTorch")
                shown = page.locator("section:visible .bars").all_inner_texts()
                assert not any("numpy" in text for text in shown)
                assert any("PyTorch 2.0" in text for text in shown)
                page.select_option("#library", "")
                assert "numpy" in page.locator("main").inner_text()
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert page.title() != "owned"
                assert [line for line in said if line.startswith(("http", "Refused"))] == []
                assert [line for line in said if "rror" in line] == []
        browser.close()


FONTS = """Math.min(...[...document.querySelectorAll('.label, .number, .key, p')].map(
    (one) => parseFloat(getComputedStyle(one).fontSize)))"""
COLOURS = """(() => {
    const seen = {};
    for (const key of document.querySelectorAll('.key')) {
        (seen[key.textContent] ??= new Set()).add(key.firstChild.style.background);
    }
    return Object.keys(seen).filter((name) => seen[name].size > 1);
})()"""
BESIDE = """(() => {
    const line = document.querySelector('.short .line');
    const [label, track] = [...line.children].map((one) => one.getBoundingClientRect());
    return label.right <= track.left && label.top < track.bottom && track.top < label.bottom;
})()"""
BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def test_models_authors_duplicates_and_reviewers_are_told_apart(workspace: Workspace) -> None:
    first, second, third = workspace.all(Entry)[:3]
    for n, model in enumerate(("gpt", "gpt-4")):
        for turn in range(n + 1):
            made = Entry("numpy", "==2", "d", "u", f"x = {model!r}", f"y = {turn}", engine="llm",
                         author=f"{model}, prompt 1/removed")  # fmt: skip
            workspace.add([made, Verdict(made.id, "1", "valid", "ok", "breaking")])
        workspace.add([
            Call({"n": n}, model, "1/removed", "c", "removed", 0, 0, "answered", "{}", "stop",
                 100, 50, 0.5),
            Call({"n": -n - 1}, model, "1/removed", "c", "removed", 1, 0),
        ])  # fmt: skip
    workspace.execute(
        "INSERT INTO duplicates VALUES (?, 'c', ?, 1.0, 'kept'), (?, 'c', ?, 1.0, 'exact')",
        [first.id, first.id, second.id, first.id],
    )
    workspace.add([Decision(third.id, HOSTILE, "reject", "wrong")])
    figures = {figure.title: figure.rows for figure in workspace_figures(workspace)}
    assert figures["Spend and yield by model"] == [
        {"model": "gpt", "calls": 1, "tokens": 150, "cost": 0.5, "valid": 1},
        {"model": "gpt-4", "calls": 1, "tokens": 150, "cost": 0.5, "valid": 2},
    ]
    assert {"author": "llm: gpt-4", "verdict": "valid", "entries": 2} in figures["Yield by author"]
    assert [row["reason"] for row in figures["Duplicates"]] == ["exact", "kept"]
    assert figures["Decisions of reviewers"] == [
        {"reviewer": HOSTILE, "decided": "reject: wrong", "entries": 1}
    ]
