"""SQLAlchemy's templates, and the replacements that its notes only hint at."""

from __future__ import annotations

from recode_data.codemods.template import Template, template

_LABELS = "sqlalchemy.LABEL_STYLE_TABLENAME_PLUS_COL"
_MOVED = ("declarative_base", "as_declarative", "has_inherited_table", "synonym_for")

KNOWN = {
    **{f"sqlalchemy.ext.declarative.{name}": f"sqlalchemy.orm.{name}" for name in _MOVED},
    "sqlalchemy.SelectBase.as_scalar": "sqlalchemy.SelectBase.scalar_subquery",
    "sqlalchemy.orm.Query.as_scalar": "sqlalchemy.orm.Query.scalar_subquery",
}


def _unlisted(function: str, most: int, last: str = "") -> list[Template]:
    """Return the templates of a function that took a list and takes the items now."""
    names = [f"_{letter}" for letter in "abcdef"[:most]]
    parts = [(", ".join(names[:count]), last) for count in range(1, most + 1)]
    return [
        template(f"{function}([{items}]{end})", f"{function}({items}{end})", function, function)
        for items, end in parts
    ]


def _where(function: str, symbol: str) -> Template:
    """Return the template of a statement whose condition was an argument."""
    first = "_t" if function.startswith("sqlalchemy.") else ""
    old = f"{function}({first}{', ' if first else ''}_w)"
    return template(old, f"{function}({first}).where(_w)", f"{symbol}(whereclause=)", symbol)


TEMPLATES = (
    *_unlisted("sqlalchemy.select", 4),
    *_unlisted("sqlalchemy.case", 3),
    *_unlisted("sqlalchemy.case", 3, ", else_=_e"),
    *_unlisted("sqlalchemy.case", 3, ", value=_v"),
    _where("sqlalchemy.delete", "sqlalchemy.delete"),
    _where("sqlalchemy.update", "sqlalchemy.update"),
    _where("_t.select", "sqlalchemy.sql.FromClause.select"),
    _where("_t.select", "sqlalchemy.FromClause.select"),
    *(
        template(
            f"_q.{name}()",
            f"_q.set_label_style({_LABELS})",
            f"{owner}.{name}",
            f"{owner}.set_label_style",
        )
        for owner, name in (
            ("sqlalchemy.sql.selectable.GenerativeSelect", "apply_labels"),
            ("sqlalchemy.orm.Query", "apply_labels"),
            ("sqlalchemy.orm.Query", "with_labels"),
        )
    ),
    template(
        "_e.table_names()",
        "sqlalchemy.inspect(_e).get_table_names()",
        "sqlalchemy.engine.Engine.table_names",
        "sqlalchemy.engine.Inspector.get_table_names",
    ),
    template(
        "_e.has_table(_n)",
        "sqlalchemy.inspect(_e).has_table(_n)",
        "sqlalchemy.engine.Engine.has_table",
        "sqlalchemy.engine.Inspector.has_table",
    ),
    *(
        template(
            f"{owner}.from_engine(_e)",
            "sqlalchemy.inspect(_e)",
            f"{owner}.from_engine",
            "sqlalchemy.inspect",
        )
        for owner in ("sqlalchemy.Inspector", "sqlalchemy.engine.Inspector")
    ),
)
