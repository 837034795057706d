"""The review: decisions kept at once, hostile text harmless, driven by a real browser."""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recode_data.duplicates import dedup
from recode_data.errors import UnknownName, UsageError
from recode_data.progress import Progress
from recode_data.publish import Configuration, export
from recode_data.records import Decision, Entry, Run, Verdict
from recode_data.review import Filters, agreements, decide, next_entry
from recode_data.review.decisions import edited, withdraw
from recode_data.review.diff import one_column, side_by_side
from recode_data.workspace import Workspace
from recode_data.workspace.funnel import funnel
from recode_data.workspace.reviews import Place, choices, cohens_kappa, place, tallies

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium")
HOSTILE = "</pre></textarea><script>document.title='owned'</script><img src=x onerror=alert(1)>"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def entry(n: int, **more: str) -> Entry:
    old = f"import numpy as np\nrows = [1, 2, {n}]\nprint(np.product(rows))\n# {HOSTILE}"
    return Entry("numpy", "==2.0.0", f"Multiply {n}.", f"`np.product` is gone. {HOSTILE}", old,
                 old.replace("product", "prod"), engine="llm", author="m", **more)  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Workspace.open(tmp_path / "ws") as workspace:
        for n in range(4):
            made = entry(n)
            ran = Run(f"c{n}", "e", "numpy", "2.0.2", "3.12", "1", "raised", "AttributeError",
                      f"no product {HOSTILE}", stdout=HOSTILE)  # fmt: skip
            evidence = {"runs": {"old_on_new": {"run": ran.id, "status": "raised"}}}
            verdict = Verdict(made.id, "1", "valid" if n else "invalid", "ok", "breaking",
                              "1.26.4", "2.0.2", HOSTILE, evidence)  # fmt: skip
            workspace.add([made, ran, verdict])
    return tmp_path


@contextmanager
def review(folder: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the command as a user does; yield the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recode_data", "review", "-w", "ws", "--reviewer", "ada", *more],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )  # fmt: skip
    assert process.stdout
    try:
        yield process.stdout.readline().strip(), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def decisions(folder: Path) -> dict[str, Decision]:
    with Workspace.open(folder / "ws", read_only=True) as workspace:
        return {found.entry_id: found for found in workspace.all(Decision)}


def ask(
    address: str, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=60)
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, path, body, names)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text


def enter(address: str) -> str:
    """Return the cookie that the printed address gives."""
    status, headers, _ = ask(address, "GET", "/?" + urlsplit(address).query)
    assert status == 303 and headers["location"] == "/"
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    return cookie.split(";")[0]


def test_only_who_has_the_token_is_let_in(folder: Path) -> None:
    with review(folder) as (address, _):
        host = urlsplit(address).netloc
        assert urlsplit(address).hostname == "127.0.0.1"
        cookie = enter(address)
        form = urlencode({"decision": "accept"})
        path = f"/entry/{entry(1).id}"
        assert ask(address, "GET", "/")[0] == 403
        assert ask(address, "GET", "/?token=wrong")[0] == 403
        assert ask(address, "GET", "/static/keys.js")[0] == 403
        assert ask(address, "POST", path, form)[0] == 403
        assert ask(address, "GET", "/", cookie=cookie)[0] == 200
        assert ask(address, "GET", "/", cookie=cookie, host="evil.example")[0] == 421
        assert (
            ask(address, "POST", path, form, cookie=cookie, origin="http://evil.example")[0] == 403
        )
        assert (
            ask(address, "POST", path, form, cookie=cookie, sec_fetch_site="cross-site")[0] == 403
        )
        large = ask(address, "POST", path, "x" * 1_100_000, cookie=cookie)
        assert large[0] == 413
        good = ask(address, "POST", path, form, cookie=cookie, origin=f"http://{host}")
        assert good[0] == 303
    assert set(decisions(folder)) == {entry(1).id}


def test_no_answer_lets_text_run(folder: Path) -> None:
    with review(folder) as (address, _):
        cookie = enter(address)
        for path in ("/", f"/entry/{entry(1).id}", "/entry/none", "/static/keys.js", "/nowhere"):
            _, headers, text = ask(address, "GET", path, cookie=cookie)
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy and "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert "<script>document" not in text and "<img" not in text


def test_wrong_requests_are_answered(folder: Path) -> None:
    with review(folder) as (address, _):
        cookie = enter(address)
        path = f"/entry/{entry(1).id}"
        for form, said in (
            ({"decision": "reject"}, "a rejection needs a reason"),
            ({"decision": "reject", "reason": HOSTILE}, "a rejection needs a reason"),
            ({"decision": "burn"}, "no decision is called"),
            ({}, "no decision is called"),
            ({"decision": "reject", "reason": "other", "note": " "}, "this reason needs a note"),
            ({"decision": "edit", "old_code": "x"}, "an edit needs"),
            (
                {"decision": "edit", "description": "d", "old_code": "x", "new_code": "y ="},
                "the new code is no Python: invalid syntax, line 1",
            ),
        ):
            status, _, text = ask(address, "POST", path, urlencode(form), cookie=cookie)
            assert status == 422 and said in text
        status, _, text = ask(
            address, "POST", "/entry/none", urlencode({"decision": "skip"}), cookie=cookie
        )
        assert status == 404 and "no entry has the id" in text
    assert not decisions(folder)


def test_a_decision_survives_a_kill(folder: Path) -> None:
    with review(folder) as (address, process):
        cookie = enter(address)
        form = urlencode(
            {"decision": "reject", "reason": "trivial", "note": "so what", "reviewer": "grace"}
        )
        assert ask(address, "POST", f"/entry/{entry(2).id}", form, cookie=cookie)[0] == 303
        process.kill()
        process.communicate()
    kept = decisions(folder)[entry(2).id]
    assert (kept.decision, kept.reason, kept.note, kept.reviewer) == (
        "reject", "trivial", "so what", "grace",
    )  # fmt: skip


def test_the_token_is_nowhere_but_in_the_address(folder: Path) -> None:
    with review(folder) as (address, process):
        token = urlsplit(address).query.removeprefix("token=")
        cookie = enter(address)
        text = ask(address, "GET", f"/entry/{entry(1).id}", cookie=cookie)[2]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert len(token) >= 32 and token not in text + out + err
    assert "Traceback" not in err
    assert all(token.encode() not in file.read_bytes() for file in (folder / "ws").iterdir())


def test_next_skips_what_is_decided_and_brings_back_what_was_skipped(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        filters = Filters()
        seen = []
        while (found := next_entry(workspace, "ada", filters)) and found not in seen:
            seen.append(found)
            decide(workspace, found, "ada", "skip" if len(seen) == 1 else "accept")
        assert sorted(seen) == sorted(entry(n).id for n in (1, 2, 3))
        assert found == seen[0], "skipped, so it comes again at the end"
        assert next_entry(workspace, "grace", filters)
        assert next_entry(workspace, "ada", Filters(library="pandas")) is None
        assert next_entry(workspace, "ada", Filters(status="invalid")) == entry(0).id
        assert next_entry(workspace, "grace", Filters(kind="deprecated")) is None
        assert next_entry(workspace, "grace", Filters(engine="rules")) is None
        assert next_entry(workspace, "grace", Filters("numpy", "breaking", "llm"))
        [tally] = tallies(workspace, ["ada"], filters)
        assert (tally.counts["accept"], tally.counts["skip"], tally.left) == (2, 1, 1)
        assert choices(workspace)["status"] == ["invalid", "valid"]
        with pytest.raises(UnknownName):
            decide(workspace, "none", "ada", "accept")


def test_the_last_decision_of_a_reviewer_counts(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        decide(workspace, entry(1).id, "ada", "accept")
        decide(workspace, entry(1).id, "ada", "reject", "other", note="it is odd")
        assert [d.decision for d in workspace.all(Decision)] == ["reject"]


@pytest.mark.parametrize(
    ("labels", "kappa"),
    [
        # The worked example of Cohen's kappa that textbooks use: 20, 5, 10, 15 of 50.
        ([("a", "a")] * 20 + [("a", "r")] * 5 + [("r", "a")] * 10 + [("r", "r")] * 15, 0.4),
        ([("a", "a")] * 45 + [("a", "r")] * 15 + [("r", "a")] * 25 + [("r", "r")] * 15, 0.1304),
        ([("a", "r"), ("r", "a")], -1.0),
        ([("a", "a"), ("r", "r"), ("e", "e")], 1.0),
    ],
)
def test_kappa(labels: list[tuple[str, str]], kappa: float) -> None:
    assert cohens_kappa(labels) == pytest.approx(kappa, abs=1e-4)


@given(st.lists(st.tuples(st.sampled_from("are"), st.sampled_from("are"))))
def test_kappa_is_between_its_bounds(labels: list[tuple[str, str]]) -> None:
    kappa = cohens_kappa(labels)
    assert kappa is None or -1 <= kappa <= 1


def test_agreement_is_over_what_both_decided(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        for n, (ada, grace) in enumerate([("accept", "accept"), ("reject", "accept"),
                                          ("reject", "reject"), ("accept", "skip")]):  # fmt: skip
            decide(workspace, entry(n).id, "ada", ada, "wrong")  # type: ignore[arg-type]
            decide(workspace, entry(n).id, "grace", grace, "text")  # type: ignore[arg-type]
        [pair] = agreements(workspace)
    assert (pair.first, pair.second, pair.entries, pair.same) == ("ada", "grace", 3, 2)
    assert pair.kappa == pytest.approx(0.4)
    done = subprocess.run(
        [sys.executable, "-m", "recode_data", "review", "-w", "ws", "--agreement", "--json"],
        cwd=folder, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert json.loads(done.stdout)["kappa"] == pytest.approx(0.4)


@given(st.text("ab\n", max_size=30), st.text("ab\n", max_size=30))
def test_a_diff_holds_every_line_of_both_sides(old: str, new: str) -> None:
    rows = side_by_side(old, new)
    assert "\n".join(row.old for row in rows if row.old_number) == old
    assert "\n".join(row.new for row in rows if row.new_number) == new
    assert all(row.old == row.new for row in rows if row.change == "same")


def test_an_edit_is_an_entry_of_its_own() -> None:
    found = entry(1, old_origin="real", new_origin="derived")
    fields = {"description": "d", "old_code": found.old_code, "new_code": "y = 1\r\nz = 2\r\n"}
    made = edited(found, "ada", fields)
    assert made.new_code == "y = 1\nz = 2"
    assert (made.old_origin, made.new_origin) == ("real", "written")
    assert made.parameters["edited_from"] == found.id and "ada" in made.author
    same = {name: getattr(found, name) for name in fields}
    with pytest.raises(UsageError, match="nothing was changed"):
        edited(found, "ada", same)


def test_an_edit_that_is_not_valid_leaves_the_original_where_it_was(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        source = entry(1)
        fields = {"description": "d", "old_code": source.old_code, "new_code": "print(1)",
                  "update_info": "Told better."}  # fmt: skip
        made = edited(source, "ada", fields)
        assert made.update_info == "Told better."
        workspace.add([made])
        decide(workspace, source.id, "ada", "edit", edited_as=made.id)
        for status, kept in (("invalid", True), ("valid", False)):
            workspace.add([Verdict(made.id, status[0], status, status)])  # type: ignore[arg-type]
            workspace.execute("UPDATE verdicts SET judge = '2' WHERE judge = ?", [status[0]])
            dedup(workspace, Progress(quiet=True))
            export(workspace, folder / "out", Configuration())
            text = "".join(f.read_text() for f in (folder / "out" / "jsonl").glob("*.jsonl"))
            assert (source.id in text) is kept
            workspace.execute("DELETE FROM verdicts WHERE entry_id = ?", [made.id])


def test_decisions_reach_the_status(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        decide(workspace, entry(1).id, "ada", "reject", "trivial")
        decide(workspace, entry(2).id, "ada", "accept")
        stages = {stage.name: stage for stage in funnel(workspace)}
        assert stages["valid"].dropped["rejected"] == 1
        assert stages["unique"].count == stages["valid"].count - 1


def test_what_was_decided_can_be_taken_back(folder: Path) -> None:
    with review(folder) as (address, _):
        cookie = enter(address)
        first, second = sorted(entry(n).id for n in (1, 2))
        for id, decision in ((first, "accept"), (second, "skip")):
            form = urlencode({"decision": decision})
            status, headers, _ = ask(address, "POST", f"/entry/{id}", form, cookie=cookie)
            assert (status, headers["location"]) == (303, f"/next?last={id}")
        shown = ask(address, "GET", f"/entry/{second}?last={first}", cookie=cookie)[2]
        assert f'action="/entry/{first}/undo"' in shown and "Accepted" in shown
        assert "of 3" in shown and "2 left" in shown
        status, headers, _ = ask(address, "POST", f"/entry/{first}/undo", "", cookie=cookie)
        assert (status, headers["location"]) == (303, f"/entry/{first}")
        status, _, text = ask(address, "POST", f"/entry/{first}/undo", "", cookie=cookie)
        assert status == 404 and "has decided nothing" in text
    assert set(decisions(folder)) == {second}


def test_an_edit_that_is_taken_back_leaves_no_entry(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        fields = {"description": "d", "old_code": "x = 1", "new_code": "y = 1"}
        made = edited(entry(1), "ada", fields)
        workspace.add([made, Verdict(made.id, "1", "valid", "ok", "breaking")])
        decide(workspace, entry(1).id, "ada", "edit", edited_as=made.id)
        decide(workspace, entry(1).id, "grace", "edit", edited_as=made.id)
        for reviewer, there in (("ada", 1), ("grace", 0)):
            assert withdraw(workspace, entry(1).id, reviewer).edited_as == made.id
            assert workspace.count(Entry, "id = ?", [made.id]) == there
            assert workspace.count(Verdict, "entry_id = ?", [made.id]) == there


def test_the_place_of_an_entry(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        ids = sorted(entry(n).id for n in (1, 2, 3))
        decide(workspace, ids[0], "ada", "accept")
        found = place(workspace, ids[1], "ada", Filters())
        assert found == Place(2, 3, ids[0], ids[2], 2)
        assert place(workspace, ids[2], "ada", Filters(library="numpy")).after == ""
        assert place(workspace, entry(0).id, "ada", Filters()).number == 0, "it is not valid"


@given(st.text("ab (=", max_size=20), st.text("ab (=", max_size=20))
def test_the_parts_of_a_line_are_the_line(old: str, new: str) -> None:
    for line in side_by_side(old, new):
        for text, parts in zip((line.old, line.new), line.parts, strict=True):
            assert "".join(part.text for part in parts) == text
    column = one_column(side_by_side(f"{old}\n{new}", f"{new}\n{old}"))
    assert sum(row.side != "new" for row in column) == 2
    assert sum(row.side != "old" for row in column) == 2


def test_decisions_enter_the_export_and_the_card(folder: Path) -> None:
    with Workspace.open(folder / "ws") as workspace:
        numbers = "import numpy as np\nprint(np.product([7, 8, 9, 10, 11, 12, 13, {}]))"
        for n in range(10, 16):
            code = "\n".join(numbers.format(n * k) for k in range(n))
            made = entry(n)
            made = dataclasses.replace(
                made, old_code=code, new_code=code.replace("product", "prod"),
                old_symbol=f"numpy.f{n}",
            )  # fmt: skip
            workspace.add([made, Verdict(made.id, "1", "valid", "ok", "breaking", "1", "2")])
        first, second, third, *_ = sorted(
            found.id for found in workspace.all(Entry, "old_symbol <> ''")
        )
        source = workspace.all(Entry, "id = ?", [third])[0]
        fields = {"description": "Better said.", "old_code": source.old_code,
                  "new_code": source.new_code}  # fmt: skip
        better = edited(source, "ada", fields)
        workspace.add([better, Verdict(better.id, "1", "valid", "ok", "breaking", "1", "2")])
        decide(workspace, first, "ada", "accept")
        decide(workspace, first, "grace", "accept")
        decide(workspace, second, "ada", "accept")
        decide(workspace, second, "grace", "reject", "wrong")
        decide(workspace, third, "ada", "edit", edited_as=better.id)
        dedup(workspace, Progress(quiet=True))
        export(workspace, folder / "out", Configuration())
    rows = {
        row["id"]: row
        for file in (folder / "out" / "jsonl").glob("*.jsonl")
        for row in map(json.loads, file.read_text().splitlines())
    }
    assert rows[first]["review"] == "accepted by 2"
    assert second not in rows, "one rejection is enough"
    assert third not in rows and better.id in rows, "the edit stands for what it changed"
    text = (folder / "out" / "README.md").read_text()
    assert "accepted 2 entries, rejected 1 and changed 1" in text
    assert "2 entries decided by both, 1 the same, Cohen's kappa 0.00" in text


@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_two_reviewers_in_a_real_browser(folder: Path) -> None:
    from playwright.sync_api import Page, sync_playwright

    said: list[str] = []

    def press(page: Page, key: str) -> None:
        with page.expect_navigation(timeout=60_000):
            page.keyboard.press(key)

    def listen(page: Page) -> Page:
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        return page

    with review(folder) as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = listen(browser.new_page(viewport={"width": 1400, "height": 900}))
        page.goto(address)
        assert "token" not in page.url
        press(page, "Enter")
        assert page.locator("tr.changed").count() == 1
        assert HOSTILE in page.locator("#update").inner_text()
        assert "AttributeError" in page.locator("#evidence").inner_text()
        press(page, "a")
        press(page, "r")  # without a reason
        assert "needs a reason" in page.locator(".message").inner_text()
        page.keyboard.press("5")
        press(page, "r")
        page.fill("input[name=note]", "ars")
        page.keyboard.type("ars")  # keys while typing decide nothing
        page.keyboard.press("Escape")
        press(page, "s")

        other = listen(browser.new_page(viewport={"width": 400, "height": 800}))
        other.goto(address)
        other.fill("input[name=reviewer]", "grace")
        with other.expect_navigation(timeout=60_000):
            other.click("button[name=start]")
        for _ in range(3):
            assert other.evaluate("document.documentElement.scrollWidth") <= 400
            press(other, "a")
        other.goto(address.split("?")[0])
        table = other.locator("main").inner_text()
        for shown in (page, other):
            assert shown.title() != "owned" and shown.locator("main img").count() == 0
        browser.close()
    assert "ada and grace" in table and "not defined" not in table
    kept = decisions_of(folder)
    assert sorted(kept["ada"]) == ["accept", "reject:trivial", "skip"]
    assert kept["grace"] == ["accept"] * 3
    assert [line for line in said if "422" not in line] == []


def decisions_of(folder: Path) -> dict[str, list[str]]:
    with Workspace.open(folder / "ws", read_only=True) as workspace:
        kept: dict[str, list[str]] = {}
        for found in workspace.all(Decision):
            text = ":".join(filter(None, (found.decision, found.reason)))
            kept.setdefault(found.reviewer, []).append(text)
    return kept


@pytest.mark.index
@pytest.mark.timeout(200)
def test_an_edit_is_validated_at_once(folder: Path) -> None:
    code = "import numpy as np\nrows = np.array([[3, 1, 4], [1, 5, 9]])\n"
    fields = {
        "decision": "edit",
        "description": "Multiply each row.",
        "old_code": code + "print(np.product(rows, axis=1).tolist())",
        "new_code": code + "print(np.prod(rows, axis=1).tolist())",
    }
    with review(folder) as (address, _):
        cookie = enter(address)
        status, headers, text = ask(
            address, "POST", f"/entry/{entry(0).id}", urlencode(fields), cookie=cookie
        )
        assert status == 303, text
        shown = ask(address, "GET", headers["location"], cookie=cookie)[2]
        assert 'class="valid"' in shown, shown
    kept = decisions(folder)[entry(0).id]
    assert kept.decision == "edit"
    assert headers["location"].partition("?")[0] == f"/entry/{kept.edited_as}"
