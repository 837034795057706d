"""The pair of versions that a row of a foreign data set claims.

Such a row names one version. It is taken at its word: that version exactly, or the
nearest one of its feature series, against the version before it; of a series without wheels the
release after it, which has what changed in it. A claim of a feature
release (``1.25.0``) is tested against the last release of the series before; a claim of
a patch (``2.11.2``) against the patch before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from packaging.version import Version

from recode_data.judge.transition import parse_version

TRIES = 4
"""Old versions that are tried, newest first, until one can be had."""


def claimed_pairs(claimed: str, versions: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield (old, new) pairs for ``claimed``, best first; nothing when there is no such
    version. ``versions`` are those of the index, in any order.

    >>> list(claimed_pairs("==1.25.0", ["1.24.3", "1.24.4", "1.25.0", "1.25.2"]))[0]
    ('1.24.4', '1.25.0')
    """
    wanted = parse_version(claimed)
    known = sorted({Version(version) for version in versions})
    if wanted is None:
        return
    for new in _near(wanted, known)[:TRIES]:
        feature = new.micro == 0 or wanted.micro == 0
        series = new.release[:2]
        before = [v for v in known if (v.release[:2] < series if feature else v < new)]
        for old in reversed(before[-TRIES:]):
            yield str(old), str(new)


def series_pair(new: str, versions: Sequence[str]) -> tuple[str, str] | None:
    """Return ``new`` and the last version of the series before its own, where that is not the
    version right before it: a patch is named where any release of its series would do.

    >>> series_pair("2.0.2", ["1.26.3", "1.26.4", "2.0.1", "2.0.2"])
    ('1.26.4', '2.0.2')
    >>> series_pair("2.0.0", ["1.26.4", "2.0.0"]) is None
    True
    """
    wanted = Version(new)
    before = [v for v in map(Version, versions) if v.release[:2] < wanted.release[:2]]
    if not wanted.micro or not before:
        return None
    return str(max(before)), new


def _near(wanted: Version, known: Sequence[Version]) -> list[Version]:
    """The version itself, then the later and then the earlier ones of its series; where that
    has none that can be had, the next version of the same major one."""
    series = [version for version in known if _series(version) == _series(wanted)]
    if not series:
        return [v for v in known if v > wanted and v.major == wanted.major][:1]
    exact = [version for version in series if version == wanted]
    later = [version for version in series if version > wanted]
    earlier = [version for version in reversed(series) if version < wanted]
    return exact + later + earlier


def _series(version: Version) -> tuple[int, int]:
    return version.major, version.minor
