"""What runs inside a sandbox beside a completion; its text is sent there, never imported."""
