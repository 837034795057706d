"""matplotlib: figures, axes and the other artists."""

import sys

MODULE = "matplotlib.artist"
ARTISTS = (
    r"\b(?:Text|Annotation|Axes\w*|Figure|Line2D|Rectangle|Polygon|\w+Patch)\([^)]",
    r"<(?:Axes|Figure|BarContainer|ErrorbarContainer|StemContainer|a list of|matplotlib)",
    r"\b[XY]Axis\(|\bSpine\b",
)
FIGURE_CALLS = (r"\b(?:subplots?|figure|gc[af]|axes|subplot_mosaic|subplot2grid|add_subplot)\(",)
CURRENT_FIGURE = ((r"\bplt\.(?!rc|get_cmap|style|colormaps)\w+\(", "fig = plt.gcf()"),)


def encode(value, inner):
    """Return the encoding of an artist by the data that it draws; None for what is none."""
    if isinstance(value, sys.modules["matplotlib.artist"].Artist):
        return artist(value, inner)
    return None


def artist(value, inner):
    """Encode a figure by its axes, every other artist by what its getters return."""
    made = {"type": "artist", "class": kind(value)}
    if hasattr(value, "get_axes") and hasattr(value, "add_subplot"):
        made["axes"] = [artist(axes, inner) for axes in value.axes]
        made["size"] = [float(n) for n in value.get_size_inches()]
        return made
    for name in FIELDS:
        getter = getattr(value, "get_" + name, None)
        if getter is None:
            continue
        try:
            made[name] = inner(simple(name, getter()))
        except Exception as error:
            made[name] = {"type": "unencodable", "exception": type(error).__name__}
    for name in ("lines", "patches", "collections", "images", "texts"):
        parts = getattr(value, name, None)
        if parts is not None and hasattr(value, "transData"):
            made[name] = [artist(part, inner) for part in list(parts)[:200]]
    if hasattr(value, "get_legend") and hasattr(value, "transData"):
        legend = value.get_legend()
        texts = legend.get_texts() if legend is not None else []
        made["legend"] = [text.get_text() for text in texts]
    return made


FIELDS = (
    "title", "xlabel", "ylabel", "xlim", "ylim", "xscale", "yscale",
    "xdata", "ydata", "offsets", "array", "bbox", "text", "label", "color", "linewidth",
    "linestyle", "marker", "alpha", "facecolor", "edgecolor", "visible",
    "position", "aspect", "adjustable", "anchor", "frame_on", "axisbelow", "autoscale_on",
    "xticks", "yticks", "size", "rotation", "horizontalalignment", "verticalalignment",
    "zorder", "fill", "hatch", "width", "height", "xy", "radius", "markersize", "drawstyle",
    "clim", "extent", "interpolation", "linewidths", "linestyles", "segments", "zlim",
)  # fmt: skip


KINDS = (
    "Figure", "Axes3D", "PolarAxes", "Axes", "XAxis", "YAxis", "Line2D", "Text", "Annotation",
    "PolyCollection", "LineCollection", "PathCollection", "QuadMesh", "AxesImage",
)  # fmt: skip


def kind(value):
    """Return the name of an artist's class; versions put others between it and the usual ones."""
    names = [base.__name__ for base in type(value).__mro__]
    return next((name for name in names if name in KINDS), names[0])


def simple(name, value):
    """Return a colour as its four numbers, a label that nobody gave as none, and a bounding box
    as numbers; every other value as it is."""
    if name == "label" and str(value).startswith("_"):
        return ""
    if name in ("color", "facecolor", "edgecolor"):
        colors = sys.modules["matplotlib.colors"]
        try:
            return [float(part) for part in colors.to_rgba(value)]
        except (TypeError, ValueError):
            return value
    bounds = getattr(value, "bounds", None)
    return tuple(float(n) for n in bounds) if isinstance(bounds, tuple) else value


SAMPLES = {
    "matplotlib.pyplot": [
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
}
