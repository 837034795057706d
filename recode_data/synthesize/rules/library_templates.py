"""The templates that are known, by library: what is regular there but no rename."""

from __future__ import annotations

from recode_data.synthesize.rules.template import Template

NUMPY = (
    Template("numpy.asscalar", "numpy.asscalar(_a)", "_a.item()", "numpy.ndarray.item"),
    Template("numpy.alen", "numpy.alen(_a)", "len(_a)", "len"),
    Template("numpy.NINF", "numpy.NINF", "-numpy.inf", "numpy.inf"),
    Template("numpy.PZERO", "numpy.PZERO", "0.0"),
    Template("numpy.NZERO", "numpy.NZERO", "-0.0"),
    Template("numpy.asfarray", "numpy.asfarray(_a)", "numpy.asarray(_a, dtype=float)", "numpy.asarray"),
    Template("numpy.asfarray", "numpy.asfarray(_a, dtype=_t)", "numpy.asarray(_a, dtype=_t)"),
    Template("numpy.msort", "numpy.msort(_a)", "numpy.sort(_a, axis=0)", "numpy.sort"),
    Template("numpy.cast", "numpy.cast[_t](_a)", "numpy.asarray(_a, dtype=_t)", "numpy.asarray"),
    Template("numpy.nbytes", "numpy.nbytes[_t]", "numpy.dtype(_t).itemsize", "numpy.dtype"),
    Template("numpy.obj2sctype", "numpy.obj2sctype(_t)", "numpy.dtype(_t).type", "numpy.dtype"),
    Template("numpy.sctype2char", "numpy.sctype2char(_t)", "numpy.dtype(_t).char", "numpy.dtype"),
    Template("numpy.issubclass_", "numpy.issubclass_(_a, _b)", "issubclass(_a, _b)", "issubclass"),
    Template("numpy.issubsctype", "numpy.issubsctype(_a, _b)", "numpy.issubdtype(_a, _b)", "numpy.issubdtype"),
    Template("numpy.safe_eval", "numpy.safe_eval(_a)", "ast.literal_eval(_a)"),
    Template("numpy.loads", "numpy.loads(_a)", "pickle.loads(_a)", "pickle.loads"),
    Template("numpy.ma.loads", "numpy.ma.loads(_a)", "pickle.loads(_a)", "pickle.loads"),
    Template("numpy.ma.dumps", "numpy.ma.dumps(_a)", "pickle.dumps(_a)", "pickle.dumps"),
    Template("numpy.fastCopyAndTranspose", "numpy.fastCopyAndTranspose(_a)", "_a.T.copy()"),
    Template("numpy.disp", "numpy.disp(_a)", "print(_a)"),
    Template("numpy.source", "numpy.source(_a)", "print(inspect.getsource(_a))"),
    Template("numpy.find_common_type", "numpy.find_common_type(_a, [])", "numpy.result_type(*_a)"),
    Template("numpy.fromstring", "numpy.fromstring(_a, dtype=_t)", "numpy.frombuffer(_a, dtype=_t)", "numpy.frombuffer"),
    Template("numpy.random.random_integers", "numpy.random.random_integers(_h, size=_s)", "numpy.random.randint(1, _h + 1, size=_s)"),
    Template("numpy.random.random_integers", "numpy.random.random_integers(_l, _h, _s)", "numpy.random.randint(_l, _h + 1, _s)", "numpy.random.randint"),
    Template("numpy.random.random_integers", "numpy.random.random_integers(_l, _h, size=_s)", "numpy.random.randint(_l, _h + 1, size=_s)", "numpy.random.randint"),
    Template("numpy.ndarray.ptp", "_a.ptp(*__rest)", "numpy.ptp(_a, *__rest)", "numpy.ptp"),
    Template("numpy.ndarray.itemset", "_a.itemset(_i, _v)", "_a[_i] = _v"),
    Template("numpy.ndarray.itemset", "_a.itemset(_v)", "_a[()] = _v"),
    Template("numpy.ndarray.newbyteorder", "_a.newbyteorder(*__rest)", "_a.view(_a.dtype.newbyteorder(*__rest))"),
    Template("numpy.testing.rand", "numpy.testing.rand(*__rest)", "numpy.random.rand(*__rest)", "numpy.random.rand"),
    Template("numpy.ndindex.ndincr", "_a.ndincr()", "next(_a)"),
    Template("numpy.typename", "numpy.typename(_a)", "numpy.dtype(_a).name", "numpy.dtype"),
    Template("numpy.ma.round_", "numpy.ma.round_(*__rest)", "numpy.ma.round(*__rest)", "numpy.ma.round"),
)  # fmt: skip

TEMPLATES: tuple[Template, ...] = NUMPY
