"""Many requests at once: from the cache where it has them, from the endpoint otherwise.

Answers are committed as they arrive, by the one thread that owns the workspace; a kill
costs the requests under way and nothing else.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
import time
from collections.abc import Iterator, Sequence

from recode_data.errors import NetworkError, RecodeError
from recode_data.llm.budget import Amount, Budget, Spent, tokens_in
from recode_data.llm.endpoint import Client, GiveUp, Reply, TryAgain
from recode_data.llm.options import Endpoint, Options
from recode_data.llm.pace import Pace
from recode_data.progress import Task
from recode_data.records import Call
from recode_data.workspace import Workspace
from recode_data.workspace.llm import answered

LONGEST_WAIT = 8.0
ROW = 8
"""So many requests in a row that fail all their tries mean that the endpoint is down."""


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
        self.stopped: RecodeError | Spent | None = None
        self.sent = 0
        self.from_cache = 0
        self.owed = 0
        self.last_failure = ""
        self.notes: dict[str, object] = {}
        """What the caller wants shown beside the spend."""
        self._failed_in_row = 0
        self._unsaved: list[Call] = []

    def ask(self, calls: Sequence[Call], task: Task) -> dict[str, Call]:
        """Return the answered ones of ``calls`` by id; what has no answer is ``owed``."""
        wanted = {call.id: call for call in calls}
        have = answered(self.workspace, list(wanted))
        self.from_cache += len(have)
        missing = [call for key, call in wanted.items() if key not in have]
        if have:
            self._show(task, len(have))
        if missing and self.endpoint and not self.stopped:
            asyncio.run(self._ask(self.endpoint, iter(missing), task))
            have |= answered(self.workspace, [call.id for call in missing])
        self.owed += len(wanted) - len(have)
        return have

    async def _ask(self, endpoint: Endpoint, calls: Iterator[Call], task: Task) -> None:
        self.pace.renew()
        async with Client(endpoint) as client:
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
        for call in calls:
            try:
                done = await self._answer(client, call)
            except (RecodeError, Spent) as reason:
                self.stopped = self.stopped or reason
            else:
                self._count(done, task)
            if self.stopped:
                return

    def _count(self, done: Call | None, task: Task) -> None:
        if done is None:
            self._failed_in_row += 1
            if self._failed_in_row >= ROW:
                self.stopped = NetworkError(
                    f"the endpoint failed {ROW} requests in a row: {self.last_failure}",
                    "what was answered is kept: run the same command again to go on",
                )
            return
        self._failed_in_row = 0
        if not self._unsaved:
            # What else arrives before the loop comes round shares one transaction.
            asyncio.get_running_loop().call_soon(self._save)
        self._unsaved.append(done)
        self._show(task, 1)

    def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, []
        if unsaved:
            self.workspace.replace(unsaved)

    async def _answer(self, client: Client, call: Call) -> Call | None:
        """Return ``call`` with its answer, or None when it is owed to the next run."""
        prompt_tokens = sum(tokens_in(message["content"]) for message in call.request["messages"])
        for attempt in range(client.endpoint.attempts):
            reply, wait = await self._try(client, call, prompt_tokens)
            if reply:
                return self._filled(call, reply, prompt_tokens)
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
        used = (0, 0)
        place = None
        try:
            place = await self.pace.enter(prompt_tokens + self.options.answer_tokens)
            if self.stopped:
                return None, None
            self.sent += 1
            reply = await client.complete(call.request)
            used = _usage(call, reply, prompt_tokens)
            return reply, None
        except TryAgain as failure:
            self.last_failure = str(failure)
            if failure.wait:
                self.pace.pause(failure.wait)
            return None, -1 if failure.wait is None else 0.0
        except GiveUp as failure:
            self.last_failure = str(failure)
            return None, None
        finally:
            self.budget.settle(most, *used)
            if place:
                self.pace.settle(place, sum(used))

    async def _reserve(self, prompt_tokens: int) -> Amount:
        while True:
            try:
                return self.budget.reserve(prompt_tokens, self.options.answer_tokens)
            except Spent:
                if not self.budget.held.requests:
                    raise
            await asyncio.sleep(0.02)  # what is under way may cost less than it holds

    def _filled(self, call: Call, reply: Reply, prompt_tokens: int) -> Call:
        prompt, answer = _usage(call, reply, prompt_tokens)
        return dataclasses.replace(
            call,
            state="answered",
            answer=reply.text,
            finish=reply.finish,
            prompt_tokens=prompt,
            answer_tokens=answer,
            cost=self.budget.cost(prompt, answer),
            seconds=reply.seconds,
        )

    def _show(self, task: Task, steps: int) -> None:
        notes: dict[str, object] = {"cached": self.from_cache}
        if self.budget.price:
            notes["spent"] = f"{self.options.prices.currency}{self.budget.spent.cost:.4f}"
        notes["tokens"] = f"{self.budget.spent.tokens:,}"
        if task.total and (left := task.total - task.done - steps) > 0:
            spent = time.monotonic() - task.started
            notes["left"] = f"{left * spent / (task.done + steps):.0f}s"
        task.advance(steps, **notes, **self.notes)


def _usage(call: Call, reply: Reply, prompt_tokens: int) -> tuple[int, int]:
    """Return the tokens that were used: the server's count, or an estimate."""
    prompt = reply.prompt_tokens if reply.prompt_tokens is not None else prompt_tokens
    answer = reply.answer_tokens if reply.answer_tokens is not None else tokens_in(reply.text)
    return prompt, answer
