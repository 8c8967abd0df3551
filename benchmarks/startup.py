"""How much longer a server takes to start with this extension than without it.

Starts `jupyter server` with and without the extension in turns, and measures from the start of the
process to its first answer: the clock's time, and the processor's, which depends less on what else
this machine does. Differences and ratios are taken within a pair. All bytecode is compiled before,
as pip leaves it. Where there is none, as in an editable install under PYTHONDONTWRITEBYTECODE,
every start compiles our modules again; `--uncompiled` measures that.

Run it with ``python benchmarks/startup.py``; ``--help`` tells the options.
"""

from __future__ import annotations

import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.server.running import deployment

BUDGET_MS = 50.0
POLL_S = 0.002
TIMEOUT_S = 120.0
TOKEN = "benchmark"
OTHERS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals")
IMPORT = """
import time
import jupyter_server.serverapp, jupyter_server.extension.application
wall_s, cpu_s = time.perf_counter(), time.process_time()
import jupyter_eventlog.server.app
print(time.perf_counter() - wall_s, time.process_time() - cpu_s)
"""


@dataclass(frozen=True)
class Took:
    """Milliseconds by the clock, and of the processor."""

    clock: float
    processor: float

    def minus(self, other: Took) -> Took:
        """Return how much more this is."""
        return Took(self.clock - other.clock, self.processor - other.processor)

    def over(self, other: Took) -> Took:
        """Return how many times this is."""
        return Took(self.clock / other.clock, self.processor / other.processor)


def main() -> None:
    """Start servers in turns and print the table."""
    parser = argparse.ArgumentParser(description="Start-up with and without the extension.")
    parser.add_argument("--pairs", type=int, default=12, help="starts of each kind")
    parser.add_argument("--on", action="store_true", help="configure a purpose and a sink")
    parser.add_argument("--uncompiled", action="store_true", help="our modules have no bytecode")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        environ = _environ(home, options.uncompiled)
        config = deployment(home / "events.jsonl") if options.on else ""
        _start(home, environ, True, config)
        _start(home, environ, False, config)
        _import(environ)
        without, with_it, imports = [], [], []
        for index in range(options.pairs):
            # In turns, and each first as often as the other.
            for ours in (False, True) if index % 2 else (True, False):
                (with_it if ours else without).append(_start(home, environ, ours, config))
            imports.append(_import(environ))
    _print(without, with_it, imports)


def _environ(home: Path, uncompiled: bool) -> dict[str, str]:
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "PYTHONDONTWRITE", "PYTHONPYCACHE", "DO_NOT_TRACK"))
    }
    if uncompiled:
        environ["PYTHONDONTWRITEBYTECODE"] = "1"
    else:
        environ["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")
    for name in ("config", "data", "runtime", "root"):
        (home / name).mkdir()
    return environ | {
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": TOKEN,
    }


def _start(home: Path, environ: Mapping[str, str], ours: bool, config: str) -> Took:
    """Start a server, wait for its first answer, and end it."""
    extensions = dict.fromkeys(OTHERS, False) | {"jupyter_eventlog": ours}
    (home / "config" / "jupyter_server_config.py").write_text(
        f"c = get_config()\nc.ServerApp.jpserver_extensions = {extensions!r}\n{config}\n"
    )
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        f"--ServerApp.root_dir={home / 'root'}",
    ]
    began_s = time.perf_counter()
    with (home / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output, cwd=home)
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began_s > TIMEOUT_S:
                raise AssertionError((home / "output.txt").read_text())
            time.sleep(POLL_S)
        clock_ms = (time.perf_counter() - began_s) * 1000
    finally:
        before_s = _of_children_s()
        process.kill()
        process.wait()
    loaded = "jupyter_eventlog" in (home / "output.txt").read_text()
    assert loaded == ours, "it was not measured what was meant"
    return Took(clock_ms, (_of_children_s() - before_s) * 1000)


def _of_children_s() -> float:
    """Return the processor's seconds of all that ended; of a running one it is told in 10 ms."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _answers(port: int) -> bool:
    request = f"GET /api/status?token={TOKEN} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request.encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _import(environ: Mapping[str, str]) -> Took:
    """Import what a server loads of ours, where jupyter_server is loaded already."""
    command = [sys.executable, "-c", IMPORT]
    found = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    clock_s, processor_s = map(float, found.stdout.split())
    return Took(clock_s * 1000, processor_s * 1000)


def _print(without: list[Took], with_it: list[Took], imports: list[Took]) -> None:
    pairs = list(zip(with_it, without, strict=True))
    more = [ours.minus(plain) for ours, plain in pairs]
    times = [ours.over(plain) for ours, plain in pairs]
    print(f"{len(pairs)} pairs, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors.\n")
    print("| median                   | by the clock | of the processor |   budget |")
    print("|--------------------------|-------------:|-----------------:|---------:|")
    for title, rows, unit, budget in (
        ("without", without, " ms", ""),
        ("with", with_it, " ms", ""),
        ("more, within a pair", more, " ms", f"≤ {BUDGET_MS:.0f} ms"),
        ("times, within a pair", times, "", ""),
        ("of it, importing", imports, " ms", ""),
    ):
        clock = statistics.median(row.clock for row in rows)
        processor = statistics.median(row.processor for row in rows)
        digits = 0 if unit else 2
        print(
            f"| {title:24} | {f'{clock:.{digits}f}{unit}':>12} "
            f"| {f'{processor:.{digits}f}{unit}':>16} | {budget:>8} |"
        )


if __name__ == "__main__":
    main()
