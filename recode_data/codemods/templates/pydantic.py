"""Pydantic's templates, and what its notes rename in name only."""

from __future__ import annotations

from recode_data.codemods.template import template

KNOWN = {
    # The opposite is meant: what may not be changed is frozen, what is not included excluded.
    "pydantic.Field(allow_mutation=)": "",
    "pydantic.Field(include=)": "",
    "pydantic.Field(regex=)": "pattern",
    "pydantic.Field(min_items=)": "min_length",
    "pydantic.Field(max_items=)": "max_length",
    "pydantic.constr(regex=)": "pattern",
}

TEMPLATES = (
    template("pydantic.parse_obj_as(_t, _v)", "pydantic.TypeAdapter(_t).validate_python(_v)"),
    template("pydantic.schema_of(_t)", "pydantic.TypeAdapter(_t).json_schema()"),
    template("_m.__fields__", "_m.model_fields", "pydantic.BaseModel.__fields__"),
    template("_m.__fields_set__", "_m.model_fields_set", "pydantic.BaseModel.__fields_set__"),
)
