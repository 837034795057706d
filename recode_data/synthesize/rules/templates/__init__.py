"""The templates that are known: what is regular in a library but no rename.

A template about a keyword has the symbol ``pandas.Series.fillna(method=)``.
"""

from __future__ import annotations

from recode_data.synthesize.rules.template import Template
from recode_data.synthesize.rules.templates import networkx, numpy, pandas, scikit_learn, scipy

TEMPLATES: tuple[Template, ...] = (
    *numpy.TEMPLATES,
    *scipy.TEMPLATES,
    *pandas.TEMPLATES,
    *networkx.TEMPLATES,
    *scikit_learn.TEMPLATES,
)
