"""Draws the figures of `growth.py`: does anything cost more than the events that are there?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, float]

GREY = "#666666"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_STYLE = {
    "font.size": 10,
    "font.family": "sans-serif",
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "growth",  # the same figures make the same file
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "legend.frameon": False,
    "legend.fontsize": 9,
}
LATENCIES = {
    "page_ms": "newest 100 events",
    "middle_ms": "100 from the middle",
    "state_ms": "modes and numbers",
    "expire_ms": "let the 1,000 oldest expire",
    "erase_ms": "erase 1,000 from the middle",
    "nothing_ms": "look for a state that none has",
}


def plot(rows: Sequence[Row], path: Path) -> None:
    """Write an SVG or a PNG, by the ending of its name."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with mpl.rc_context(_STYLE):
        figure, (rates, waits, sums) = plt.subplots(1, 3, figsize=(13, 4.6))
        _rates(rates, rows)
        _waits(waits, rows)
        _sums(sums, rows)
        for axes in (rates, waits, sums):
            axes.set_xscale("log")
            axes.set_xlabel("events in the ledger")
            columns = 2 if axes is waits else 1
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=columns)
        figure.tight_layout()
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _rates(axes: Any, rows: Sequence[Row]) -> None:
    axes.set_title("Throughput")
    axes.set_ylabel("events for a second of processor time")
    for colour, name, label in (
        (COLOURS[0], "take_cpu_us", "taken: parsed, checked, committed"),
        (COLOURS[1], "deliver_cpu_us", "delivered out of a backlog"),
    ):
        _line(axes, rows, lambda row, name=name: 1e6 / row[name], colour, label)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _waits(axes: Any, rows: Sequence[Row]) -> None:
    rows = [row for row in rows if "page_ms" in row]  # of figures put together from two runs
    axes.set_title("One request")
    axes.set_ylabel("milliseconds of processor time")
    axes.set_yscale("log")
    for colour, (name, label) in zip(COLOURS, LATENCIES.items(), strict=True):
        _line(axes, rows, lambda row, name=name: row[name], colour, label)
    _linear(axes, rows, lambda row: row["erase_ms"])
    times_ms = [row[name] for row in rows for name in LATENCIES]
    axes.set_ylim(bottom=min(times_ms) / 2, top=max(times_ms) * 2)


def _sums(axes: Any, rows: Sequence[Row]) -> None:
    axes.set_title("All of it together")
    axes.set_ylabel("GB of disk, minutes of processor time")
    axes.set_yscale("log")
    _line(axes, rows, _gigabytes, COLOURS[0], "files of the ledger, GB")
    _line(axes, rows, _minutes, COLOURS[1], "taking and delivering all, minutes")
    _linear(axes, rows, _gigabytes)
    _linear(axes, rows, _minutes, label="")


def _gigabytes(row: Row) -> float:
    return row["bytes"] / 1e9


def _minutes(row: Row) -> float:
    return row["cpu_s"] / 60


def _line(
    axes: Any, rows: Sequence[Row], value: Callable[[Row], float], colour: str, label: str
) -> None:
    sizes = [row["events"] for row in rows]
    marker = dict(zip(COLOURS, "os^Dv<", strict=True))[colour]  # told apart without colours too
    values = [value(row) for row in rows]
    axes.plot(sizes, values, f"{marker}-", color=colour, label=label, ms=4.5, lw=1.5)


def _linear(
    axes: Any, rows: Sequence[Row], value: Callable[[Row], float], label: str = "linear growth"
) -> None:
    """A dashed line through the last point: what is on it, or flatter, grows no faster."""
    sizes = [row["events"] for row in rows]
    each = value(rows[-1]) / sizes[-1]
    line = [size * each for size in sizes]
    axes.plot(sizes, line, "--", color=GREY, lw=1, label=label or None, zorder=1)
