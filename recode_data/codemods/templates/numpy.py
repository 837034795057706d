"""NumPy's templates."""

from __future__ import annotations

from recode_data.codemods.template import template

_INTEGERS = "numpy.random.random_integers"
_RANDINT = "numpy.random.randint"

KNOWN = {
    "numpy.product": "numpy.prod",
    "numpy.cumproduct": "numpy.cumprod",
    "numpy.sometrue": "numpy.any",
    "numpy.alltrue": "numpy.all",
    "numpy.tracemalloc_domain": "numpy.lib.tracemalloc_domain",
    "numpy.trapz": "numpy.trapezoid",
    "numpy.rank": "numpy.ndim",
    "numpy.long": "int",
    "numpy.unicode": "str",
    "numpy.loads": "pickle.loads",
    "numpy.core.loads": "pickle.loads",
}

TEMPLATES = (
    template("numpy.asscalar(_a)", "_a.item()", replacement="numpy.ndarray.item"),
    template("numpy.alen(_a)", "len(_a)", replacement="len"),
    template("numpy.NINF", "-numpy.inf"),
    template("numpy.PZERO", "0.0"),
    template("numpy.NZERO", "-0.0"),
    template("numpy.asfarray(_a)", "numpy.asarray(_a, dtype=float)"),
    template("numpy.asfarray(_a, dtype=_t)", "numpy.asarray(_a, dtype=_t)"),
    template("numpy.msort(_a)", "numpy.sort(_a, axis=0)"),
    template("numpy.cast[_t](_a)", "numpy.asarray(_a, dtype=_t)"),
    template("numpy.nbytes[_t]", "numpy.dtype(_t).itemsize"),
    template("numpy.obj2sctype(_t)", "numpy.dtype(_t).type"),
    template("numpy.sctype2char(_t)", "numpy.dtype(_t).char"),
    template("numpy.issubclass_(_a, _b)", "issubclass(_a, _b)", replacement="issubclass"),
    template("numpy.issubsctype(_a, _b)", "numpy.issubdtype(_a, _b)"),
    template("numpy.safe_eval(_a)", "ast.literal_eval(_a)"),
    template("numpy.loads(_a)", "pickle.loads(_a)"),
    template("numpy.ma.loads(_a)", "pickle.loads(_a)"),
    template("numpy.ma.dumps(_a)", "pickle.dumps(_a)"),
    template("numpy.fastCopyAndTranspose(_a)", "_a.T.copy()"),
    template("numpy.disp(_a)", "print(_a)"),
    template("numpy.source(_a)", "print(inspect.getsource(_a))", replacement=""),
    template("numpy.find_common_type(_a, [])", "numpy.result_type(*_a)"),
    template("numpy.fromstring(_a, dtype=_t)", "numpy.frombuffer(_a, dtype=_t)"),
    template(f"{_INTEGERS}(_h, size=_s)", f"{_RANDINT}(1, _h + 1, size=_s)"),
    template(f"{_INTEGERS}(_l, _h, _s)", f"{_RANDINT}(_l, _h + 1, _s)"),
    template(f"{_INTEGERS}(_l, _h, size=_s)", f"{_RANDINT}(_l, _h + 1, size=_s)"),
    template("_a.ptp(*__rest)", "numpy.ptp(_a, *__rest)", "numpy.ndarray.ptp"),
    template("_a.itemset(_i, _v)", "_a[_i] = _v", "numpy.ndarray.itemset"),
    template("_a.itemset(_v)", "_a[()] = _v", "numpy.ndarray.itemset"),
    template(
        "_a.newbyteorder(*__rest)",
        "_a.view(_a.dtype.newbyteorder(*__rest))",
        "numpy.ndarray.newbyteorder",
    ),
    template("numpy.testing.rand(*__rest)", "numpy.random.rand(*__rest)"),
    template("_a.ndincr()", "next(_a)", "numpy.ndindex.ndincr"),
    template("numpy.mafromtxt(_f, *__rest)", "numpy.genfromtxt(_f, *__rest, usemask=True)"),
    template(
        "numpy.recfromtxt(_f, *__rest)",
        "numpy.genfromtxt(_f, *__rest, dtype=None).view(numpy.recarray)",
    ),
    template(
        "numpy.recfromcsv(_f, *__rest)",
        "numpy.genfromtxt(_f, *__rest, delimiter=',', names=True, dtype=None,"
        " case_sensitive='lower').view(numpy.recarray)",
    ),
    template("numpy.matlib.zeros(*__rest)", "numpy.asmatrix(numpy.zeros(*__rest))", "numpy.matlib"),
    template("numpy.matlib.ones(*__rest)", "numpy.asmatrix(numpy.ones(*__rest))", "numpy.matlib"),
    template("numpy.matlib.eye(*__rest)", "numpy.asmatrix(numpy.eye(*__rest))", "numpy.matlib"),
    template("numpy.typename(_a)", "numpy.dtype(_a).name"),
    template("numpy.ma.round_(*__rest)", "numpy.ma.round(*__rest)"),
)
