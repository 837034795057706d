"""Grading as a service, and audits of packages that others made.

`service` grades answers to the rows of exported packages, many at a time within limits;
`server` puts it behind HTTP.
"""
