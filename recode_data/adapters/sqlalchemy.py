"""SQLAlchemy: how a MetaData is shown."""

MASKS = (
    # SQLAlchemy 1 writes that no engine is bound, SQLAlchemy 2 knows no bound engines.
    (r"\bMetaData\(bind=None\)", "MetaData()"),
)
