"""SciPy's templates."""

from __future__ import annotations

from recode_data.synthesize.rules.template import template

_SCALES = {"C": "Celsius", "K": "Kelvin", "F": "Fahrenheit"}
_CONVERSIONS = ("C2K", "K2C", "F2C", "C2F", "F2K", "K2F")
_SPARSE = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")

TEMPLATES = (
    *(
        template(
            f"scipy.constants.{name}(_a)",
            f"scipy.constants.convert_temperature(_a, '{_SCALES[name[0]]}', '{_SCALES[name[2]]}')",
        )
        for name in _CONVERSIONS
    ),
    *(
        template(
            "_a.A",
            "_a.toarray()",
            f"scipy.sparse.{kind}_matrix.A",
            f"scipy.sparse.{kind}_matrix.toarray",
        )
        for kind in _SPARSE
    ),
    *(template("_a.H", "_a.conj().T", f"scipy.sparse.{kind}_matrix.H") for kind in _SPARSE),
    template("scipy.stats.binom_test(*__rest)", "scipy.stats.binomtest(*__rest).pvalue"),
    template("scipy.special.sph_harm(_m, _n, _t, _p)", "scipy.special.sph_harm_y(_n, _m, _p, _t)"),
    template(
        "scipy.stats.median_absolute_deviation(_a)",
        "scipy.stats.median_abs_deviation(_a, scale=1.4826)",
    ),
    template("scipy.stats.chisqprob(_a, _b)", "scipy.stats.chi2.sf(_a, _b)"),
    template("scipy.stats.itemfreq(_a)", "numpy.array(numpy.unique(_a, return_counts=True)).T"),
    template("scipy.special.sinc(_a)", "numpy.sinc(_a)"),
    template("scipy.misc.logsumexp(*__rest)", "scipy.special.logsumexp(*__rest)"),
    template("scipy.linalg.pinv2(_a)", "scipy.linalg.pinv(_a)"),
)
