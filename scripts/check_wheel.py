"""Install the built wheel as a user would, on a machine without Node.js, and see it enabled.

Also looks into both archives for what belongs there and what does not.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path
from shutil import which

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"

IN_WHEEL = (
    r"jupyter_eventlog/__init__\.py",
    r"jupyter_eventlog/py\.typed",
    r".+\.data/data/share/jupyter/labextensions/jupyter-eventlog/package\.json",
    r".+\.data/data/share/jupyter/labextensions/jupyter-eventlog/install\.json",
    r".+\.data/data/share/jupyter/labextensions/jupyter-eventlog/static/remoteEntry\..+\.js",
    r".+\.data/data/etc/jupyter/jupyter_server_config\.d/jupyter_eventlog\.json",
    r".+\.dist-info/licenses/LICENSE",
)
NOT_IN_WHEEL = (r"(^|/)(tests|ui-tests|node_modules|benchmarks)/", r"\.map$", r"\.pyc$")
IN_SDIST = (
    r"[^/]+/pyproject\.toml",
    r"[^/]+/package\.json",
    r"[^/]+/yarn\.lock",
    r"[^/]+/src/index\.ts",
    r"[^/]+/tests/.+\.py",
    r"[^/]+/jupyter_eventlog/labextension/package\.json",
)
# What we promise to work with: the newest, and the oldest of each.
COMPANIONS = (
    ("jupyterlab", "notebook"),
    ("jupyterlab==4.2.0", "notebook==7.2.0", "jupyter_server==2.13.0"),
)
NOT_IN_SDIST = (r"(^|/)(node_modules|\.venv|reports|dist|\.git)/", r"\.pyc$")


def only(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern))
    if len(found) != 1:
        sys.exit(f"expected one {pattern} in dist/, found {[path.name for path in found]}")
    return found[0]


def check_names(
    archive: Path, names: list[str], wanted: tuple[str, ...], banned: tuple[str, ...]
) -> None:
    for pattern in wanted:
        if not any(re.fullmatch(pattern, name) for name in names):
            sys.exit(f"{archive.name} lacks {pattern}")
    for pattern in banned:
        if strays := [name for name in names if re.search(pattern, name)]:
            sys.exit(f"{archive.name} should not hold {strays}")


def check_package_data(wheel: Path, names: list[str]) -> None:
    """Whatever lies beside the code in the checkout is to be in the wheel: schemas, pages."""
    tracked = subprocess.run(
        ["git", "ls-files", "jupyter_eventlog"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout.split()
    if missing := sorted(set(tracked) - set(names)):
        sys.exit(f"{wheel.name} lacks {missing}")


def check_installed(wheel: Path, companions: tuple[str, ...], folder: Path) -> None:
    venv.create(folder, with_pip=True)
    # Only what the wheel and its dependencies bring: no Node.js, no checkout, no user settings.
    environment = {
        "PATH": str(folder / "bin"),
        "HOME": str(folder),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **{
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") or name.lower().endswith("_proxy") or name == "SSL_CERT_FILE"
        },
    }
    if found := which("node", path=environment["PATH"]):
        sys.exit(f"this check is worth nothing with {found} on the PATH")

    def run(*command: str) -> str:
        print("$", *command, flush=True)
        done = subprocess.run(
            [str(folder / "bin" / command[0]), *command[1:]],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(done.stdout)
        # Without the colours
        return re.sub(r"\x1b\[\d+m", "", done.stdout)

    run("pip", "install", "--quiet", str(wheel), *companions)
    for command, enabled in (
        (("jupyter", "server", "extension", "list"), r"^\s*jupyter_eventlog\s+enabled$"),
        (("jupyter", "server", "extension", "list"), r"^\s*jupyter_eventlog\s.*\bOK$"),
        (("jupyter", "labextension", "list"), r"^\s*jupyter-eventlog v\S+ enabled OK"),
    ):
        output = run(*command)
        if not re.search(enabled, output, re.MULTILINE):
            sys.exit(f"{output}\nexpected a line like {enabled}")


def main() -> None:
    wheel, sdist = only("*.whl"), only("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    check_names(wheel, names, IN_WHEEL, NOT_IN_WHEEL)
    check_package_data(wheel, names)
    with tarfile.open(sdist) as archive:
        check_names(sdist, archive.getnames(), IN_SDIST, NOT_IN_SDIST)
    for companions in COMPANIONS:
        with tempfile.TemporaryDirectory(prefix="eventlog-wheel-") as folder:
            check_installed(wheel, companions, Path(folder))
    print(f"{wheel.name}: installs without Node.js and is enabled in server and lab")


if __name__ == "__main__":
    main()
