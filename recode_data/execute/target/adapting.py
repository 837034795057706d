"""The adapters: what knows the values of one library each, from the texts the owner sent."""

import builtins
import sys
import types

LOADED = []
"""Those that encode values, in their order; filled before the first fork."""


class Broken(BaseException):
    """An adapter fails by itself. No `Exception`: an adapter that catches those, around an
    item that is another adapter's, must not turn this into a value."""


def load(sources):
    """Make modules of ``sources``, pairs of name and text, which are in no `sys.modules`.

    Return why one of them cannot be used, else an empty text.
    """
    for name, source in sources:
        module = types.ModuleType(name)
        module.__file__ = "<adapter {}>".format(name)
        module.__builtins__ = dict(vars(builtins))  # what a program takes out of them stays here
        try:
            exec(compile(source, module.__file__, "exec", 0, True), vars(module))
        except (Exception, SystemExit) as error:
            return "{}: {}: {}".format(name, type(error).__name__, error)[:500]
        if hasattr(module, "encode"):
            LOADED.append(module)
    return ""


def asked():
    """Return the adapters whose library is loaded."""
    return [module for module in LOADED if sys.modules.get(module.MODULE) is not None]


def encoded(adapters, value, inner):
    """Return what the first of ``adapters`` that knows a value makes of it, or None."""
    for module in adapters:
        try:
            found = module.encode(value, inner)
        except (NameError, ImportError) as error:
            if innermost(error) == module.__file__:
                raise Broken("{}: {!r}".format(module.__name__, error)) from error
            raise
        if found is None:
            continue
        if type(found) is dict and type(found.get("type")) is str:
            return found
        raise Broken("{}: it gave {}".format(module.__name__, repr(found)[:200]))
    return None


def innermost(error):
    """Return the file whose line raised ``error``."""
    step = error.__traceback__
    while step.tb_next is not None:
        step = step.tb_next
    return step.tb_frame.f_code.co_filename


def samples():
    """Yield the package and code of each sample whose module is loaded."""
    for module in LOADED:
        for name, pieces in getattr(module, "SAMPLES", {}).items():
            if name in sys.modules:
                for code in pieces:
                    yield name.partition(".")[0], code
