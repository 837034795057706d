"""recode-data: executed, validated data sets of library API updates."""

__version__ = "0.1.0"
