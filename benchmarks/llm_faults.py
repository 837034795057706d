"""Send 2,000 requests of the LLM engine to a loopback endpoint that misbehaves in every known way.

    python benchmarks/llm_faults.py [--requests 2000] [--concurrency 64]

Every third request fails first (an HTML page with status 200, 429, 502, a reset, an empty body);
each is then answered once, in one of eleven forms: plain, three kinds of event streams, tool and
function calls, parts, usages with nulls, reasoning in place of content, cut at the length limit.
The same command runs again until nothing is owed, and the workspace's account is held against
the server's own. Exit code 1 when a request was lost, paid twice or accounted wrongly.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/llm")]

from llm_server import FaultyAuthor, serve  # noqa: E402
from test_llm_faults import answer, fill, go  # noqa: E402

from recode_data.records import Call  # noqa: E402
from recode_data.workspace import Workspace  # noqa: E402

EACH = 4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--concurrency", type=int, default=64)
    given = parser.parse_args()
    author = FaultyAuthor(answer, delay=0.05)
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        Workspace.open(folder) as workspace,
        serve(author) as server,
    ):
        fill(workspace, given.requests // EACH)
        runs, owed = 0, 1
        while owed and runs < 5:
            outcome = go(workspace, server, per_change=EACH, concurrency=given.concurrency)
            runs, owed = runs + 1, outcome.summary.owed
        calls = workspace.all(Call, "state = 'answered'")
    told = [sum(call.prompt_tokens for call in calls), sum(call.answer_tokens for call in calls)]
    lost = given.requests - len(calls)
    twice = sum(1 for count in author.paid.values() if count > 1)
    print(
        f"{given.requests:,} requests, {len(server.asked):,} sent in {runs} runs, "
        f"{server.most_at_once} at once, {time.monotonic() - began:.0f} s"
    )
    print(f"lost {lost}, paid twice {twice}")
    print(f"account {told[0]:,} + {told[1]:,} tokens, the server's own {author.tokens[0]:,} + "
          f"{author.tokens[1]:,}")  # fmt: skip
    return int(bool(lost or twice or told != author.tokens))


if __name__ == "__main__":
    sys.exit(main())
