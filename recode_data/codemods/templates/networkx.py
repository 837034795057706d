"""NetworkX's templates, and the renames that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

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
_VIEWS = {
    "nodes_iter": "nodes",
    "edges_iter": "edges",
    "degree_iter": "degree",
    "neighbors_iter": "neighbors",
    "adjacency_iter": "adjacency",
    "node": "nodes",
    "predecessors_iter": "predecessors",
    "successors_iter": "successors",
    "in_edges_iter": "in_edges",
    "out_edges_iter": "out_edges",
    "in_degree_iter": "in_degree",
    "out_degree_iter": "out_degree",
}
_DIRECTED = ("predecessors_iter", "successors_iter", "in_", "out_")

KNOWN = {
    **{
        f"networkx.{'DiGraph' if old.startswith(_DIRECTED) else 'Graph'}.{old}": (
            f"networkx.{'DiGraph' if old.startswith(_DIRECTED) else 'Graph'}.{new}"
        )
        for old, new in _VIEWS.items()
    },
    "networkx.adj_matrix": "networkx.adjacency_matrix",
    "networkx.from_numpy_matrix": "networkx.from_numpy_array",
    "networkx.to_numpy_matrix": "networkx.to_numpy_array",
    "networkx.numeric_mixing_matrix": "networkx.attribute_mixing_matrix",
    "networkx.pagerank_numpy": "networkx.pagerank",
    "networkx.pagerank_scipy": "networkx.pagerank",
    "networkx.hits_scipy": "networkx.hits",
    "networkx.utils.make_str": "str",
    "networkx.edge_betweenness": "networkx.edge_betweenness_centrality",
    "networkx.k_nearest_neighbors": "networkx.average_degree_connectivity",
    "networkx.from_pandas_dataframe": "networkx.from_pandas_edgelist",
    "networkx.compute_v_structures": "networkx.dag.v_structures",
    "networkx.join": "networkx.join_trees",
    "networkx.min_cut": "networkx.minimum_cut_value",
    "networkx.project": "networkx.bipartite.projected_graph",
    "networkx.find_cores": "networkx.core_number",
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
    template("networkx.utils.is_iterator(_a)", "hasattr(_a, '__next__')"),
    template("networkx.utils.iterable(_a)", "numpy.iterable(_a)"),
    template(
        "networkx.number_of_cliques(_g)",
        "{n: sum(n in c for c in networkx.find_cliques(_g)) for n in _g}",
        replacement="",
    ),
    template(
        "networkx.graph_number_of_cliques(_g)",
        "sum(1 for _ in networkx.find_cliques(_g))",
        replacement="",
    ),
    template(
        "networkx.graph_clique_number(_g)",
        "max(len(c) for c in networkx.find_cliques(_g))",
        replacement="",
    ),
    template(
        "networkx.cliques_containing_node(_g, _n)",
        "[c for c in networkx.find_cliques(_g) if _n in c]",
        replacement="",
    ),
    template("networkx.info(_g)", "str(_g)", replacement=""),
    template(
        "networkx.betweenness_centrality_source(_g)",
        "networkx.betweenness_centrality(_g)",
        replacement="",
    ),
    template(
        "networkx.generators.geometric.euclidean(_a, _b)", "math.dist(_a, _b)", replacement=""
    ),
    template("networkx.is_string_like(_a)", "isinstance(_a, str)", replacement=""),
    template("networkx.all_triplets(_g)", "itertools.combinations(_g.nodes(), 3)", replacement=""),
    template("networkx.coverage(*__rest)", "networkx.community.partition_quality(*__rest)[0]"),
    template("networkx.performance(*__rest)", "networkx.community.partition_quality(*__rest)[1]"),
)
