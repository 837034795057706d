"""Stage 1: release notes from where a library publishes them, and the changes they state."""
