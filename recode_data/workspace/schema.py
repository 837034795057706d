"""The tables, as numbered migrations: each is run once, in order, in one transaction.

Records with parts of their own (warnings, values, evidence) keep them as JSON text, so a
table has a column for every field of its record, in the record's order, after ``id``.
"""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE notes (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, source VARCHAR,
        location VARCHAR, format VARCHAR, text VARCHAR);
    CREATE TABLE changes (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, kind VARCHAR, text VARCHAR,
        section VARCHAR, source VARCHAR, location VARCHAR, note_id VARCHAR,
        old_symbol VARCHAR, old_keyword VARCHAR, old_value VARCHAR,
        new_symbol VARCHAR, new_keyword VARCHAR, new_value VARCHAR);
    CREATE TABLE groundings (
        id VARCHAR PRIMARY KEY, change_id VARCHAR, grounded BOOLEAN, flip_version VARCHAR,
        reason VARCHAR);
    CREATE TABLE entries (
        id VARCHAR PRIMARY KEY, dependency VARCHAR, new_version VARCHAR, description VARCHAR,
        update_info VARCHAR, old_code VARCHAR, new_code VARCHAR, old_version VARCHAR,
        change_id VARCHAR, change_kind VARCHAR, engine VARCHAR, author VARCHAR,
        parameters VARCHAR, old_symbol VARCHAR, old_keyword VARCHAR, new_symbol VARCHAR,
        new_keyword VARCHAR, old_origin VARCHAR, new_origin VARCHAR, location VARCHAR);
    CREATE TABLE runs (
        id VARCHAR PRIMARY KEY, code_id VARCHAR, environment_id VARCHAR, library VARCHAR,
        version VARCHAR, python VARCHAR, runner VARCHAR, status VARCHAR, exception VARCHAR,
        message VARCHAR, line INTEGER, warnings VARCHAR, stdout VARCHAR, "values" VARCHAR,
        calls VARCHAR, seconds DOUBLE, tier VARCHAR);
    CREATE TABLE verdicts (
        id VARCHAR PRIMARY KEY, entry_id VARCHAR, judge VARCHAR, status VARCHAR,
        reason VARCHAR, kind VARCHAR, old_version VARCHAR, new_version VARCHAR,
        detail VARCHAR, evidence VARCHAR);
    CREATE TABLE attempts (
        id VARCHAR PRIMARY KEY, stage VARCHAR, subject_id VARCHAR, version VARCHAR,
        produced INTEGER, reason VARCHAR, detail VARCHAR);
    """,
    """
    CREATE TABLE symbols (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, name VARCHAR,
        "exists" BOOLEAN, kind VARCHAR, signature VARCHAR, doc VARCHAR);
    CREATE TABLE llm_calls (
        id VARCHAR PRIMARY KEY, request VARCHAR, model VARCHAR, prompt VARCHAR,
        change_id VARCHAR, change_kind VARCHAR, sample INTEGER, "round" INTEGER,
        state VARCHAR, answer VARCHAR, finish VARCHAR, prompt_tokens INTEGER,
        answer_tokens INTEGER, cost DOUBLE, seconds DOUBLE);
    """,
    """
    CREATE TABLE normal_forms (
        entry_id VARCHAR, version VARCHAR, code UBIGINT);
    CREATE TABLE documents (code UBIGINT, words VARCHAR);
    CREATE TABLE bands (band UBIGINT, code UBIGINT);
    CREATE TABLE near_pairs (code UBIGINT, other UBIGINT, similarity DOUBLE);
    CREATE TABLE dedup_state (fingerprint VARCHAR);
    CREATE TABLE duplicates (
        entry_id VARCHAR, "cluster" VARCHAR, representative VARCHAR, similarity DOUBLE,
        reason VARCHAR);
    CREATE TABLE contaminated (
        entry_id VARCHAR, source VARCHAR, "row" INTEGER, similarity DOUBLE);
    """,
    """
    DROP TABLE bands;
    DELETE FROM dedup_state;
    CREATE TABLE signatures (
        code UBIGINT, b0 UBIGINT, b1 UBIGINT, b2 UBIGINT, b3 UBIGINT, b4 UBIGINT,
        b5 UBIGINT, b6 UBIGINT, b7 UBIGINT, b8 UBIGINT, b9 UBIGINT, b10 UBIGINT,
        b11 UBIGINT, b12 UBIGINT, b13 UBIGINT, b14 UBIGINT, b15 UBIGINT);
    CREATE TABLE benchmark_documents (code UBIGINT, source VARCHAR, "row" INTEGER, words VARCHAR);
    CREATE TABLE releases (library VARCHAR, version VARCHAR, uploaded VARCHAR);
    """,
    """
    CREATE TABLE surfaces (
        id VARCHAR PRIMARY KEY, library VARCHAR, version VARCHAR, content BLOB);
    """,
    # Hashes do not compress, and trying costs more than all comparisons.
    """
    DROP TABLE documents;
    DROP TABLE signatures;
    DELETE FROM dedup_state;
    CREATE TABLE documents (code UBIGINT, words VARCHAR USING COMPRESSION uncompressed);
    CREATE TABLE signatures (
        code UBIGINT USING COMPRESSION uncompressed,
        b0 UBIGINT USING COMPRESSION uncompressed, b1 UBIGINT USING COMPRESSION uncompressed,
        b2 UBIGINT USING COMPRESSION uncompressed, b3 UBIGINT USING COMPRESSION uncompressed,
        b4 UBIGINT USING COMPRESSION uncompressed, b5 UBIGINT USING COMPRESSION uncompressed,
        b6 UBIGINT USING COMPRESSION uncompressed, b7 UBIGINT USING COMPRESSION uncompressed,
        b8 UBIGINT USING COMPRESSION uncompressed, b9 UBIGINT USING COMPRESSION uncompressed,
        b10 UBIGINT USING COMPRESSION uncompressed, b11 UBIGINT USING COMPRESSION uncompressed,
        b12 UBIGINT USING COMPRESSION uncompressed, b13 UBIGINT USING COMPRESSION uncompressed,
        b14 UBIGINT USING COMPRESSION uncompressed, b15 UBIGINT USING COMPRESSION uncompressed);
    """,
    """
    CREATE TABLE decisions (
        id VARCHAR PRIMARY KEY, entry_id VARCHAR, reviewer VARCHAR, decision VARCHAR,
        reason VARCHAR, note VARCHAR, edited_as VARCHAR, decided VARCHAR);
    """,
    # A document is its words as numbers; see recode_data.duplicates.near.
    """
    DROP TABLE documents;
    DROP TABLE signatures;
    DELETE FROM dedup_state;
    CREATE TABLE documents (code UBIGINT, words UINTEGER[] USING COMPRESSION uncompressed);
    CREATE TABLE signatures (
        code UBIGINT USING COMPRESSION uncompressed,
        b0 UINTEGER USING COMPRESSION uncompressed, b1 UINTEGER USING COMPRESSION uncompressed,
        b2 UINTEGER USING COMPRESSION uncompressed, b3 UINTEGER USING COMPRESSION uncompressed,
        b4 UINTEGER USING COMPRESSION uncompressed, b5 UINTEGER USING COMPRESSION uncompressed,
        b6 UINTEGER USING COMPRESSION uncompressed, b7 UINTEGER USING COMPRESSION uncompressed,
        b8 UINTEGER USING COMPRESSION uncompressed, b9 UINTEGER USING COMPRESSION uncompressed,
        b10 UINTEGER USING COMPRESSION uncompressed, b11 UINTEGER USING COMPRESSION uncompressed,
        b12 UINTEGER USING COMPRESSION uncompressed, b13 UINTEGER USING COMPRESSION uncompressed);
    """,
    """
    ALTER TABLE entries ADD COLUMN requirements VARCHAR DEFAULT '[]';
    """,
    """
    ALTER TABLE runs ADD COLUMN span VARCHAR DEFAULT '[]';
    ALTER TABLE runs ADD COLUMN uses VARCHAR DEFAULT '[]';
    """,
    # What was looked up of a symbol was cut to 700 characters; prompts compare whole texts.
    """
    DELETE FROM symbols;
    CREATE TABLE llm_dialects (model VARCHAR, parameter VARCHAR);
    CREATE TABLE llm_batches (
        id VARCHAR PRIMARY KEY, name VARCHAR, endpoint VARCHAR, model VARCHAR, calls VARCHAR,
        file VARCHAR, batch VARCHAR, state VARCHAR);
    """,
    # What a workspace of before was made of is not known; it counts as what is there now.
    """
    CREATE TABLE inputs (
        stage VARCHAR, library VARCHAR, generation INTEGER, broad INTEGER, parts VARCHAR);
    """,
    """
    CREATE TABLE IF NOT EXISTS package_uses (
        package VARCHAR, version VARCHAR, path VARCHAR, keyword VARCHAR, uses BIGINT);
    """,
    """
    ALTER TABLE runs ADD COLUMN files INTEGER DEFAULT 0;
    """,
)
"""Migration ``n`` leads from schema version ``n`` to ``n + 1``."""
