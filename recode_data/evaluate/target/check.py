"""The part of a check that runs beside the completion, inside the sandbox.

This file is not imported: its text goes in front of every check (see `harness`), so it
uses the standard library only, and works from Python 3.6 on. It runs the set-up, then the
completion, then each test, and hands the outcome over by raising `Verdict` at the very end,
with a word that was drawn for this check alone: whatever the completion prints, returns,
exits with or leaves behind for later is no verdict.

Both live in one process, so the word has to be kept from code that looks for it. From
Python 3.8 on, an audit hook, which nothing can take off again, refuses the completion its
callers' frames, the garbage collector's lists, tracing, and the memory of the process; a
completion that tries has failed, as has one that replaces a function the tests rely on.
"""


class Verdict(BaseException):
    pass


def guard(caught):
    """Refuse what leads from the completion to its callers; name it in ``caught``."""
    import sys

    FORBIDDEN = (
        "sys.settrace", "sys.setprofile", "sys._current_frames", "sys._current_exceptions",
        "sys.monitoring.register_callback", "gc.get_objects", "gc.get_referrers",
        "gc.get_referents", "ctypes.dlopen", "ctypes.cdata", "code.__new__",
        "cpython._PySys_ClearAuditHooks",
    )  # fmt: skip
    FRAMES = ("tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_code")
    LIBRARIES = ("<frozen", "/usr/lib", sys.prefix, sys.base_prefix)
    MAIN = "/tmp/main.py"
    LENDERS = ("inspect.py", "traceback.py", "logging/__init__.py")
    getframe = sys._getframe
    busy = []
    frame = getframe(1)
    while frame is not None:  # the harness, and the runner around it
        name = frame.f_code.co_filename
        LIBRARIES += (name,) if name == MAIN else (name.rpartition("/")[0] + "/",)
        frame = frame.f_back

    def near(frame):
        """Say whether no library asks, or one that hands the frame on to what called it."""
        if frame is not None and frame.f_code.co_filename.endswith(LENDERS):
            frame = frame.f_back
        return frame is not None and not frame.f_code.co_filename.startswith(LIBRARIES)

    def hook(event, arguments):
        wanted = (
            event in FORBIDDEN
            or event == "sys._getframe"
            or (event == "object.__getattr__" and arguments[1] in FRAMES)
            or (event == "open" and str(arguments[0]).startswith("/proc/"))
            or (event == "compile" and str(arguments[1]).startswith(LIBRARIES))
        )
        if not wanted or busy:
            return
        busy.append(event)
        try:
            if near(getframe(1)):
                caught.append(event)
                raise RuntimeError("{} is not for a solution".format(event))
        finally:
            busy.clear()

    if hasattr(sys, "addaudithook"):
        sys.addaudithook(hook)


def check(setup, completion, tests, guarded, word):
    import builtins
    import json
    import linecache
    import sys
    import types

    dumps = json.dumps
    failed = []
    caught = []
    reason = ""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    space = vars(module)
    codes = [(name, compile(text, name, "exec", 0, True)) for name, text in tests]

    def first_line(error):
        try:
            text = "{}: {}".format(type(error).__name__, error)
        except BaseException:
            text = type(error).__name__
        return text.split("\n")[0][:100]

    def attempt(code):
        try:
            exec(code, space)
        except BaseException as error:
            return first_line(error)
        return ""

    def functions():
        held = [builtins]
        for name in guarded:
            if name not in sys.modules:
                try:
                    __import__(name)
                except Exception:
                    continue
            held.append(sys.modules[name])
        held += [vars(m)["TestCase"] for m in held if isinstance(vars(m).get("TestCase"), type)]
        return [(m, name, v) for m in held for name, v in list(vars(m).items()) if callable(v)]

    if setup:
        reason = attempt(compile(setup, "setup", "exec", 0, True))
    watched = functions()
    linecache.cache.clear()  # it holds this program
    guard(caught)

    def tampered():
        return caught + [
            name for owner, name, value in watched if vars(owner).get(name) is not value
        ]

    if not reason:
        try:
            code = compile(completion, "solution", "exec", 0, True)
        except BaseException as error:
            reason = first_line(error)
        else:
            reason = attempt(code)
    for name, code in codes:
        if reason or tampered():
            break
        said = attempt(code)
        if said:
            failed.append([name, said])
    if not reason and tampered():
        reason = "tampered: " + ", ".join(tampered()[:3])
    verdict = dumps([word, len(codes), reason, failed[:8], len(failed)])
    raise Verdict(verdict)
