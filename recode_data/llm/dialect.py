"""What a server understands: learnt from what it refuses.

Every server takes ``model`` and ``messages``. Some refuse a schema, a seed, a temperature
other than 1, or the older name of the length limit, which is asked for first because some
servers ignore the newer one without a word. A refusal that names such a parameter
costs one more request, and the rest of the run is asked without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "migration",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "possible": {"type": "boolean"},
                "why_not": {"type": "string"},
                "description": {"type": "string"},
                "old_code": {"type": "string"},
                "new_code": {"type": "string"},
                "new_version": {"type": "string"},
            },
            "required": [
                "possible",
                "why_not",
                "description",
                "old_code",
                "new_code",
                "new_version",
            ],
            "additionalProperties": False,
        },
    },
}
"""The answer's form, in the words of the protocol."""
DESCRIPTION_SCHEMA: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {
        "name": "description",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"description": {"type": "string"}},
            "required": ["description"],
            "additionalProperties": False,
        },
    },
}
"""The form where only a description is asked for: such a request names it itself."""

_SPOKEN_OF = {
    "response_format": ("response_format", "json_schema", "guided", "grammar", "structured"),
    "max_tokens": ("max_tokens",),
    "seed": ("seed",),
    "temperature": ("temperature",),
}


class Dialect:
    """The parameters that are sent, until the server refuses one."""

    def __init__(self, refused: Iterable[str] = ()) -> None:
        self.refused = set(refused)

    def speak(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return ``request`` as this server takes it, the schema included."""
        spoken = self.whole(request)
        if "max_tokens" in self.refused:
            spoken["max_completion_tokens"] = spoken.pop("max_tokens")
        return {key: value for key, value in spoken.items() if key not in self.refused}

    @staticmethod
    def whole(request: dict[str, Any]) -> dict[str, Any]:
        """Return ``request`` with the schema and all parameters, as no server has refused any."""
        return {"response_format": SCHEMA, **request}

    def learn(self, spoken: dict[str, Any], complaint: str) -> bool:
        """Note the parameter that ``complaint`` names; false when it names none of them."""
        lower = complaint.lower()
        if "context" in lower:  # too long a prompt, told with the names of the limits
            return False
        for name, words in _SPOKEN_OF.items():
            if name in spoken and any(word in lower for word in words):
                self.refused.add(name)
                return True
        return False
