"""The part of a check that runs beside the completion, inside the sandbox.

This file is not imported: its text goes in front of every check (see `harness`), so it
uses the standard library only, and works from Python 3.6 on. It runs the set-up, then the
completion, then each test, and hands the outcome over by raising `Verdict` at the very end,
with a word that was drawn for this check alone: whatever the completion prints, returns,
exits with or leaves behind for later is no verdict.

It cannot hide from code that walks the interpreter's own frames, since both live in one
process; `tampered` is what it says of completions that replace functions it relies on.
"""


class Verdict(BaseException):
    pass


def check(setup, completion, tests, guarded, word):
    import builtins
    import json
    import sys
    import types

    dumps = json.dumps
    failed = []
    reason = ""
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    space = vars(module)
    codes = [(name, compile(text, name, "exec", 0, True)) for name, text in tests]

    def first_line(error):
        try:
            text = f"{type(error).__name__}: {error}"
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

    def tampered():
        sys.settrace(None)
        sys.setprofile(None)
        return [name for owner, name, value in watched if vars(owner).get(name) is not value]

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
