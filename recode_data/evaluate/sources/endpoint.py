"""Any endpoint that speaks OpenAI's chat completions."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Any

from recode_data.errors import NetworkError, RecodeError, UsageError
from recode_data.evaluate.sampling import Request, Sampling
from recode_data.evaluate.store import Completion

TIMEOUT = 300.0
RETRIES = 4


class Endpoint:
    """A model behind an address; ``OPENAI_API_KEY`` is sent where it is set.

    A server may cut and penalise beyond what is asked: vLLM takes such defaults from the
    model's ``generation_config.json`` unless it runs with ``--generation-config vllm``.
    """

    def __init__(self, address: str, model: str, concurrency: int = 16) -> None:
        from openai import OpenAI

        if not address.startswith(("http://", "https://")):
            raise UsageError(f"{address} is no address", "such as http://localhost:8000/v1")
        self.name = model
        self.address = address
        self.concurrency = concurrency
        key = os.environ.get("OPENAI_API_KEY") or "none"
        self.client = OpenAI(base_url=address, api_key=key, timeout=TIMEOUT, max_retries=RETRIES)
        self.name = model or self._only_model()

    def complete(self, requests: list[Request], sampling: Sampling) -> Iterator[Completion]:
        """Yield completions as they arrive; raises `NetworkError` when the endpoint fails.

        The threads are daemons: a stop does not wait for the answers that are under way.
        """
        waiting = deque(requests)
        arrived: Queue[Completion | RecodeError] = Queue()

        def work() -> None:
            while waiting:
                try:
                    request = waiting.popleft()
                except IndexError:
                    return
                arrived.put(self._completion(request, sampling))

        for _ in range(min(self.concurrency, len(requests))):
            Thread(target=work, daemon=True).start()
        try:
            for _ in requests:
                answer = arrived.get()
                if isinstance(answer, RecodeError):
                    raise answer
                yield answer
        finally:
            waiting.clear()

    def _completion(self, request: Request, sampling: Sampling) -> Completion | RecodeError:
        try:
            text = self._one(request, sampling)
        except RecodeError as error:
            return error
        except Exception as error:  # what waits for this answer would wait for ever
            return RecodeError(
                f"{self.address} sent what cannot be read: {_line(error)}",
                "the address must speak the OpenAI protocol; what was answered is kept",
            )
        return Completion(request.problem, request.sample, text, request.seed)

    def _one(self, request: Request, sampling: Sampling) -> str:
        messages: Any = request.messages
        answer: Any = self._asked(
            lambda: self.client.chat.completions.create(
                model=self.name,
                messages=messages,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=sampling.max_tokens,
                seed=request.seed,
            )
        )
        return str(answer.choices[0].message.content or "") if answer.choices else ""

    def _only_model(self) -> str:
        models = [model.id for model in self._asked(self.client.models.list).data]
        if len(models) != 1:
            known = ", ".join(models[:8]) or "none"
            raise UsageError("name the endpoint's model with --model", f"it serves: {known}")
        return str(models[0])

    def _asked(self, call: Any) -> Any:
        from openai import APIStatusError, OpenAIError

        try:
            return call()
        except APIStatusError as error:
            tip = "is OPENAI_API_KEY set?" if error.status_code in (401, 403) else ""
            raise NetworkError(
                f"{self.address} answered {error.status_code}: {_line(error)}", tip
            ) from error
        except OpenAIError as error:
            tip = "what arrived is kept: run the same command again to go on"
            raise NetworkError(f"{self.address} does not answer: {_line(error)}", tip) from error


def _line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
