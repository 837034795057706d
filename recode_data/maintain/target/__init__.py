"""What runs in the sandbox, on the interpreters of environments."""
