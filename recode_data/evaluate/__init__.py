"""Measuring models by execution: benchmarks, completions, scores, comparisons of runs."""
