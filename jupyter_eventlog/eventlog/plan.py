"""What an operator's configuration amounts to, or every reason why it amounts to nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_eventlog import config as configuration
from jupyter_eventlog import manifest as manifests
from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.config import Config, SinkConfig
from jupyter_eventlog.errors import ConfigError, EventLogError, SchemaError
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.manifest import Manifest
from jupyter_eventlog.vocabulary import Words

if TYPE_CHECKING:
    from jupyter_eventlog.sinks import Sink

__all__ = ["Plan", "make_plan", "on_hub"]


class Plan(NamedTuple):
    """A configuration that was checked without touching anything.

    Attributes:
        config: the operator's configuration; of use only where there are no problems.
        catalog: our schemas and the operator's.
        manifest: what may be collected; nothing where there are problems.
        sinks: the server's sinks by name, not open yet; none where there are problems.
        ledger_dir: where the ledger is, or will be.
        problems: one line for each mistake; telemetry is off unless this is empty.
        warnings: one line for each part that is not used and does no harm, e.g. a broken
            plugin, or a purpose whose legal basis does not fit its policy.
    """

    config: Config
    catalog: Catalog
    manifest: Manifest
    sinks: Mapping[str, Sink]
    ledger_dir: Path
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def on_hub(environ: Mapping[str, str]) -> bool:
    """Whether this server was started by a JupyterHub."""
    return any(name.startswith("JUPYTERHUB_") for name in environ)


def make_plan(
    raw: Mapping[str, Any],
    data_dir: Path,
    environ: Mapping[str, str] = os.environ,
    unknown: Iterable[str] = (),
) -> Plan:
    """Check everything and touch nothing; never raises on a mistake of the operator.

    Args:
        raw: the values of EventLogApp's settings by name; those left out have their default.
        data_dir: Jupyter's data directory.
        environ: the process environment; under a hub ``allow_local`` defaults to False.
        unknown: one line for each setting that does not exist.
    """
    given = dict(raw)
    if given.get("allow_local") is None:
        given["allow_local"] = not on_hub(environ)
    types, warnings = _sink_types(given["sinks"]) if given.get("sinks") else ({}, [])
    config, errors = configuration.parse(
        given, {name: kind.options_schema for name, kind in types.items()}
    )
    problems = [*unknown, *map(str, errors)]
    catalog = Catalog.shipped(Words(config.commands))
    problems += _register(config, catalog)
    manifest, errors = manifests.build(config, catalog)
    problems += map(str, errors)
    warnings += [purpose.problem for purpose in manifest.purposes.values() if purpose.problem]
    ledger_dir = (config.ledger_dir or data_dir / "eventlog").absolute()
    sinks, refused = _make_sinks(config.sinks, types)
    problems += [*refused, *_misplaced(config.sinks, ledger_dir)]
    problems += _check_ledger(ledger_dir)
    if problems:
        manifest, sinks = manifest._replace(purposes={}, sinks=()), {}
    lines = tuple(dict.fromkeys(problems))  # a mistake that two checks found is one mistake
    return Plan(config, catalog, manifest, sinks, ledger_dir, lines, tuple(warnings))


def _sink_types(declared: object) -> tuple[Mapping[str, type[Sink]], list[str]]:
    """Return at least the types that sinks are declared to be of, as far as there are such."""
    from jupyter_eventlog.sinks import load_types  # late: most servers have no sink

    entries = declared if isinstance(declared, list | tuple) else ()
    return load_types([entry.get("type") for entry in entries if isinstance(entry, Mapping)])


def _register(config: Config, catalog: Catalog) -> list[str]:
    lines = [
        _register_one(f"EventLogApp.schemas[{index}]", path, catalog)
        for index, path in enumerate(config.schemas)
    ]
    return [line for line in lines if line]


def _register_one(setting: str, path: Path, catalog: Catalog) -> str:
    try:
        catalog.register_file(path)
    except SchemaError as error:
        return str(ConfigError(setting, str(path), str(error)))
    return ""


def _make_sinks(
    declared: Iterable[SinkConfig], types: Mapping[str, type[Sink]]
) -> tuple[dict[str, Sink], list[str]]:
    sinks: dict[str, Sink] = {}
    problems: list[str] = []
    for entry in declared:
        if entry.side != "server" or entry.type not in types:
            continue
        made = _make_sink(entry, types[entry.type])
        if isinstance(made, EventLogError):
            problems.append(str(made))
        else:
            sinks[entry.name] = made
    return sinks, problems


def _make_sink(entry: SinkConfig, kind: type[Sink]) -> Sink | EventLogError:
    try:
        sink = kind(entry.name, entry.options)
        sink.retention_ms = entry.retention_ms
        if entry.can_erase and (fix := sink.why_not_erase()):
            return ConfigError(f"{entry.setting}.can_erase", True, fix)
        sink.check(entry.setting)
    except EventLogError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a third party's sink may raise anything
        return ConfigError(entry.setting, None, f"cannot be used ({type(error).__name__})")
    return sink


def _misplaced(declared: Iterable[SinkConfig], ledger_dir: Path) -> list[str]:
    """Say which sinks would write where the ledger, or another sink, does."""
    kept = os.path.realpath(ledger_dir)
    problems = []
    taken: dict[str, str] = {}
    for entry in declared:
        path = entry.options.get("path")
        if not isinstance(path, str) or "\0" in path:
            continue
        real = os.path.realpath(os.path.expanduser(path))  # noqa: PTH111 - this one never raises
        fix = ""
        if real == kept or real.startswith(kept + os.sep):
            fix = "write it outside the ledger's directory"
        elif real in taken:
            fix = f"choose another file, this is that of {taken[real]}"
        if fix:
            problems.append(str(ConfigError(f"{entry.setting}.path", path, fix)))
        taken.setdefault(real, entry.setting)
    return problems


def _check_ledger(directory: Path) -> list[str]:
    try:
        Ledger.check_location(directory)
    except EventLogError as error:
        return [str(ConfigError("EventLogApp.ledger_dir", str(directory), str(error)))]
    return []
