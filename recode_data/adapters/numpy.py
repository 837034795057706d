"""NumPy: arrays, scalars and dtypes.

Arrays are the common ground: other adapters hand theirs to ``inner`` as arrays of NumPy.
"""

import hashlib
import math
import sys

MODULE = "numpy"
MASKS = (
    # NumPy 2 writes the type around a scalar in a repr, NumPy 1 does not.
    (r"\bnp\.(?:float|int|uint|complex)\d*\(([^()]*)\)", r"\1"),
    (r"\bnp\.(?:str_|bytes_)\(([^()]*)\)", r"\1"),
    (r"\bnp\.(True|False)_", r"\1"),
)
CONSTANT_ARRAYS = ("ones", "zeros", "full", "ones_like", "zeros_like", "full_like")
UNINITIALISED = {
    "numpy.empty": (3, ""),
    "numpy.empty_like": (4, ""),
    "numpy.ndarray": (2, "buffer"),
}
SEEDS = (
    (r"\b(default_rng|RandomState)\(\)", r"\1(12345)"),
    (
        r"(?s)\A(?=.*\bnp\.random\.(?!default_rng|RandomState|seed|Generator)\w+\()"
        r"(?!.*\bnp\.random\.seed\()",
        "np.random.seed(12345)\n",
    ),
)
DRAWS = ("numpy.random",)
CHECKS = ("allclose", "array_equal", "array_equiv", "isclose")
MOST_ELEMENTS = 2000
INFINITY = float("inf")


def encode(value, inner):
    """Return the encoding of an array, a scalar or a dtype; None for everything else."""
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        return array(value, inner, numpy)
    if isinstance(value, numpy.generic):
        return scalar(value, inner)
    if isinstance(value, numpy.dtype):
        return {"type": "dtype", "value": dtype_name(value)}
    return None


def dtype_name(dtype):
    return str(dtype.descr) if dtype.names else dtype.str if dtype.kind in "SUVmM" else dtype.name


def scalar(value, inner):
    item = value.item()
    made = {"type": "scalar", "dtype": dtype_name(value.dtype)}
    if value.dtype.kind in "mM" or type(item) is type(value):
        made["value"] = str(value)
    elif value.dtype.kind == "V":
        made["value"] = [inner(field) for field in (item if isinstance(item, tuple) else [item])]
    else:
        made["value"] = inner(item).get("value")
    return made


def array(value, inner, numpy):
    """Encode dtype, shape and elements in C order; a large one by evenly spaced elements
    and the hash of all."""
    plain = numpy.asarray(value).view(numpy.ndarray)
    made = {"type": "ndarray", "dtype": dtype_name(plain.dtype), "shape": list(plain.shape)}
    if type(value) is not numpy.ndarray:
        made["class"] = "{}.{}".format(type(value).__module__, type(value).__qualname__)
    masked = sys.modules.get("numpy.ma")  # newer versions load it only on demand
    if masked is not None and isinstance(value, masked.MaskedArray):
        mask = masked.getmaskarray(value)
        made["mask"] = elements(mask.ravel(), inner)
        plain = masked.getdata(value.filled(numpy.zeros((), value.dtype)[()]))
        plain = numpy.asarray(plain)
    flat = plain.ravel()
    if flat.size > MOST_ELEMENTS:
        step = math.ceil(flat.size / float(MOST_ELEMENTS))
        made["step"] = step
        if not plain.dtype.hasobject:
            made["hash"] = hashlib.sha256(numpy.ascontiguousarray(plain).data).hexdigest()[:16]
        flat = flat[::step]
    made["data"] = elements(flat, inner)
    return made


def elements(flat, inner):
    """Return the elements of a flat array as JSON values."""
    kind = flat.dtype.kind
    if kind in "biu":
        return flat.tolist()
    if kind == "f" and flat.dtype.itemsize <= 8:
        return [odd(x) if x != x or x in (INFINITY, -INFINITY) else x for x in flat.tolist()]
    if kind == "c" and flat.dtype.itemsize <= 16:
        return [[real(x.real), real(x.imag)] for x in flat.tolist()]
    if kind in "fc":
        return [str(x) for x in flat]  # repr names the type since NumPy 2
    if kind == "U":
        return flat.tolist()
    if kind in "mM":
        return flat.astype(str).tolist()
    if kind == "S":
        return [item.decode("latin-1") for item in flat.tolist()]
    return [inner(item) for item in flat.tolist()]


def odd(x):
    return "nan" if x != x else "inf" if x > 0 else "-inf"


def real(x):
    return odd(x) if x != x or x in (INFINITY, -INFINITY) else x


SAMPLES = {
    "numpy": [
        """
import numpy as np
from numpy import arange, array
a = np.array([1.5, 2.5, -3.0, 4.25])
b = np.arange(12).reshape(3, 4)
c = np.linspace(0.0, 1.0, 5)
print(a, b, c, a.dtype, b.shape, repr(a), a[0], a.mean(), b.T)
print(a + 1, a * a, a > 2, -a, a ** 2, a / 2, b @ b.T, b[1:, ::2], b[b > 4], a[[0, 2]])
total, smallest, sums = a.sum(), b.min(axis=0), np.cumsum(a)
stacked = np.concatenate([a, c]), np.vstack([b, b]), np.hstack([b, b]), np.stack([a, a])
found = np.where(a > 2, a, 0), np.argsort(a), np.sort(a), np.unique([3, 1, 3]), np.nonzero(a)
many = np.zeros((2, 3)), np.ones(3, dtype=int), np.full(2, 7), np.eye(3), np.empty(0)
logic = np.isnan(a), np.all(a == a), np.any(b), np.allclose(a, a), np.array_equal(a, a)
rounded = np.round(a, 1), np.clip(a, 0, 2), np.abs(a), np.sqrt(np.abs(a)), np.exp(a), np.log(c + 1)
stats = np.mean(a), np.std(a), np.var(b, axis=1), np.median(a), np.percentile(a, 50), np.max(b)
steps = np.diff(a), np.dot(a, a), np.outer(a, a), np.tile(a, 2), np.repeat(a, 2), np.prod(a)
names = np.array(["a", "bc"]), np.array([True, False]), np.array([1 + 2j]), np.array([None, "x"])
kinds = a.astype(int), a.astype("float32"), np.float64(1.5), np.int64(3), np.dtype("f8")
with np.errstate(all="ignore"):
    quotient = np.array([1.0, 0.0]) / 0.0
for x in a:
    print("{:.2f} {}".format(x, float(x)))
print(b.tolist(), a.ravel(), b.flatten(), np.transpose(b), np.histogram(a, bins=3))
print(np.isin(a, [1.5]))
d = b.astype(float)
d[0, 0] = 5.0
d[:, 1] += 2
print(d, quotient, names, len(d), d.ndim, d.size)
print(np.interp(0.5, [0, 1], [2, 3]), np.meshgrid(a, a)[0])
""",
        """
import numpy as np
m = np.array([[2.0, 1.0], [1.0, 3.0]])
print(np.linalg.inv(m), np.linalg.det(m), np.linalg.solve(m, [1.0, 2.0]), np.linalg.norm(m))
values = np.linalg.eigvalsh(m)
generator = np.random.RandomState(0)
print(generator.rand(2, 2), generator.randint(0, 5, 3), generator.normal(size=2))
""",
        """
import numpy as np
generator = np.random.default_rng(0)
print(generator.random(3), generator.integers(0, 5, 3), generator.normal(size=2))
""",
    ]
}
