"""``python -m recode_data`` is the command ``recode-data``."""

from recode_data.cli import main

if __name__ == "__main__":
    main()
