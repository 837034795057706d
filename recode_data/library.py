"""A library's definition: what a TOML file under ``pipeline/libraries`` says, over what was
derived from the package index.

What is written wins, key by key; `recode_data.definition` derives what is not. Reading a
definition here asks no network: a derived one is known once a workspace or a command has it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from recode_data.definition_files import known
from recode_data.errors import BadFile, UnknownLibrary, UsageError, nearest
from recode_data.files import read_text
from recode_data.index_settings import before
from recode_data.unreleased import unreleased

OF_ITS_DAY = {"matrix", "sources", "usage"}
"""Keys of a definition that name what there was when it was written."""
SHOWN = "the files under pipeline/ show how one is written"

StrictModel = TypeVar("StrictModel", bound=BaseModel)


Table: TypeAlias = dict[str, Any]
"""A definition as TOML has it, checked or not."""

_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")


def is_distribution_name(name: str) -> bool:
    """Tell whether ``name`` may be the name of a distribution: letters, digits, and ``._-``
    between them. Files are named after it, so nothing else is let through."""
    return bool(_DISTRIBUTION.fullmatch(name))


def _distribution_name(name: str) -> str:
    if not is_distribution_name(name):
        raise ValueError(f"{name!r} is no name of a distribution")
    return name


def _module_name(name: str) -> str:
    if name and not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{name!r} is no name of a module")
    return name


def _version_number(version: str) -> str:
    try:
        Version(version)
    except InvalidVersion as error:
        raise ValueError(f"{version!r} is no version number") from error
    return version


def _inside_the_archive(path: str) -> str:
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path:
        raise ValueError(f"{path!r} leads out of the source distribution")
    return path


DistributionName = Annotated[str, AfterValidator(_distribution_name)]
ModuleName = Annotated[str, AfterValidator(_module_name)]
VersionNumber = Annotated[str, AfterValidator(_version_number)]
Glob = Annotated[str, AfterValidator(_inside_the_archive)]


class Strict(BaseModel):
    """A table of a declaration: an unknown key is an error, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Strict):
    """Where release notes come from; the keys that count depend on ``kind``."""

    kind: Literal["sdist", "web", "github", "package"]
    paths: list[Glob] = []
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
    docstrings: list[Glob] = []
    """Folders of the packages whose docstrings have examples."""
    tests: list[Glob] = []
    docs: list[Glob] = []
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

    name: DistributionName
    """Distribution name, as it is installed."""
    import_name: ModuleName = ""
    """Top package; empty when it is the distribution's name."""
    other_imports: list[ModuleName] = []
    """Further top packages that the distribution installs."""
    title: str = ""
    """As written in a data set's ``dependency`` column; empty is ``name``."""
    licence: str = ""
    homepage: str = ""
    aliases: dict[ModuleName, ModuleName] = {}
    """Usual import aliases: ``np = "numpy"``."""
    sources: list[Source] = []
    matrix: list[VersionNumber] = []
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
    def packages(self) -> tuple[str, ...]:
        """Every top package, the main one first."""
        return tuple(dict.fromkeys((self.package, *self.other_imports)))

    @property
    def dependency(self) -> str:
        return self.title or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """Its distribution's name, its module's and its title, those that are given."""
        given = (self.name, self.import_name, self.title)
        return tuple(name for name in given if name)

    @classmethod
    def matching(cls, dependency: str) -> Library | None:
        """Return the definition that a ``dependency`` column means, by any name of the library:
        its distribution's, its module's, its title, in any spelling. None when there is none."""
        files = library_files()
        written = tuple((name, file, file.stat().st_mtime_ns) for name, file in files.items())
        derived = tuple(json.dumps(table) for table in derived_definitions().values())
        found = _by_any_name(written, derived).get(spelled_alike(dependency))
        return found and _with_unreleased(found)


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


def known_libraries() -> list[str]:
    """Return the names of the libraries that `load_library` can read: written or derived."""
    return list(dict.fromkeys((*library_files(), *derived_definitions())))


def derived_definitions() -> dict[str, Table]:
    """Return what was derived of libraries, by name: by this process, or for a workspace that
    it knows. One that cannot be read is as if it was not there: it can be derived again."""
    tables = {name: _derived_table(text) for name, text in known.derived().items()}
    return {name: table for name, table in tables.items() if table is not None}


@lru_cache(maxsize=256)
def _derived_table(text: str) -> Table | None:
    try:
        table: Table = json.loads(text)
        Library.model_validate(table)
    except ValueError:
        return None
    return table


def know_derived(name: str, table: Table) -> None:
    """Have `load_library` read ``name`` over what was derived of it from now on."""
    Library.model_validate(table)
    known.give_derived(str(canonicalize_name(name)), json.dumps(table, indent=1) + "\n")


def written_definition(name: str) -> tuple[Path | None, Table]:
    """Return the file that defines ``name``, and what stands in it, unchecked but for its own
    name; no file and nothing where none does. ``name`` may also be the path of a ``.toml``.

    Raises `UsageError` for a name that no distribution can have, `BadFile`.
    """
    if isinstance(name, str) and name.endswith(".toml"):
        path = Path(name)
    elif not isinstance(name, str) or not is_distribution_name(name):
        raise UsageError(
            f"{name!r} is no name of a distribution",
            "a name as pip takes it, the path of a definition that ends in .toml, or, to build, "
            "the folder of your project",
        )
    else:
        files = library_files()
        found = files.get(name.lower()) or files.get(canonicalize_name(name))
        if found is None:
            return None, {}
        path = found
    table = _written(path)
    if not isinstance(table.get("name"), str):
        raise BadFile(f"{path}: name: Field required", SHOWN)
    if not is_distribution_name(table["name"]):  # before anything is read or written by it
        raise BadFile(f"{path}: name: {table['name']!r} is no name of a distribution", SHOWN)
    return path, table


def load_library(name: str) -> Library:
    """Return the definition called ``name``, or read from it when it is a ``.toml`` path:
    what is written, over what has been derived of the library.

    Raises `UnknownLibrary` (with the nearest name) or `BadFile` (with the wrong key).
    """
    path, table = written_definition(name)
    distribution = str(table.get("name", name))
    derived = derived_definitions().get(str(canonicalize_name(distribution)), {})
    if path is None and not derived:
        guess = nearest(name.lower(), known_libraries())
        raise UnknownLibrary(
            f"no definition for library {name!r}",
            guess or f"recode-data init {name} derives one from the package index",
        )
    library = _with_unreleased(_checked(str(path or name), merged(derived, table), Library))
    if name.endswith(".toml") and path is not None:
        known.give(library.name.lower(), path)
    return library


def _with_unreleased(library: Library) -> Library:
    """Return a definition whose newest version is the unreleased one, where there is one."""
    matrix = unreleased.matrix(library.name, library.matrix)
    return library if matrix == library.matrix else library.model_copy(update={"matrix": matrix})


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
def _by_any_name(
    files: tuple[tuple[str, Path, int], ...], derived: tuple[str, ...]
) -> dict[str, Library]:
    """Return the definitions in ``files``, whose times tell what is new, and those that were
    derived (as JSON), by their names."""
    tables = {table["name"]: table for table in map(json.loads, derived)}
    found: dict[str, Library] = {}
    for stem, path, _ in files:
        written = _written(path)
        below = tables.pop(str(canonicalize_name(str(written.get("name")))), {})
        library = _checked(str(path), merged(below, written), Library)
        found.update((spelled_alike(name), library) for name in (stem, *library.names))
    for name, table in tables.items():
        library = _checked(name, table, Library)
        found.update((spelled_alike(each), library) for each in library.names)
    return found


def spelled_alike(name: str) -> str:
    """Return a package's name as names are compared: ``Scikit_Learn`` is ``scikit-learn``.

    >>> spelled_alike("Scikit_Learn")
    'scikit-learn'
    """
    return re.sub(r"[-_.\s]+", "-", name.strip()).lower()


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Table:
    """Return a definition with each key of ``above`` over that of ``below``; of the tables
    (``usage``, ``pins``, ``aliases``) each key on its own, while a list replaces a list.

    >>> merged({"matrix": ["1"], "usage": {"docs": ["a"]}}, {"usage": {"tests": ["b"]}})
    {'matrix': ['1'], 'usage': {'docs': ['a'], 'tests': ['b']}}
    """
    found = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = found[key] | value if both else value
    return found


def read_toml(path: Path, model: type[StrictModel]) -> StrictModel:
    """Parse a declaration; every mistake becomes one `BadFile` line with the key in it."""
    return _checked(str(path), _parse(path), model)


def _written(path: Path) -> Table:
    """Return what stands in a definition. Where the index is looked at as of a day, a shipped
    one does not say what there is to be compared and read: it tells of later versions."""
    table = _parse(path)
    if before() and declarations() in path.resolve().parents:
        return {key: value for key, value in table.items() if key not in OF_ITS_DAY}
    return table


def _parse(path: Path) -> Table:
    try:
        return tomllib.loads(read_text(path, SHOWN))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFile(f"cannot read {path}: {error}", SHOWN) from error


def _checked(where: str, table: Table, model: type[StrictModel]) -> StrictModel:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise BadFile(*explain(where, model, error)) from error


def explain(where: str, model: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """Turn pydantic's first complaint into a line and a tip that names the nearest key; of a key
    that is mistyped before one that is missing for it."""
    errors = error.errors()
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        guess = nearest(str(first["loc"][-1]), _keys(model, first["loc"][:-1]))
        return f"{where}: unknown key {key!r}", guess or SHOWN
    return f"{where}: {key}: {first['msg'].removeprefix('Value error, ')}", SHOWN


def _keys(model: type[BaseModel], place: Sequence[str | int]) -> set[str]:
    """Return the keys that the table at ``place`` in a declaration may have."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is not None:  # else the number in a list, or a name that the user chose
            model = next(_models(field.annotation), model)
    return set(model.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
