"""How well the check of update texts agrees with a reader, and what it leaves to publish.

    python benchmarks/update_texts.py [--misses]

`update_texts.jsonl` holds 60 valid entries drawn at random over eleven libraries, each with its
text as a note says it, labelled by hand: could somebody who has only the text and the old code
write the new code? ``completed`` is the text as the check had it completed, read and labelled in
the same way. A text that is completed otherwise than when it was read has to be read again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from recode_data.update_text import Update, completed, untold  # noqa: E402

SYMBOLS = ("old_symbol", "old_keyword", "new_symbol", "new_keyword")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--misses", action="store_true", help="print what the check has wrong")
    given = parser.parse_args()
    lines = (ROOT / "benchmarks/update_texts.jsonl").read_text().splitlines()
    right = passed = enough = published = unread = 0
    for row in map(json.loads, lines):
        update = Update(*(row[name] for name in SYMBOLS))
        passes = not untold(row["update_info"], row["old_code"], row["new_code"], update)
        right += passes and row["enough"]
        passed += passes
        enough += row["enough"]
        text = completed(row["update_info"], row["old_code"], row["new_code"], update)
        unread += text != row["completed"]
        published += text == row["completed"] and row["completed_enough"]
        if given.misses and passes != row["enough"]:
            print(f"{'passes' if passes else 'refused'}: {row['update_info'][:300]}\n")
    print(f"texts as the notes have them: {enough} of {len(lines)} are enough")
    print(f"check: precision {right}/{passed}, recall {right}/{enough}")
    print(f"completed: {published} of {len(lines)} are enough, {unread} to be read again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
