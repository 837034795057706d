"""NetworkX's templates."""

from __future__ import annotations

from recode_data.synthesize.rules.template import template

_TO_FUNCTIONS = (
    "add_path",
    "add_star",
    "add_cycle",
    "selfloop_edges",
    "nodes_with_selfloops",
    "number_of_selfloops",
)
_PARTS = {
    "connected_component_subgraphs": "connected_components",
    "strongly_connected_component_subgraphs": "strongly_connected_components",
    "weakly_connected_component_subgraphs": "weakly_connected_components",
    "biconnected_component_subgraphs": "biconnected_components",
}

TEMPLATES = (
    *(
        template(f"_g.{name}(*__rest)", f"networkx.{name}(_g, *__rest)", f"networkx.Graph.{name}")
        for name in _TO_FUNCTIONS
    ),
    *(
        template(
            f"networkx.{old}(_g)",
            f"(_g.subgraph(c) for c in networkx.{new}(_g))",
            replacement="",
        )
        for old, new in _PARTS.items()
    ),
    template("networkx.utils.cumulative_sum(_a)", "itertools.accumulate(_a)"),
    template("networkx.utils.misc.cumulative_sum(_a)", "itertools.accumulate(_a)"),
    template("networkx.utils.consume(_a)", "collections.deque(_a, maxlen=0)"),
    template("networkx.utils.is_string_like(_a)", "isinstance(_a, str)"),
    template("networkx.utils.make_str(_a)", "str(_a)"),
    template("networkx.utils.is_iterator(_a)", "hasattr(_a, '__next__')"),
    template("networkx.utils.iterable(_a)", "numpy.iterable(_a)"),
    template("networkx.all_triplets(_g)", "itertools.combinations(_g.nodes(), 3)", replacement=""),
    template("networkx.coverage(*__rest)", "networkx.community.partition_quality(*__rest)[0]"),
    template("networkx.performance(*__rest)", "networkx.community.partition_quality(*__rest)[1]"),
)
