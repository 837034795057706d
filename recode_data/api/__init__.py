"""What a library offers: a snapshot of each version's public API, and what is asked of them."""
