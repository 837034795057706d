"""What runs inside the pinned environments: standard library only, Python 3.6 and later."""
