"""What runs inside a target environment: standard library only, Python 3.6 to 3.14.

The folder is mounted into the sandbox and started as ``python server.py``; its files
import each other by their bare names, never ``recode_data``.
"""
