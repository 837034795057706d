"""Where notes come from: archives, pages, releases of a repository, the library itself."""
