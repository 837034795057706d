"""Near duplicates among synthetic documents: this program beside pure SQL, datasketch, rensa.

    python -m pip install -r benchmarks/requirements.txt
    python -m benchmarks.dedup --documents 100000
    python -m benchmarks.dedup --documents 1000000 --add 1000

All contenders get the same Parquet file of documents of about 600 characters: Zipf words
behind one of forty headers, as imports stand in front of code. In one of ten cases the next
document is a copy with a few words changed. Each runs in a process of its own. Its CPU
seconds are those of all its threads, user and system, from the start of the interpreter:
imports, reading the file, and for this program opening a workspace, hashing the words and
writing what an incremental run needs to the disk, which the others do not do. datasketch
and rensa end with candidates; the second figure adds the true Jaccard of each of them, in
Python, so that all have told the same: every pair of Jaccard >= 0.8. Recall is over the
planted pairs, precision over the pairs told before that check.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HEADERS, VOCABULARY, WORDS = 40, 30_000, 86
BATCH = 50_000
THRESHOLD = 0.8
CONTENDERS = ("recode-data", "sql", "datasketch", "rensa")
CHECKED = ("recode-data", "sql")
Pairs = list[tuple[int, int]]


def write_documents(path: Path, count: int, first: int = 0, seed: int = 0) -> None:
    """Write ``count`` documents (code, words); a copy follows its original."""
    draw = np.random.default_rng([seed, first])
    names = np.array([f"n{number:05d} " for number in range(VOCABULARY)], dtype="S7")
    headers = np.random.default_rng(seed).integers(0, VOCABULARY, (HEADERS, 8))
    schema = pa.schema([("code", pa.uint64()), ("words", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(first, first + count, BATCH):
            size = min(BATCH, first + count - start)
            # A uniform draw to the power 2.5 has Zipf's law with exponent 0.6.
            words = (VOCABULARY * draw.random((size, WORDS - 8)) ** 2.5).astype(np.int64)
            whole = np.hstack([headers[draw.integers(0, HEADERS, size)], words])
            for copy in range(1, size, 10):
                whole[copy] = whole[copy - 1]
                changed = draw.choice(WORDS, draw.integers(1, 6), replace=False)
                whole[copy, changed] = draw.integers(0, VOCABULARY, len(changed))
            joined_names = np.ascontiguousarray(names[whole]).view(f"S{7 * WORDS}").ravel()
            texts = [text.rstrip().decode() for text in joined_names.tolist()]
            codes = pa.array(range(start, start + size), pa.uint64())
            writer.write_table(pa.table({"code": codes, "words": texts}, schema=schema))


def read(path: Path) -> Iterator[tuple[int, str]]:
    for batch in pq.ParquetFile(path).iter_batches(10_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def shingles(words: str) -> set[tuple[str, str, str]]:
    parts = words.split(" ")
    return set(zip(parts, parts[1:], parts[2:], strict=False))


def joined(words: str) -> list[str]:
    """Return the shingles as texts, the fastest way that Python has."""
    parts = words.split(" ")
    return [f"{a} {b} {c}" for a, b, c in zip(parts, parts[1:], parts[2:], strict=False)]


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def run_recode_data(path: Path, folder: Path) -> Pairs:
    """The stage's own tables and functions, from the Parquet file to verified pairs."""
    from recode_data.duplicates import compare_new
    from recode_data.duplicates.near import numbers
    from recode_data.workspace import Workspace

    with Workspace.open(folder / "workspace") as workspace:
        workspace.execute("DELETE FROM near_pairs")
        workspace.execute(
            f"INSERT INTO documents SELECT code, {numbers('words')} FROM read_parquet(?)",
            [str(path)],
        )
        compare_new(workspace)
        pairs = workspace.sql("SELECT code, other FROM near_pairs")
        return list(zip(*(column.to_pylist() for column in pairs.columns), strict=True))


def run_sql(path: Path, folder: Path) -> Pairs:
    """Plain SQL as one would write it: 24 bands of 5 hashes, each hashed anew."""
    import duckdb

    base = duckdb.connect(str(folder / "plain.duckdb"))
    base.execute("SET memory_limit = '1GB'")
    base.execute(f"CREATE TABLE docs AS SELECT * FROM read_parquet('{path}')")
    grams = """SELECT code, hash(a, b, c) AS g FROM (
        SELECT code, unnest(w[:-3]) AS a, unnest(w[2:-2]) AS b, unnest(w[3:]) AS c
        FROM (SELECT code, regexp_extract_all(words, '\\w+') AS w FROM {docs}))"""
    minima = ", ".join(f"min(hash(g, {i})) AS m{i}" for i in range(120))
    bands = ", ".join(f"hash({b}, {', '.join(f'm{5 * b + r}' for r in range(5))})"
                      for b in range(24))  # fmt: skip
    base.execute("CREATE TABLE bands (band UBIGINT, code UBIGINT)")
    (count,) = base.execute("SELECT count(*) FROM docs").fetchall()[0]
    for start in range(0, count, 100_000):
        batch = f"(FROM docs WHERE code >= {start} AND code < {start + 100_000})"
        base.execute(f"""INSERT INTO bands SELECT unnest([{bands}]), code FROM (
            SELECT code, {minima} FROM ({grams.format(docs=batch)}) GROUP BY code)""").fetchall()
    base.execute("""CREATE TABLE pairs AS SELECT DISTINCT a.code, b.code AS other
        FROM bands a JOIN bands b ON a.band = b.band AND a.code < b.code""")
    sets = """(SELECT code, list(DISTINCT g) AS s FROM ({grams}) GROUP BY code)"""
    a, b = (
        sets.format(grams=grams.format(docs=f"(FROM docs WHERE code IN (SELECT {key} FROM pairs))"))
        for key in ("code", "other")
    )
    return base.execute(f"""SELECT code, other FROM (
        SELECT p.code, p.other, len(list_intersect(a.s, b.s)) AS n, len(a.s) + len(b.s) AS total
        FROM pairs p JOIN {a} a ON a.code = p.code JOIN {b} b ON b.code = p.other)
        WHERE n / (total - n) >= {THRESHOLD}""").fetchall()


def run_datasketch(path: Path, folder: Path) -> Pairs:
    """datasketch with 120 permutations, 24 bands of 5; its candidates are not verified."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=120, params=(24, 5))
    pairs: Pairs = []
    for code, words in read(path):
        sketch = MinHash(num_perm=120)
        sketch.update_batch([gram.encode() for gram in joined(words)])
        pairs += [(other, code) for other in index.query(sketch)]
        index.insert(code, sketch, check_duplication=False)
    return pairs


def run_rensa(path: Path, folder: Path) -> Pairs:
    """rensa with 120 permutations in 24 bands; its candidates are not verified."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=120, num_bands=24)
    pairs: Pairs = []
    for code, words in read(path):
        sketch = RMinHash(num_perm=120, seed=42)
        sketch.update(joined(words))
        pairs += [(other, code) for other in index.query(sketch)]
        index.insert(code, sketch)
    return pairs


def contend(name: str, path: Path, folder: Path) -> None:
    """Run one contender in this process and leave its pairs and its cost in ``folder``."""
    started = time.monotonic()
    pairs = globals()[f"run_{name.replace('-', '_')}"](path, folder)
    cost = {"cpu": cpu(), "wall": time.monotonic() - started, "peak": peak_memory()}
    if name not in CHECKED:
        check(path, pairs)
    cost["checked"] = cpu()
    (folder / f"{name}.json").write_text(json.dumps(cost))
    np.save(folder / f"{name}.npy", np.array(pairs, dtype=np.uint64).reshape(-1, 2))


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def check(path: Path, pairs: Pairs) -> int:
    """Count the pairs whose true similarity reaches the threshold."""
    wanted = np.unique(np.array(pairs, dtype=np.int64))
    texts = pq.read_table(path, columns=["words"])["words"].take(pa.array(wanted)).to_pylist()
    words = dict(zip(wanted.tolist(), texts, strict=True))
    reached = 0
    for a, b in pairs:
        one, other = set(joined(words[a])), set(joined(words[b]))
        both = len(one & other)
        reached += both / (len(one) + len(other) - both) >= THRESHOLD
    return reached


def peak_memory() -> float:
    """Return the greatest resident size of this process in MB; what getrusage tells is
    that of its parent where that was greater."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def spawn(name: str, path: Path, folder: Path) -> tuple[dict[str, float], set[tuple[int, int]]]:
    command = [sys.executable, "-m", "benchmarks.dedup", "--contender", name]
    subprocess.run([*command, "--folder", str(folder), "--path", str(path)], check=True)
    cost = json.loads((folder / f"{name}.json").read_text())
    found = np.load(folder / f"{name}.npy")
    return cost, {(min(a, b), max(a, b)) for a, b in found.tolist()}


def measure(contenders: list[str], count: int, add: int, folder: Path) -> None:
    path = folder / "documents.parquet"
    write_documents(path, count)
    documents = [words for _code, words in read(path)] if count <= 200_000 else []
    if not documents:
        documents = pq.read_table(path, columns=["words"])["words"]  # type: ignore[assignment]
    planted = planted_pairs(path)
    size = sum(len(str(words)) for words in documents[:1000]) / 1000
    print(f"{count:,} documents of {size:.0f} characters, {len(planted):,} planted pairs >= 0.8")
    print("| program | CPU s | CPU s, checked | wall s | peak MB | pairs | recall | precision |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in contenders:
        cost, found = spawn(name, path, folder)
        right = sum(jaccard(str(documents[a]), str(documents[b])) >= THRESHOLD for a, b in found)
        print(
            f"| {name} | {cost['cpu']:.2f} | {cost['checked']:.2f} | {cost['wall']:.1f} "
            f"| {cost['peak']:.0f} | {len(found):,} | {len(planted & found) / len(planted):.5f} "
            f"| {right / max(len(found), 1):.5f} |",
            flush=True,
        )
    if add and "recode-data" in contenders:
        more = folder / "more.parquet"
        write_documents(more, add, first=count)
        cost, found = spawn("recode-data", more, folder)
        print(f"adding {add:,} to them: {cost['cpu']:.1f} CPU s, {cost['wall']:.1f} s, "
              f"{cost['peak']:.0f} MB, {len(found):,} pairs")  # fmt: skip


def planted_pairs(path: Path) -> set[tuple[int, int]]:
    """Return the planted pairs whose true similarity reaches the threshold."""
    found, before = set(), ""
    for code, words in read(path):
        if code % BATCH % 10 == 1 and jaccard(before, words) >= THRESHOLD:
            found.add((code - 1, code))
        before = words
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--add", type=int, default=1_000)
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS))
    for hidden in ("--contender", "--folder", "--path"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        contend(given.contender, Path(given.path), Path(given.folder))
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        measure(given.contenders, given.documents, given.add, Path(folder))


if __name__ == "__main__":
    main()
