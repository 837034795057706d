"""SciPy's templates, and the renames that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

_SCALES = {"C": "Celsius", "K": "Kelvin", "F": "Fahrenheit"}
_CONVERSIONS = ("C2K", "K2C", "F2C", "C2F", "F2K", "K2F")
_SPARSE = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
_MATRICES = tuple(f"scipy.sparse.{kind}_{form}" for kind in _SPARSE for form in ("matrix", "array"))
_OF_SPARSE = (
    ("_a.A", "_a.toarray()", "A", "toarray"),
    ("_a.H", "_a.conj().T", "H", ""),
    ("_a.getcol(_j)", "_a[:, [_j]]", "getcol", ""),
    ("_a.getrow(_i)", "_a[[_i], :]", "getrow", ""),
    ("_a.getnnz()", "_a.nnz", "getnnz", "nnz"),
    ("_a.get_shape()", "_a.shape", "get_shape", "shape"),
    ("_a.getformat()", "_a.format", "getformat", "format"),
    ("_a.asfptype()", "_a.astype(float)", "asfptype", ""),
    ("_a.conjtransp()", "_a.conj().T", "conjtransp", ""),
    ("_a.matvec(_b)", "_a @ _b", "matvec", ""),
    ("_a.matmat(_b)", "_a @ _b", "matmat", ""),
)
_WINDOWS = (
    *("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "chebwin"),
    *("cosine", "exponential", "flattop", "gaussian", "general_gaussian", "hamming", "hann"),
    *("kaiser", "nuttall", "parzen", "triang", "tukey"),
)
_TO_SPECIAL = ("comb", "factorial", "factorial2", "factorialk", "logsumexp")
_NAMESPACES = {
    "scipy.ndimage.filters": ("gaussian_filter", "uniform_filter", "median_filter", "sobel"),
    "scipy.ndimage.interpolation": ("zoom", "rotate", "shift", "map_coordinates"),
    "scipy.ndimage.measurements": ("label", "center_of_mass", "find_objects", "sum"),
    "scipy.ndimage.morphology": ("binary_dilation", "binary_erosion", "binary_fill_holes"),
    "scipy.ndimage.fourier": ("fourier_gaussian", "fourier_shift", "fourier_uniform"),
    "scipy.signal.spline": ("cspline1d", "qspline1d", "cspline2d", "sepfir2d"),
    "scipy.stats.stats": ("pearsonr", "spearmanr", "ttest_ind", "rankdata", "zscore"),
    "scipy.stats.morestats": ("shapiro", "bartlett", "wilcoxon", "boxcox"),
    "scipy.sparse.linalg.isolve": ("cg", "gmres", "bicgstab", "lsqr"),
    "scipy.sparse.linalg.eigen": ("eigsh", "svds", "lobpcg"),
    "scipy.spatial.transform.rotation": ("Rotation", "Slerp"),
    "scipy.linalg.decomp": ("eig", "eigh", "eigvals", "eigvalsh"),
}
"""Modules whose members belong to the package above."""
_NYQUIST = ("firwin", "firwin2", "firls")

KNOWN = {
    **{f"scipy.signal.{name}": f"scipy.signal.windows.{name}" for name in _WINDOWS},
    **{f"scipy.misc.{name}": f"scipy.special.{name}" for name in _TO_SPECIAL},
    **{f"scipy.linalg.{name}": f"numpy.{name}" for name in ("tri", "tril", "triu", "kron")},
    "scipy.misc.pade": "scipy.interpolate.pade",
    "scipy.misc.info": "numpy.info",
    "scipy.signal.hanning": "scipy.signal.windows.hann",
    "scipy.signal.impulse2": "scipy.signal.impulse",
    "scipy.signal.step2": "scipy.signal.step",
    "scipy.stats.frechet_l": "scipy.stats.weibull_max",
    "scipy.stats.frechet_r": "scipy.stats.weibull_min",
    "scipy.stats.moment(moment=)": "order",
    "scipy.spatial.distance.sokalmichener": "scipy.spatial.distance.rogerstanimoto",
    "scipy.linalg.eigh(eigvals=)": "subset_by_index",
    "scipy.linalg.eigvalsh(eigvals=)": "subset_by_index",
    **{
        f"scipy.sparse.linalg.{name}(tol=)": "rtol"
        for name in ("bicg", "bicgstab", "cg", "cgs", "gcrotmk", "gmres", "lgmres", "minres", "qmr")
    },
}

TEMPLATES = (
    *(
        template(
            f"scipy.constants.{name}(_a)",
            f"scipy.constants.convert_temperature(_a, '{_SCALES[name[0]]}', '{_SCALES[name[2]]}')",
        )
        for name in _CONVERSIONS
    ),
    *(
        template(old, new, f"{owner}.{name}", f"{owner}.{found}" if found else "")
        for owner in _MATRICES
        for old, new, name, found in _OF_SPARSE
    ),
    *(
        template(f"{module}.{name}", f"{module.rpartition('.')[0]}.{name}", module)
        for module, names in _NAMESPACES.items()
        for name in names
    ),
    *(
        template(
            f"scipy.signal.{name}(nyq=_n, *__rest)",
            f"scipy.signal.{name}(*__rest, fs=2 * _n)",
            f"scipy.signal.{name}(nyq=)",
            "",
        )
        for name in _NYQUIST
    ),
    template(
        "scipy.linalg.solve(_a, _b, sym_pos=True)",
        "scipy.linalg.solve(_a, _b, assume_a='pos')",
        "scipy.linalg.solve(sym_pos=)",
    ),
    template("scipy.stats.binom_test(*__rest)", "scipy.stats.binomtest(*__rest).pvalue"),
    template("scipy.special.sph_harm(_m, _n, _t, _p)", "scipy.special.sph_harm_y(_n, _m, _p, _t)"),
    template(
        "scipy.stats.median_absolute_deviation(_a)",
        "scipy.stats.median_abs_deviation(_a, scale=1.4826)",
    ),
    template("scipy.stats.chisqprob(_a, _b)", "scipy.stats.chi2.sf(_a, _b)"),
    template("scipy.stats.itemfreq(_a)", "numpy.array(numpy.unique(_a, return_counts=True)).T"),
    template(
        "scipy.spatial.distance.wminkowski(_u, _v, _p, _w)",
        "scipy.spatial.distance.minkowski(_u, _v, _p, _w ** _p)",
    ),
    template("_a.vertices", "_a.simplices", "scipy.spatial.Delaunay.vertices"),
    template("scipy.linalg.pinv2(_a)", "scipy.linalg.pinv(_a)"),
)
