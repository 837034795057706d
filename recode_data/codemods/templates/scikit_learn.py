"""scikit-learn's templates, and the renames that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

_ERRORS = {
    "mean_squared_error": "root_mean_squared_error",
    "mean_squared_log_error": "root_mean_squared_log_error",
}
_ENSEMBLES = ("AdaBoostClassifier", "AdaBoostRegressor", "BaggingClassifier", "BaggingRegressor")
_TREES = ("ExtraTrees", "RandomForest")
_KINDS = ("Classifier", "Regressor")
_ONLINE = (
    *("SGDClassifier", "SGDRegressor", "Perceptron"),
    *("PassiveAggressiveClassifier", "PassiveAggressiveRegressor"),
)
_GROWN = (
    *(f"tree.{name}{kind}" for name in ("DecisionTree", "ExtraTree") for kind in _KINDS),
    *(f"ensemble.{name}{kind}" for name in (*_TREES, "GradientBoosting") for kind in _KINDS),
    "ensemble.RandomTreesEmbedding",
)
_FITTED = {
    "naive_bayes.GaussianNB.sigma_": "var_",
    "decomposition.KernelPCA.alphas_": "eigenvectors_",
    "decomposition.KernelPCA.lambdas_": "eigenvalues_",
    "decomposition.PCA.n_features_": "n_features_in_",
    "linear_model.RidgeCV.cv_values_": "cv_results_",
    "linear_model.RidgeClassifierCV.cv_values_": "cv_results_",
    "preprocessing.PolynomialFeatures.n_input_features_": "n_features_in_",
    "covariance.GraphicalLassoCV.grid_scores_": "cv_results_",
    **{f"ensemble.{name}.base_estimator_": "estimator_" for name in _ENSEMBLES},
    **{
        f"ensemble.{name}{kind}.{old}": new
        for name in _TREES
        for kind in _KINDS
        for old, new in (("base_estimator_", "estimator_"), ("n_features_", "n_features_in_"))
    },
    **{
        f"{module}.{name}.n_features_": "n_features_in_"
        for module, name in (
            ("tree", "DecisionTreeClassifier"),
            ("tree", "DecisionTreeRegressor"),
            ("tree", "ExtraTreeClassifier"),
            ("tree", "ExtraTreeRegressor"),
            ("ensemble", "BaggingClassifier"),
            ("ensemble", "BaggingRegressor"),
        )
    },
    **{
        f"linear_model.{name}.standard_{what}_": f"{what}_"
        for name in ("SGDClassifier", "SGDRegressor", "PassiveAggressiveClassifier")
        for what in ("coef", "intercept")
    },
}
"""Attributes of a fitted estimator that have another name now."""
_ELSEWHERE = {
    "fixes.bincount": "numpy.bincount",
    "fixes.argpartition": "numpy.argpartition",
    "fixes.array_equal": "numpy.array_equal",
    "fixes.in1d": "numpy.in1d",
    "fixes.expit": "scipy.special.expit",
    "fixes.rankdata": "scipy.stats.rankdata",
    "extmath.fast_dot": "numpy.dot",
    "extmath.norm": "scipy.linalg.norm",
    "extmath.pinvh": "scipy.linalg.pinvh",
    "extmath.stable_cumsum": "numpy.cumsum",
    "graph.graph_laplacian": "scipy.sparse.csgraph.laplacian",
    "graph.graph_shortest_path": "scipy.sparse.csgraph.shortest_path",
    "sparsetools.connected_components": "scipy.sparse.csgraph.connected_components",
    "arpack.eigs": "scipy.sparse.linalg.eigs",
    "arpack.eigsh": "scipy.sparse.linalg.eigsh",
    "arpack.svds": "scipy.sparse.linalg.svds",
    "random.choice": "numpy.random.choice",
    "stats.rankdata": "scipy.stats.rankdata",
}

KNOWN = {
    **{f"sklearn.utils.{old}": new for old, new in _ELSEWHERE.items()},
    **{f"sklearn.ensemble.{name}(base_estimator=)": "estimator" for name in _ENSEMBLES},
    "sklearn.calibration.CalibratedClassifierCV(base_estimator=)": "estimator",
    "sklearn.linear_model.RANSACRegressor(base_estimator=)": "estimator",
    "sklearn.utils.check_array(force_all_finite=)": "ensure_all_finite",
    "sklearn.utils.check_X_y(force_all_finite=)": "ensure_all_finite",
    "sklearn.utils.as_float_array(force_all_finite=)": "ensure_all_finite",
    "sklearn.metrics.pairwise_distances(force_all_finite=)": "ensure_all_finite",
    "sklearn.metrics.pairwise.check_pairwise_arrays(force_all_finite=)": "ensure_all_finite",
    "sklearn.model_selection.cross_val_score(fit_params=)": "params",
    "sklearn.model_selection.cross_validate(fit_params=)": "params",
    "sklearn.model_selection.cross_val_predict(fit_params=)": "params",
    **{f"sklearn.linear_model.{name}(n_iter=)": "max_iter" for name in _ONLINE},
    # Another measure, whose values are others.
    **{f"sklearn.{path}(min_impurity_split=)": "" for path in _GROWN},
    **{
        f"sklearn.decomposition.{name}(alpha=)": ""
        for name in ("NMF", "MiniBatchNMF", "non_negative_factorization")
    },
    "sklearn.neighbors.DistanceMetric": "sklearn.metrics.DistanceMetric",
    "sklearn.manifold.MDS(dissimilarity=)": "metric",
    "sklearn.covariance.graph_lasso": "sklearn.covariance.graphical_lasso",
}

TEMPLATES = (
    *(
        template(
            f"sklearn.metrics.{old}(_a, _b, squared=False)",
            f"sklearn.metrics.{new}(_a, _b)",
            f"sklearn.metrics.{old}(squared=)",
        )
        for old, new in _ERRORS.items()
    ),
    *(
        template(
            f"_a.{path.rpartition('.')[2]}",
            f"_a.{new}",
            f"sklearn.{path}",
            f"sklearn.{path.rpartition('.')[0]}.{new}",
        )
        for path, new in _FITTED.items()
    ),
    template(
        "sklearn.metrics.make_scorer(_f, needs_proba=True)",
        "sklearn.metrics.make_scorer(_f, response_method='predict_proba')",
        "sklearn.metrics.make_scorer(needs_proba=)",
    ),
    template("sklearn.utils.extmath.safe_min(_a)", "_a.min()", replacement=""),
    template("sklearn.utils.tosequence(_a)", "list(_a)", replacement=""),
    template(
        "sklearn.utils.extmath.log_logistic(_a)",
        "-numpy.logaddexp(0, -_a)",
    ),
)
