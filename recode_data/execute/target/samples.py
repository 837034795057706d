"""What programs of a library typically do: run in the server, before the first fork.

A function runs slowly the first few times: the interpreter specialises its code, fills
caches, imports what is imported late, and writes all that into memory that a child would
have to copy page by page. Each piece must be harmless on every version: it prints to
nowhere, warns into nothing, and may fail half way. None of it may change what a program
can see, such as the state of a global random generator.
"""

PYTHON = [
    """
import collections, functools, itertools, math, os as o
class Point:
    def __init__(self, x, y=0, *rest, **named):
        self.x, self.y = x, y
    def __repr__(self):
        return "Point({}, {})".format(self.x, self.y)
    @property
    def size(self):
        return math.hypot(self.x, self.y)
def collect(count: int, *names, **more) -> list:
    found = [Point(i, y=i * 0.5) for i in range(count) if i % 2 == 0]
    return sorted(found, key=lambda point: -point.size)
path = o.path.join("a", "b")
points = collect(6)
table = {str(p): (p.x, [p.y], {p.x}) for p in points}
try:
    table["missing"]
except KeyError as error:
    print("no", error, type(error).__name__)
for name, (x, (y,), numbers) in sorted(table.items()):
    print(name, x, "{:.3f} {!r}".format(y, numbers), "%s %d" % (name, x), end="\\n")
with open(o.devnull) as file:
    text = file.read() + ", ".join(str(p) for p in points)
counted = collections.Counter(text).most_common(2)
total = functools.reduce(lambda a, b: a + b, itertools.chain([1.5], [2, 3j]))
nothing, yes, small, big = None, True, 1, 1 << 80
print(counted, total, max(points, key=lambda p: p.x), nothing, yes, big, sep=" | ")
assert isinstance(points[0], Point) and len(table) == 3, "as it was"
""",
]

NUMPY = [
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

PANDAS = [
    """
import numpy as np
import pandas as pd
df = pd.DataFrame({"a": [1, 2, 3, 4], "b": list("xyxy"), "c": [0.5, 1.5, None, 2.5]})
other = pd.DataFrame({"b": ["x", "y"], "d": [10, 20]})
s = pd.Series([3, 1, 2], index=list("abc"), name="s")
print(df)
print(s)
print(df.head(2), df.dtypes, df.shape, df.columns, df.index, len(df), list(df.columns), repr(s))
print(df["a"], df[["a", "c"]], df[df["a"] > 2], df.loc[0, "a"], df.iloc[1], df.loc[:, "b"], df.a)
print(s.sort_values(), s.sort_index(), s["a"], s.iloc[0], s.map(lambda v: v * 2), s.apply(str))
print(df["a"].sum(), df["c"].mean(), s.max(), s.unique(), df["b"].value_counts(), s.tolist())
print(df.fillna(0), df.dropna(), df.isna().sum(), df["c"].notna(), df.sort_values("a"))
df["e"] = df["a"] * 2 + df["c"]
df.loc[df["a"] == 1, "e"] = 0.0
print(df.rename(columns={"a": "A"}), df.drop(columns=["e"]), df.assign(f=1))
print(df.astype({"a": float}))
print(df.to_dict(), s.to_dict(), df.to_numpy(), df.values, s.to_frame(), df.T, df.copy().equals(df))
print(df.set_index("b"), df.reset_index(), df["b"].str.upper(), df["a"].isin([1, 2]), df.nunique())
""",
    """
import pandas as pd
df = pd.DataFrame({"k": ["x", "y", "x"], "v": [1.0, 2.0, 3.0], "w": [4, 5, 6]})
other = pd.DataFrame({"k": ["x", "y"], "z": [7, 8]})
print(df.groupby("k")["v"].sum(), df.groupby("k").mean(), df.groupby("k").agg({"v": "max"}))
print(df.groupby("k").size(), df.groupby("k")["v"].agg(["min", "max"]), dict(list(df.groupby("k"))))
print(df.merge(other, on="k"))
print(pd.merge(df, other, on="k", how="left"), df.join(other, rsuffix="_o"))
print(pd.concat([df, df], ignore_index=True), pd.concat([df["v"], df["w"]], axis=1))
print(df.describe(), df["v"].describe(), df.pivot_table(index="k", values="v", aggfunc="sum"))
print(df.set_index(["k", "w"]), df.melt(id_vars="k"), df["v"].rolling(2).mean(), df["v"].cumsum())
print(df.apply(lambda row: row["v"] + row["w"], axis=1), df["v"].shift(1), df["v"].diff())
print(pd.get_dummies(df["k"]), pd.cut(df["v"], 2), df["k"].astype("category"), df.duplicated("k"))
""",
    """
import io
import pandas as pd
d = pd.date_range("2020-01-01", periods=4, freq="D")
s = pd.Series(range(4), index=d)
print(s, d, s.resample("2D").sum(), s["2020-01-02":], d[0], d.strftime("%d"), s.index.year)
t = pd.to_datetime(["2020-01-01", "2020-02-01"])
print(t, t[1] - t[0], pd.Timestamp("2020-01-01") + pd.Timedelta(days=1), pd.Series(t).dt.month)
print(pd.to_numeric(pd.Series(["1", "2"])), pd.isna(None), pd.Index([1, 2]), pd.NaT)
print(pd.read_csv(io.StringIO("a,b\\n1,2\\n3,4")), s.to_frame("x").to_csv(), pd.Categorical(["a"]))
print(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), pd.Series([1, None], dtype="Int64"))
""",
]

NETWORKX = [
    """
import networkx as nx
g = nx.Graph()
g.add_edge("a", "b", weight=1.0)
g.add_edges_from([("b", "c"), ("c", "d")])
g.add_node("e")
print(g, list(g.nodes), list(g.edges(data=True)), g.degree("b"), dict(g.degree()), len(g))
print(nx.shortest_path(g, "a", "d"), sorted(g.neighbors("b")), list(nx.connected_components(g)))
d = nx.DiGraph([(1, 2), (2, 3)])
print(list(d.successors(1)), nx.is_directed_acyclic_graph(d), list(nx.topological_sort(d)))
""",
]

MATPLOTLIB = [
    """
import matplotlib.pyplot as plt
fig, ax = plt.subplots()
line, = ax.plot([1, 2, 3], [1, 4, 9], label="l")
ax.set_title("t")
ax.set_xlabel("x")
ax.legend()
print(fig, ax, line, ax.get_xlim())
plt.close("all")
""",
]

OF_MODULES = {
    "numpy": NUMPY,
    "pandas": PANDAS,
    "networkx": NETWORKX,
    "matplotlib.pyplot": MATPLOTLIB,
}
"""Pieces of code by the module that has to be loaded already for them to be run."""
