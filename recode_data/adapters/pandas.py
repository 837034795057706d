"""pandas: frames, series, indexes, times and extension arrays."""

import sys

MODULE = "pandas"
EQUAL_CLASSES = {
    # The many classes of indexes that old versions have come and go.
    "Index": ("Int64Index", "UInt64Index", "Float64Index", "NumericIndex", "RangeIndex"),
}
OPAQUE = (r"(?:Resampler|Rolling|Expanding) \[",)


def encode(value, inner):
    """Encode a DataFrame, Series, Index or extension array with labels and dtypes;
    None for everything else."""
    pandas = sys.modules["pandas"]
    if not hasattr(pandas, "DataFrame"):  # its import failed half way
        return None
    if isinstance(value, pandas.DataFrame):
        columns = [value.iloc[:, i] for i in range(min(value.shape[1], 200))]
        return {
            "type": "dataframe",
            "shape": list(value.shape),
            "columns": index(value.columns, inner),
            "index": index(value.index, inner),
            "dtypes": [str(column.dtype) for column in columns],
            "data": [inner(plain(column)) for column in columns],
        }
    if isinstance(value, pandas.Series):
        return {
            "type": "series",
            "name": inner(value.name),
            "dtype": str(value.dtype),
            "index": index(value.index, inner),
            "data": inner(plain(value)),
        }
    if isinstance(value, pandas.Index):
        return index(value, inner)
    if isinstance(value, (pandas.Timestamp, pandas.Timedelta, type(pandas.NaT))):
        return {"type": "time", "class": type(value).__name__, "value": repr(value)}
    extension = getattr(getattr(pandas, "api", None), "extensions", None)
    kinds = (getattr(extension, "ExtensionArray", pandas.Categorical), pandas.Categorical)
    if isinstance(value, kinds):
        return {
            "type": "extension",
            "dtype": str(value.dtype),
            "data": inner(value.astype(object)),
        }
    return None


def plain(value):
    """Return the values as NumPy has them; pandas before 0.24 has no ``to_numpy``."""
    if hasattr(value, "to_numpy"):
        return value.to_numpy()
    found = value.values
    if type(found).__module__ == "numpy" and "," not in str(value.dtype):
        return found
    return value.astype(object).values  # categories, and times with a zone


def index(value, inner):
    return {
        "type": "index",
        "class": type(value).__name__,
        "dtype": str(value.dtype),
        "names": [inner(name) for name in value.names],
        "frequency": str(getattr(value, "freqstr", "") or ""),
        "data": inner(plain(value)),
    }


SAMPLES = {
    "pandas": [
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
}
