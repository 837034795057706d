"""NetworkX: graphs."""

import sys

MODULE = "networkx"


def encode(value, inner):
    """Return attributes, nodes and edges of a graph; None for what is none."""
    if not isinstance(value, getattr(sys.modules["networkx"], "Graph", ())):
        return None
    return {
        "type": "graph",
        "class": type(value).__name__,
        "attributes": inner(dict(value.graph)),
        "nodes": inner({node: dict(data) for node, data in value.nodes(data=True)}),
        "edges": inner([(a, b, dict(data)) for a, b, data in value.edges(data=True)]),
    }


SAMPLES = {
    "networkx": [
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
}
