"""Consent records as proof, in the structure of ISO/IEC TS 27560:2023.

``docs/reference/consent-records.md`` maps the fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from jupyter_eventlog.config import duration_text
from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.terms import parsed, recipients_of, texts, whole

from .times import to_text

__all__ = ["SCHEMA_VERSION", "consent_records"]

SCHEMA_VERSION: Final = "jupyter_eventlog/consent-record/1, after ISO/IEC TS 27560:2023"

# A notice and an objection are no consent, and are not called so (Article 21 GDPR).
_TYPES: Final = {"notice-shown": "notice", "objected": "objection"}


def consent_records(
    owner: str, history: Sequence[ConsentRecord], told: Mapping[str, str]
) -> dict[str, Any]:
    """Return every record of an owner, oldest first, with all texts that they name.

    Args:
        owner: name of the owner in the ledger.
        history: oldest first.
        told: hash → canonical JSON of all that was told about a purpose.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "pii_principal_id": owner,
        "records": [
            _record(record, told.get(record.text_hash, ""), _until(record, history[index + 1 :]))
            for index, record in enumerate(history)
        ],
        "privacy_notices": {hash_: orjson.loads(text) for hash_, text in told.items()},
    }


def _until(record: ConsentRecord, later: Sequence[ConsentRecord]) -> str | None:
    """Return when another record of the same purpose took its place."""
    return next((to_text(each.at_ms) for each in later if each.purpose == record.purpose), None)


def _record(record: ConsentRecord, text: str, until: str | None) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        # Those of before records had ids are named by what no other one shares.
        "record_id": record.id or f"{record.purpose}@{record.at_ms}",
        "pii_principal_id": record.owner,
        "processing": _processing(record, text),
        "event": {
            "event_type": _TYPES.get(record.kind, "consent"),
            "event_state": record.kind,
            "event_time": to_text(record.at_ms),
            "chosen_time": to_text(record.chosen_ms or record.at_ms),
            "mode": record.mode,
            "entity_id": record.owner,
            "consent_method": record.control,
            "validity_duration": {"from": to_text(record.at_ms), "until": until},
            "declined_terms": record.kept_hash or None,
        },
    }


def _processing(record: ConsentRecord, text: str) -> dict[str, Any]:
    terms = parsed(record.terms_json)
    said: Mapping[str, Any] = orjson.loads(text) if text else {}
    purpose: Mapping[str, Any] = said.get("purpose", {})
    return {
        "privacy_notice": {
            "version": record.notice_version or None,
            "text": record.text_hash or None,
            "terms": record.terms_hash,
            "terms_text": dict(terms),
        },
        "language": record.locale or None,
        "purpose": record.purpose,
        "purpose_title": purpose.get("title"),
        "purpose_policy": terms.get("policy"),
        "lawful_basis": terms.get("legal_basis"),
        "lawful_basis_reference": purpose.get("legal_basis_reference") or None,
        "pii_controllers": [
            {
                "party_name": terms.get("controller"),
                "party_contact": purpose.get("contact") or None,
                "party_role": "controller",
            }
        ],
        "pii_information": _pii(terms, purpose),
        "identity": terms.get("identity"),
        "retention_period": duration_text(whole(terms, "retention_ms", 0)),
        "recipient_third_parties": [_recipient(each) for each in recipients_of(terms).values()],
        "access": texts(terms, "readers"),
        "not_used_for": texts(terms, "not_used_for"),
        "storage_location": "this server's storage",
        "collection_method": "the user's use of this Jupyter server",
        "withdrawal_method": "the panel, the settings page, or PUT /api/telemetry/consent",
    }


def _pii(terms: Mapping[str, Any], purpose: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each property with its protection, and its categories where they were told."""
    schemas = terms.get("schemas")
    categories = {
        (schema["id"], field["pointer"]): field["categories"]
        for schema in purpose.get("schemas", ())
        for field in schema["fields"]
    }
    return [
        {
            "pii_type": schema_id,
            "pii_attribute": pointer,
            "protection": protection,
            "pii_categories": categories.get((schema_id, pointer), []),
        }
        for schema_id, leaves in (schemas.items() if isinstance(schemas, Mapping) else ())
        for pointer, protection in leaves.items()
    ]


def _recipient(recipient: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "party_name": recipient.get("recipient"),
        "party_role": "recipient",
        "retention_period": duration_text(whole(recipient, "retention_ms", 0)),
        "erases_on_request": recipient.get("can_erase") is True,
    }
