"""The templates that are known: what is regular in a library but no rename; and renames that
the notes leave out or that are easily read wrongly from them.

A template about a keyword has the symbol ``pandas.Series.fillna(method=)``.
"""

from __future__ import annotations

from recode_data.codemods.template import Template
from recode_data.codemods.templates import (
    flask,
    matplotlib,
    networkx,
    numpy,
    pandas,
    polars,
    pydantic,
    scikit_image,
    scikit_learn,
    scipy,
    sqlalchemy,
    xarray,
)

_LIBRARIES = (
    numpy,
    scipy,
    sqlalchemy,
    pandas,
    networkx,
    scikit_learn,
    scikit_image,
    xarray,
    pydantic,
    matplotlib,
    polars,
    flask,
)
TEMPLATES: tuple[Template, ...] = tuple(t for one in _LIBRARIES for t in one.TEMPLATES)
KNOWN: dict[str, str] = {old: new for one in _LIBRARIES for old, new in one.KNOWN.items()}
"""New symbol by old symbol, and new keyword by ``symbol(keyword=)``."""
