"""scikit-image's templates, and the renames that its notes leave out."""

from __future__ import annotations

from recode_data.codemods.template import template

_GRAPHS = (
    *("RAG", "cut_normalized", "cut_threshold", "merge_hierarchical", "ncut", "rag_boundary"),
    *("rag_mean_color", "show_rag"),
)
_CHANNELS = {
    "exposure": ("match_histograms",),
    "feature": ("hog", "multiscale_basic_features"),
    "filters": ("difference_of_gaussians", "gaussian", "unsharp_mask"),
    "metrics": ("structural_similarity",),
    "restoration": (
        *("cycle_spin", "denoise_bilateral", "denoise_nl_means", "denoise_tv_bregman"),
        *("denoise_tv_chambolle", "denoise_wavelet", "estimate_sigma", "inpaint_biharmonic"),
    ),
    "segmentation": ("felzenszwalb", "random_walker", "slic"),
    "transform": (
        *("pyramid_expand", "pyramid_gaussian", "pyramid_laplacian", "pyramid_reduce"),
        *("rescale", "warp_polar"),
    ),
    "util": ("montage",),
}
"""Functions whose ``multichannel=True`` became ``channel_axis=-1``, by module."""
_NEIGHBOURS = {"4": "1", "8": "2"}
_METRICS = {
    "compare_mse": "mean_squared_error",
    "compare_nrmse": "normalized_root_mse",
    "compare_psnr": "peak_signal_noise_ratio",
    "compare_ssim": "structural_similarity",
}

KNOWN = {
    **{f"skimage.future.graph.{name}": f"skimage.graph.{name}" for name in _GRAPHS},
    **{f"skimage.measure.{old}": f"skimage.metrics.{new}" for old, new in _METRICS.items()},
    "skimage.future.graph.ncut": "skimage.graph.cut_normalized",
    "skimage.feature.register_translation": "skimage.registration.phase_cross_correlation",
    "skimage.morphology.watershed": "skimage.segmentation.watershed",
    # The limit is the largest that goes now, and was the smallest that stays.
    "skimage.morphology.remove_small_objects(min_size=)": "",
    "skimage.morphology.remove_small_holes(area_threshold=)": "",
    # True or False was given; an array is wanted now.
    "skimage.morphology.remove_small_objects(in_place=)": "",
    "skimage.morphology.remove_small_holes(in_place=)": "",
    "skimage.segmentation.clear_border(in_place=)": "",
    "skimage.util.compare_images(image2=)": "",
    **{f"skimage.feature.corner.hessian_matrix_eigvals(H{xy}=)": "" for xy in ("xx", "xy", "yy")},
}

TEMPLATES = (
    *(
        template(
            f"skimage.{module}.{name}(multichannel=True, *__rest)",
            f"skimage.{module}.{name}(*__rest, channel_axis=-1)",
            f"skimage.{module}.{name}(multichannel=)",
        )
        for module, names in _CHANNELS.items()
        for name in names
    ),
    *(
        template(
            f"skimage.{path}(neighbors={old}, *__rest)",
            f"skimage.{path}(*__rest, connectivity={new})",
            f"skimage.{path}(neighbors=)",
        )
        for path in ("measure.label", "morphology.convex_hull_object")
        for old, new in _NEIGHBOURS.items()
    ),
    template(
        "skimage.draw.circle(_r, _c, _radius, *__rest)",
        "skimage.draw.disk((_r, _c), _radius, *__rest)",
    ),
    template(
        "skimage.filters.threshold_adaptive(_a, *__rest)",
        "_a > skimage.filters.threshold_local(_a, *__rest)",
    ),
    template("skimage.morphology.square(_w)", "skimage.morphology.footprint_rectangle((_w, _w))"),
    template(
        "skimage.morphology.rectangle(_r, _c)", "skimage.morphology.footprint_rectangle((_r, _c))"
    ),
    template("skimage.morphology.cube(_w)", "skimage.morphology.footprint_rectangle((_w, _w, _w))"),
)
