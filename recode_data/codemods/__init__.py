"""Shapes of change as program transforms: which fits a change, and programs that show it."""
