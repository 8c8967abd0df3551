"""Holds answers to ``openapi.yaml``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import jupyter_eventlog

_URI = "urn:openapi"


@functools.cache
def document() -> dict[str, Any]:
    """Return the document as it is served."""
    path = Path(jupyter_eventlog.__file__).parent / "server" / "openapi.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_bytes())
    return found


@functools.cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = DRAFT202012.create_resource(document())
    registry: Registry[Any] = Registry()
    with_document: Registry[Any] = registry.with_resource(_URI, resource)
    return with_document


def assert_described(method: str, template: str, response: httpx.Response) -> None:
    """Fail unless status, media type and body are what the document says."""
    operation = document()["paths"][f"/api/telemetry{template}"][method.lower()]
    described = operation["responses"].get(str(response.status_code))
    assert described, f"{response.status_code} is not described: {response.text}"
    if "$ref" in described:
        described = document()["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in described["content"]
    if media_type == "application/json":
        assert_fulfils(described["content"][media_type]["schema"], response.json())


def assert_fulfils(schema: dict[str, Any], value: Any) -> None:
    """Fail unless a value fulfils a schema of the document."""
    absolute = _absolute(schema)
    errors = list(Draft202012Validator(absolute, registry=_registry()).iter_errors(value))
    assert not errors, "\n".join(f"{error.json_path}: {error.message}" for error in errors)


def _absolute(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "$ref": _URI + schema["$ref"]} if "$ref" in schema else schema
