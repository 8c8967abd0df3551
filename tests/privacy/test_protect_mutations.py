"""Promise 5: whoever breaks a protection breaks a test. Each of these breaks one, by hand."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Final

import pytest

from tests.privacy.protecting import faults

_PACKAGE: Final = "jupyter_eventlog.pipeline"
_ORDER: Final = ("net", "values", "protect")

#: Module, what stands there, what somebody may write instead.
MUTATIONS: Final = (
    ("protect", 'return _listed(kind, words) if kind else None', "return keep"),
    ("protect", "value if value in listed else otherwise", "value"),
    ("protect", "if not isinstance(value, str):\n            return NOTHING", "if False: pass"),
    ("protect", "return hashed(key) if key is not None else None", "return hashed(key or b'')"),
    ("protect", "return hashed(key) if key is not None else None", "return keep"),
    ("protect", 'return hashed(key) if key is not None else None', 'return hashed(b"fixed")'),
    ("protect", 'if trait == "time" and', 'if False and'),
    ("protect", 'if trait == "time" and', 'if'),
    ("protect", "return _PROTECTIONS.get(protection)", "return _PROTECTIONS.get(protection, keep)"),
    ("protect", '"present": present', '"present": keep'),
    ("protect", '"bucket": bucketed', '"bucket": keep'),
    ("protect", '"truncate": host,', '"truncate": keep,'),
    ("protect", '{"bucket": hour, "truncate": date}', '{"bucket": keep, "truncate": date}'),
    ("protect", '{"bucket": hour, "truncate": date}', '{"bucket": hour, "truncate": hour}'),
    ("protect", "        if act is None:\n", "        act = act or keep\n        if False:\n"),
    ("protect", "if outward and", "if False and"),
    ("protect", "if outward and", "if"),
    ("protect", 'in ("keep", "truncate") and', 'in ("truncate",) and'),
    ("protect", 'in ("keep", "truncate") and', 'in ("keep",) and'),
    ("protect", ' and trait != "constant"', ""),
    ("protect", 'ids=trait == "technical"', "ids=True"),
    ("protect", 'ids=trait == "technical"', "ids=False"),
    ("protect", "result = {}\n", "result = dict(value)\n"),
    ("protect", "return _made(*names, words, known, outward, key)", "pass"),
    ("protect", "return Protected(valid, {} if rebuilt is NOTHING else rebuilt)",
     "return Protected(valid, data if rebuilt is NOTHING else rebuilt)"),
    ("values", "return value if value is None or isinstance(value, _SCALARS) else NOTHING",
     "return value"),
    ("values", "isinstance(result, str) and caught(result, ids=ids)", "False"),
    ("values", "return True if isinstance", "return value if isinstance"),
    ("values", "return True if isinstance(value, _SCALARS) else NOTHING", "return True"),
    ("values", "isinstance(value, bool) or not isinstance(value, int | float)", "False"),
    ("values", "isinstance(value, bool) or not isinstance(value, int | float)",
     "not isinstance(value, int | float)"),
    ("values", "bisect_right(_EDGES, size) - 1", "bisect_right(_EDGES, size)"),
    ("values", "-edge if value < 0 else edge", "edge"),
    ("values", "(1, 2, 5)", "(1,)"),
    ("values", "{at.hour:02}:00:00Z", "{at.hour:02}:{at.minute:02}:00Z"),
    ("values", "str(at.date())", 'f"{at:%Y-%m-%dT%H}"'),
    ("values", "return at.astimezone(timezone.utc)", "return at"),
    ("values", "_TIME.fullmatch(value)", "_TIME.match(value)"),
    ("values", "except (ValueError, OverflowError):\n        return None",
     "except OverflowError:\n        return None"),
    ("values", "except (ValueError, OverflowError):\n        return None",
     "except ValueError:\n        return None"),
    ("values", "_URL.fullmatch(value)", "_URL.match(value)"),
    ("values", "match[1].lower()", "match[1]"),
    ("values", "match[1].lower()", "match[0].lower()"),
    ("values", '.removesuffix(".")', ""),
    ("values", "(?:https?|wss?|ftp)://", "[a-z]+://"),
    ("values", "(?:https?|wss?|ftp)://", "(?:(?:https?|wss?|ftp)://)?"),
    ("values", r"(?:[^\s/?#@\\]*@)?", ""),
    ("values", r"(?:[^\s/?#@\\]*@)?", r"(?:[^\s?#@\\]*@)?"),
    ("values", r"(?::\d{0,5})?", ""),
    ("values", r"(?:[/?#].*)?", r".*"),
    ("values", "_NAME.fullmatch(name) is None or ", ""),
    ("values", r"(?:{_LABEL}\.)+[a-z]", r"(?:{_LABEL}\.)*[a-z]"),
    ("values", r"(?:{_LABEL}\.)+[a-z]", r"(?:{_LABEL}\.)+[a-z0-9]"),
    ("values", "or name.endswith(_OWN_MACHINES)", ""),
    ("values", "NOTHING if _DASHED_IP.search(name) else name", "name"),
    ("values", "if isinstance(value, bool) or not isinstance(value, _SCALARS):", "if False:"),
    ("values", "if isinstance(value, bool) or not isinstance(value, _SCALARS):",
     "if not isinstance(value, _SCALARS):"),
    ("values", "hmac.digest(key, canonical(value)", "hmac.digest(key, str(value).encode()"),
    ("values", "[:_HASH_CHARS]", ""),
    ("values", 'hmac.digest(key, canonical(value), "sha256")', "canonical(value)"),
    ("values", 'hmac.digest(key, canonical(value), "sha256")',
     '__import__("hashlib").sha256(canonical(value)).digest()'),
    ("net", 'text = unicodedata.normalize("NFKC", text)', "pass"),
    ("net", "if any(sign in text and form.search(text) for sign, form in _NOTED):", "if False:"),
    ("net", "form.search(text)", "form.match(text)"),
    ("net", ", re.IGNORECASE)) for sign", ")) for sign"),
    ("net", 'if "-" in text and UUID.search(text):', "if False:"),
    ("net", "        if not ids:\n            return True\n", ""),
    ("net", "(_HEX.search(text) and not ids)", "False"),
    ("net", "(_HEX.search(text) and not ids)", "_HEX.search(text)"),
    ("net", "_CLOUD_KEY.search(text) or", "False or"),
    ("net", "return any(_is_random(run)", "return False and any(_is_random(run)"),
    ("net", "turns * 3 >= len(kinds)", "turns * 3 >= 0"),
    ("net", r"(?<!sha256:)", ""),
    # each form that it knows
    ("net", r'    "@": (r"[^\s@]@[^\W\d_][\w.-]",),', ""),
    ("net", r"(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)", "(?!)"),
    ("net", r'(?<!\w)eyj[\w-]{8,}\.[\w-]{4}', "(?!)"),
    ("net", r"(?<![\w:])(?:{_HEX_GROUP}:){{7}}{_HEX_GROUP}(?!\w)", "(?!)"),
    ("net", r"(?<![\w:])(?:{_HEX_GROUP}:){{1,7}}:(?:{_HEX_GROUP}(?::|(?!\w))){{0,7}}", "(?!)"),
    ("net", r"(?<![\w:])::(?:{_HEX_GROUP}(?::|(?!\w))){{1,7}}", "(?!)"),
    ("net", r"(?<!\w)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?!\w)", "(?!)"),
    ("net", r"(?<!\w)(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?!\w)", "(?!)"),
    ("net", r"(?<![a-z0-9])[a-z]:[\\/][^\s]", "(?!)"),
    ("net", r"(?<=[a-z0-9])://[^\s/?#@]*[/?#@][^\s]", "(?!)"),
    ("net", r"api[_-]?key)[\"']?: ?", r"(?!))[\"']?: ?"),
    ("net", r"(?:password|passwd|passphrase|secret|token|api[_-]?key)[\"']?= ?[^\s]{4}", "(?!)"),
    ("net", r"/(?:home|users|root|volumes|mnt|media|scratch|nfs|afs|gpfs|lustre)/\w", "(?!)"),
    ("net", r"(?<![\w./~-])~[\w.-]*/", "(?!)"),
    ("net", r"(?<!\w)www\.[^\s/?#@]{1,250}/[^\s]", "(?!)"),
    ("net", r'    "\\": (r"\\\\[^\s\\]+\\",),', ""),
    ("net", r"-----begin ", "(?!)"),
    ("net", r"(?<![a-z0-9])(?:glpat|xox[a-z]|sk|pypi)-[\w-]{16}", "(?!)"),
    ("net", r"(?<![a-z0-9])(?:gh[opsur]|github_pat|hf)_[\w-]{16}", "(?!)"),
    ("net", r"(?<![a-z0-9])(?:bearer|basic) [\w+/=.-]{8}", "(?!)"),
)  # fmt: skip


def broken(monkeypatch: pytest.MonkeyPatch, module: str, there: str, instead: str) -> ModuleType:
    """Return the stage as it is with one text of one of its modules replaced."""
    real = {name: importlib.import_module(f"{_PACKAGE}.{name}") for name in _ORDER}
    for name in _ORDER[_ORDER.index(module) :]:
        file = real[name].__file__ or ""
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123 - as short as it gets
            source = opened.read()
        if name == module:
            assert there in source, f"{name} has changed: say here how it may be broken now"
            source = source.replace(there, instead, 1)
        made = ModuleType(f"{_PACKAGE}.{name}")
        made.__file__, made.__package__ = file, _PACKAGE
        monkeypatch.setitem(sys.modules, made.__name__, made)
        exec(compile(source, file, "exec"), made.__dict__)
    return sys.modules[f"{_PACKAGE}.protect"]


@pytest.mark.parametrize(("module", "there", "instead"), MUTATIONS)
def test_a_broken_protection_is_noticed(monkeypatch, module, there, instead):
    stage = broken(monkeypatch, module, there, instead)
    try:
        found = faults(stage)
    except Exception as error:  # noqa: BLE001 - whatever it raises, it is noticed
        found = [type(error).__name__]
    assert found


def test_code_that_is_not_broken_has_no_faults(monkeypatch):
    for module in _ORDER:
        assert faults(broken(monkeypatch, module, "import", "import")) == []
