"""Migrate a program to a new version of its library, in one turn or several.

A turn with an ``<answer>`` is graded and ends the episode, as the last turn does; any other runs
its program on the new version and shows what it prints. `reward_spec["ground_truth"]` is the
row's grading task, which the model is never shown.
"""

from typing import Any

from skyrl_gym.envs.base_text_env import BaseTextEnv, BaseTextEnvStepOutput
from skyrl_gym.envs.registration import register

from recode_data.answers import program_of
from recode_data.rewards.tasks import Task, grade_completion, paid, run_program

TURNS = 4
"""Turns of an episode where nothing else is said."""


class UpdatesEnv(BaseTextEnv):
    def __init__(self, env_config: Any = None, extras: dict[str, Any] | None = None) -> None:
        super().__init__()
        extras = extras or {}
        self.task = Task.from_json(extras["reward_spec"]["ground_truth"])
        self.max_turns = int(extras.get("max_turns", TURNS))

    def step(self, action: str) -> BaseTextEnvStepOutput:
        self.turns += 1
        if "<answer" in action.lower() or self.turns >= self.max_turns:
            return self._output(paid(grade_completion(self.task, action)))
        code = program_of(action)
        said = "(no program)" if code is None else run_program(self.task, code)
        return self._output(0.0, said)

    def _output(self, reward: float, said: str | None = None) -> BaseTextEnvStepOutput:
        observations = [] if said is None else [{"role": "user", "content": said}]
        return BaseTextEnvStepOutput(
            observations=observations, reward=reward, done=said is None, metadata={}
        )


register(id="recode-updates", entry_point="recode_updates_env:UpdatesEnv")
