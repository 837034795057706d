"""What programs typically do: run in the server, before the first fork.

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
