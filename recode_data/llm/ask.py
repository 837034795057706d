"""Many requests at once: from the cache where it has them, from the endpoint otherwise.

Answers are committed as they arrive, by the one thread that owns the workspace; a kill
costs the requests under way and nothing else. `Asker` keeps the limits, the account and the
brakes for whoever answers: an endpoint request by request here, its batch API in
`recode_data.llm.batch`, which reads files of results too.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from recode_data.errors import NetworkError, RecodeError
from recode_data.llm.answer import MAX_ANSWER, is_cut
from recode_data.llm.budget import Amount, Budget, Spent, tokens_in
from recode_data.llm.completion import Completion, Unread
from recode_data.llm.dialect import Dialect
from recode_data.llm.endpoint import Client, GiveUp, Reply, TryAgain
from recode_data.llm.options import Endpoint, Options
from recode_data.llm.pace import Pace, Ramp
from recode_data.progress import Progress, Task
from recode_data.records import Call
from recode_data.workspace import Workspace
from recode_data.workspace.llm import (
    answered,
    learn_dialect,
    refused_parameters,
    wasted_tokens,
)

LONGEST_WAIT = 8.0
UNREAD_TRIES = 2
"""Times that one request is sent although the response held no completion: each may be paid."""
KEPT = "what was answered is kept: run the same command again to go on"


class Brake:
    """Stops a run whose requests are of no use, before more of them are paid.

    A run in which nothing was of use yet stops at `FIRST` failures in a row. One in which
    something was goes on through `ROW` of them, and as many more as may be under way at once:
    what fails comes back sooner than what is answered.
    """

    ROW = 8
    FIRST = 3

    def __init__(self, together: int) -> None:
        self.together = together
        self.of_use = False
        self.rows = {"failed": 0, "unread": 0, "cut": 0}

    def good(self) -> None:
        """Note an answer that came whole."""
        self.of_use = True
        self.rows = dict.fromkeys(self.rows, 0)

    def bad(self, how: str, text: str) -> RecodeError | None:
        """Note one that was of no use; return the reason to stop once they are too many."""
        self.rows[how] += 1
        many = self.rows[how]
        if many < (self.ROW + self.together if self.of_use else self.FIRST):
            return None
        if how == "unread":
            return NetworkError(
                f"{many} responses in a row were no chat completion: {text}",
                "--base-url is the address up to and with /v1, such as http://localhost:8000/v1; "
                + KEPT,
            )
        if how == "cut":
            return NetworkError(
                f"{many} answers in a row were cut off at the length limit: {text}",
                "raise --answer-tokens, or have the server reason less; " + KEPT,
            )
        return NetworkError(f"the endpoint failed {many} requests in a row: {text}", KEPT)


class Asker:
    """Asks for calls and keeps the answers; ``stopped`` says why it asks no more."""

    def __init__(
        self, workspace: Workspace, endpoint: Endpoint | None, options: Options, budget: Budget
    ) -> None:
        self.workspace = workspace
        self.endpoint = endpoint
        self.options = options
        self.budget = budget
        self.pace = Pace(options.rpm, options.tpm)
        self.ramp = Ramp(options.concurrency)
        self.brake = Brake(options.concurrency)
        self.dialect = Dialect(refused_parameters(workspace, options.model))
        self._kept_dialect = set(self.dialect.refused)
        self.stopped: RecodeError | Spent | None = None
        self.sent = 0
        self.from_cache = 0
        self.owed = 0
        self.last_failure = ""
        self.notes: dict[str, object] = {}
        """What the caller wants shown beside the spend."""
        self.said: list[str] = []
        """Lines for people, for the end of the run."""
        self._wasted = wasted_tokens(workspace, options.model)
        """Tokens of prompts and answers in responses that held no completion, by call."""
        self._unsaved: list[Call] = []

    def ask(self, calls: Sequence[Call], task: Task) -> dict[str, Call]:
        """Return the answered ones of ``calls`` by id; what has no answer is ``owed``."""
        wanted = {call.id: call for call in calls}
        have = answered(self.workspace, list(wanted))
        self.from_cache += len(have)
        cut = [call for call in have.values() if is_cut(call.answer, call.finish)]
        if self.endpoint and cut and len(cut) == len(have):  # by an earlier run
            for call in cut:
                self._look(call)
        missing = [call for key, call in wanted.items() if key not in have]
        if have:
            self.show(task, len(have))
        if missing and self.endpoint and not self.stopped:
            self._obtain(self.endpoint, missing, task)
            have |= answered(self.workspace, [call.id for call in missing])
        self.owed += len(wanted) - len(have)
        return have

    def _obtain(self, endpoint: Endpoint, missing: list[Call], task: Task) -> None:
        """Have the calls answered and stored, or `stopped` set."""
        asyncio.run(self._ask(endpoint, iter(missing), task))

    async def _ask(self, endpoint: Endpoint, calls: Iterator[Call], task: Task) -> None:
        self.pace.renew()
        self.ramp.renew()
        async with Client(endpoint, self.dialect) as client:
            workers = [
                asyncio.create_task(self._work(client, calls, task))
                for _ in range(self.options.concurrency)
            ]
            try:
                await asyncio.gather(*workers)
            finally:
                for worker in workers:
                    worker.cancel()
                self._save()

    async def _work(self, client: Client, calls: Iterator[Call], task: Task) -> None:
        while not self.stopped:
            # A call is taken when its turn comes, so that a stop leaves it with the others.
            await self.ramp.enter()
            try:
                call = None if self.stopped else next(calls, None)
                if call is None:
                    return
                done = await self._answer(client, call)
                if done:
                    self.accept(done, task)
                elif not self.stopped:
                    self.fail(call, "failed", self.last_failure)
            except (RecodeError, Spent) as reason:
                self.stopped = self.stopped or reason
            finally:
                self.ramp.leave()

    def accept(self, done: Call, task: Task | None = None) -> None:
        """Keep an answered call and show it; one that was cut may end the run."""
        if not self._unsaved and task:
            # What else arrives before the loop comes round shares one transaction.
            asyncio.get_running_loop().call_soon(self._save)
        self._unsaved.append(done)
        self._look(done)
        if task:
            self.show(task, 1)

    def fail(self, call: Call, how: str, text: str) -> None:
        """Note that a call has no answer, and why; too many of them end the run."""
        self.last_failure = text
        if call.id in self._wasted:
            self._unsaved.append(self.charged(call, (0, 0), finish=f"no completion: {text}"[:300]))
        self.stopped = self.stopped or self.brake.bad(how, text)

    def _look(self, call: Call) -> None:
        if is_cut(call.answer, call.finish):
            text = f"{call.answer_tokens:,} tokens at --answer-tokens {self.options.answer_tokens}"
            self.stopped = self.stopped or self.brake.bad("cut", text)
            self.ramp.shrink()
        else:
            self.brake.good()
            self.ramp.grow()

    def tell_end(self, progress: Progress) -> None:
        """Say how the run ended; raises the `RecodeError` that stopped it."""
        for line in self.said:
            progress.say(line)
        if isinstance(self.stopped, Spent):
            progress.say(f"stopped at {self.stopped}: raise it and run again to go on")
        elif self.stopped:
            raise self.stopped
        elif self.last_failure and self.owed:
            progress.say(f"{self.owed:,} without an answer: {self.last_failure}")

    def keep_dialect(self) -> None:
        """Keep what was learnt of the server for all later runs of the workspace."""
        if learnt := self.dialect.refused - self._kept_dialect:
            learn_dialect(self.workspace, self.options.model, learnt)
            self._kept_dialect |= learnt

    def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, []
        if unsaved:
            self.workspace.replace(unsaved)

    async def _answer(self, client: Client, call: Call) -> Call | None:
        """Return ``call`` with its answer, or None when it is owed to the next run."""
        prompt_tokens = prompt_tokens_of(call)
        unread = 0
        for attempt in range(client.endpoint.attempts):
            try:
                reply, wait = await self._try(client, call, prompt_tokens)
            except Unread as failure:
                unread += 1
                self.fail(call, "unread", failure.text)
                self.ramp.shrink()
                if unread >= UNREAD_TRIES or self.stopped:
                    return None
                reply, wait = None, -1.0
            if reply:
                return self.filled(call, reply.completion, reply.seconds)
            if wait is None or self.stopped:
                return None
            backoff = min(LONGEST_WAIT, client.endpoint.first_wait * 2.0**attempt)
            await asyncio.sleep(wait if wait >= 0 else backoff * random.uniform(0.5, 1.0))
        return None

    async def _try(
        self, client: Client, call: Call, prompt_tokens: int
    ) -> tuple[Reply | None, float | None]:
        """Send once. Returns the reply, or how long to wait: None for ever, -1 as usual."""
        most = await self._reserve(prompt_tokens)
        used: tuple[int, int] | None = None
        place = None
        try:
            place = await self.pace.enter(prompt_tokens + self.options.answer_tokens)
            if self.stopped:
                return None, None
            self.sent += 1
            reply = await client.complete(call.request)
            used = usage_of(call, reply.completion)
            return reply, None
        except Unread as failure:
            used = failure.usage.filled(0, 0)
            self.waste(call, used)
            raise
        except TryAgain as failure:
            self.last_failure = str(failure)
            if failure.wait:
                self.pace.pause(failure.wait)
            return None, -1 if failure.wait is None else 0.0
        except GiveUp as failure:
            self.last_failure = str(failure)
            return None, None
        finally:
            self.budget.settle(most, used)
            if place:
                self.pace.settle(place, sum(used or (0, 0)))
            self.keep_dialect()

    async def _reserve(self, prompt_tokens: int) -> Amount:
        while True:
            try:
                return self.budget.reserve(prompt_tokens, self.options.answer_tokens)
            except Spent:
                if not self.budget.held.requests:
                    raise
            await asyncio.sleep(0.02)  # what is under way may cost less than it holds

    def waste(self, call: Call, used: tuple[int, int]) -> None:
        """Note what a response without a completion cost, as part of what its call costs."""
        if any(used):
            before = self._wasted.get(call.id, (0, 0))
            self._wasted[call.id] = before[0] + used[0], before[1] + used[1]

    def filled(
        self, call: Call, completion: Completion, seconds: float = 0.0, batch: bool = False
    ) -> Call:
        """Return ``call`` with its answer and all that was paid for it."""
        long = len(completion.text) > MAX_ANSWER
        return self.charged(
            call,
            usage_of(call, completion),
            batch,
            state="answered",
            answer="" if long else completion.text,
            finish="too_long" if long else completion.finish,
            seconds=seconds,
        )

    def charged(self, call: Call, used: tuple[int, int], batch: bool = False, **told: Any) -> Call:
        """Return ``call`` with what it used, what it wasted before, and what that costs."""
        wasted = self._wasted.get(call.id, (0, 0))
        prompt, answer = used[0] + wasted[0], used[1] + wasted[1]
        cost = self.budget.cost(prompt, answer, batch)
        return replace(call, prompt_tokens=prompt, answer_tokens=answer, cost=cost, **told)

    def show(self, task: Task, steps: int) -> None:
        """Count answers on the progress line, beside what was spent."""
        notes: dict[str, object] = {"cached": self.from_cache}
        if self.budget.price:
            notes["spent"] = f"{self.options.prices.currency}{self.budget.spent.cost:.4f}"
        notes["tokens"] = f"{self.budget.spent.tokens:,}"
        done = task.done + steps
        if done and task.total and (left := task.total - done) > 0:
            notes["left"] = f"{left * (time.monotonic() - task.started) / done:.0f}s"
        task.advance(steps, **notes, **self.notes)


def prompt_tokens_of(call: Call) -> int:
    """Return an upper estimate of the tokens in a request's messages."""
    return sum(tokens_in(message["content"]) for message in call.request["messages"])


def usage_of(call: Call, completion: Completion) -> tuple[int, int]:
    """Return the tokens that were used: the server's count, or an estimate."""
    return completion.usage.filled(prompt_tokens_of(call), tokens_in(completion.text))
