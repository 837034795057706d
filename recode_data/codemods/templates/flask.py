"""Flask's replacements, which live in the packages that it is made of."""

from __future__ import annotations

from recode_data.codemods.template import Template

KNOWN = {
    "flask.escape": "markupsafe.escape",
    "flask.Markup": "markupsafe.Markup",
    "flask.safe_join": "werkzeug.utils.safe_join",
    "flask.helpers.safe_join": "werkzeug.utils.safe_join",
}

TEMPLATES: tuple[Template, ...] = ()
