"""A library's definition: one reviewable TOML file under ``pipeline/libraries``."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recode_data.definition_files import known
from recode_data.errors import BadFile, UnknownLibrary, nearest
from recode_data.files import read_text

SHOWN = "the files under pipeline/ show how one is written"

StrictModel = TypeVar("StrictModel", bound=BaseModel)


class Strict(BaseModel):
    """A table of a declaration: an unknown key is an error, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Strict):
    """Where release notes come from; the keys that count depend on ``kind``."""

    kind: Literal["sdist", "web", "github", "package"]
    paths: list[str] = []
    """sdist: globs of the note files inside the source distribution."""
    versions: list[str] = ["newest"]
    """sdist, package: which releases to read; older ones where notes were dropped later."""
    index: str = ""
    """web: the address of the page that lists the note pages."""
    pages: str = ""
    """web: regular expression that the note pages' addresses match; group ``version``."""
    content: str = ""
    """web: CSS selector of the content; empty finds it by the common themes."""
    repository: str = ""
    """github: ``owner/name``."""
    tag: str = r"^v?(?P<version>\d+(\.\d+)*)$"
    """github: regular expression of release tags; group ``version``."""


class Pin(Strict):
    """A version of the matrix that differs from the library's defaults."""

    python: str = ""
    requires: list[str] = []
    until: str = ""


class Usage(Strict):
    """Where real usage code lies inside the sdists."""

    versions: list[str] = ["newest"]
    docstrings: list[str] = []
    tests: list[str] = []
    docs: list[str] = []
    others: list[str] = []
    """Other libraries whose sdists use this one, as ``scipy==1.1``. Their own definitions say
    where usage lies; what is cut from them may import nothing but what this library needs."""

    written: Literal["alias", "members", "by_name"] = "alias"
    """How programs write what the library has: with its alias in front (``np.linalg.norm``);
    only ``members`` of the package itself so (``mpl.rcParams``), since it does not import its
    modules; or imported ``by_name`` (``from scipy.special import comb``)."""
    homes: dict[str, str] = {}
    """Modules that tests import from, and the public ones that have the same members."""
    private: list[str] = []
    """Modules that only the library itself should import: a program that needs one is left."""
    figures: bool = False
    """Programs draw: what they return is compared by the data of its figures, not printed."""


class Library(Strict):
    """What the pipeline knows of a library before it looks."""

    name: str
    """Distribution name, as it is installed."""
    import_name: str = ""
    """Top package; empty when it is the distribution's name."""
    title: str = ""
    """As written in a data set's ``dependency`` column; empty is ``name``."""
    licence: str = ""
    homepage: str = ""
    aliases: dict[str, str] = {}
    """Usual import aliases: ``np = "numpy"``."""
    sources: list[Source] = []
    matrix: list[str] = []
    """Versions that are installed to see when a change takes effect, oldest first."""
    requires: list[str] = []
    """Packages that every environment of the library needs besides."""
    preload: list[str] = []
    """Modules that a warm process imports before it forks, besides ``import_name``."""
    pins: dict[str, Pin] = {}
    usage: Usage = Field(default_factory=Usage)

    @property
    def package(self) -> str:
        return self.import_name or self.name

    @property
    def dependency(self) -> str:
        return self.title or self.name

    @classmethod
    def matching(cls, dependency: str) -> Library | None:
        """Return the definition that a ``dependency`` column means, by any name of the library:
        its distribution's, its module's, its title, in any spelling. None when there is none."""
        files = library_files()
        written = tuple((name, file, file.stat().st_mtime_ns) for name, file in files.items())
        return _by_any_name(written).get(spelled_alike(dependency))


def declarations() -> Path:
    """Return the folder that holds ``pipeline`` and ``train``: inside the installed
    package, or the root of a checkout."""
    inside = Path(__file__).parent / "declarations"
    return inside if inside.is_dir() else Path(__file__).parent.parent


def library_files() -> dict[str, Path]:
    """Return every known definition by name; the user's ``./pipeline/libraries`` wins over
    the shipped ones, and what was given as a path or is kept by a workspace over both."""
    folders = (declarations() / "pipeline" / "libraries", Path("pipeline/libraries"))
    found = {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}
    return found | known.files()


def load_library(name: str) -> Library:
    """Return the definition called ``name``, or read from it when it is a ``.toml`` path.

    Raises `UnknownLibrary` (with the nearest name) or `BadFile` (with the wrong key).
    """
    files = library_files()
    path = Path(name) if name.endswith(".toml") else files.get(name.lower())
    if path is None:
        guess = nearest(name.lower(), files)
        raise UnknownLibrary(
            f"no definition for library {name!r}",
            guess or f"write pipeline/libraries/{name}.toml; numpy.toml shows how",
        )
    library = read_toml(path, Library)
    if name.endswith(".toml"):
        known.give(library.name.lower(), path)
    return library


@lru_cache(maxsize=1)
def import_aliases() -> dict[str, str]:
    """Return the names that programs give to the packages of the shipped definitions, and to
    the packages themselves: ``np`` and ``numpy`` are ``numpy``.

    The user's own definitions do not count: what a note means must not depend on them.
    """
    folder = declarations() / "pipeline" / "libraries"
    known = [read_toml(file, Library) for file in sorted(folder.glob("*.toml"))]
    names = {library.package: library.package for library in known}
    return names | {alias: path for library in known for alias, path in library.aliases.items()}


@lru_cache(maxsize=4)
def _by_any_name(files: tuple[tuple[str, Path, int], ...]) -> dict[str, Library]:
    """Return the definitions in ``files`` by their names; the files' times tell what is new."""
    found: dict[str, Library] = {}
    for stem, path, _ in files:
        library = read_toml(path, Library)
        for name in (library.title, library.import_name, library.name, stem):
            if name:
                found[spelled_alike(name)] = library
    return found


def spelled_alike(name: str) -> str:
    """Return a package's name as names are compared: ``Scikit_Learn`` is ``scikit-learn``.

    >>> spelled_alike("Scikit_Learn")
    'scikit-learn'
    """
    return re.sub(r"[-_.\s]+", "-", name.strip()).lower()


def read_toml(path: Path, model: type[StrictModel]) -> StrictModel:
    """Parse a declaration; every mistake becomes one `BadFile` line with the key in it."""
    try:
        return model.model_validate(tomllib.loads(read_text(path, SHOWN)))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(f"cannot read {path}: {error}", SHOWN) from error
    except ValidationError as error:
        raise BadFile(*explain(str(path), model, error)) from error


def explain(where: str, model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """Turn pydantic's first complaint into a line and a tip that names the nearest key."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        keys = {name for kind in (model, *Strict.__subclasses__()) for name in kind.model_fields}
        guess = nearest(str(first["loc"][-1]), keys)
        return f"{where}: unknown key {key!r}", guess or SHOWN
    return f"{where}: {key}: {first['msg']}", SHOWN
