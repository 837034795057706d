"""What a library's maintainers and users do with what is known of its changes: migrate their own
code, write the guide between two versions, and check documentation against the versions."""
