"""pydantic: models by their fields, in both of its interfaces."""

import sys

MODULE = "pydantic"
MASKS = (
    # An error links to the documentation of its own version.
    (r"\berrors\.pydantic\.dev/[\d.]+/", "errors.pydantic.dev/"),
)


def encode(value, inner):
    """Return the encoding of a model, or None."""
    for place in ("pydantic.main", "pydantic.v1.main"):
        base = getattr(sys.modules.get(place), "BaseModel", None)
        if base is not None and isinstance(value, base):
            return model(value, inner)
    return None


def model(value, inner):
    """Encode the declared fields and what was let in beside them; no private attribute, and no
    cached property, which version 2 keeps among the fields."""
    kind = type(value)
    found = dict(vars(value))
    declared = getattr(kind, "model_fields", None)
    if declared is not None:
        found = {name: found[name] for name in found if name in declared}
        found.update(getattr(value, "__pydantic_extra__", None) or {})
    if "__root__" in found:  # version 2 calls it so
        found["root"] = found.pop("__root__")
    return {
        "type": "dict",
        "class": "{}.{}".format(kind.__module__, kind.__qualname__),
        "items": [[inner(name), inner(found[name])] for name in sorted(found)],
    }
