"""Promise 6: every combination of what decides, held to the rules in plain words, and its page."""

from __future__ import annotations

import runpy
from itertools import product
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "precedence_doc.py"))
AXES: dict[str, tuple[str, ...]] = SCRIPT["AXES"]
RANK = {outcome: rank for rank, outcome in enumerate(SCRIPT["OUTCOMES"])}


@pytest.fixture(scope="module")
def outcomes() -> dict[tuple[str, ...], str]:
    """Return what each combination comes to."""
    return {case: SCRIPT["outcome"](case) for case in SCRIPT["cases"]()}


def stated(case: tuple[str, ...]) -> str:
    """State the rules in the plainest way, apart from the code that keeps them."""
    policy, source, operator, choice, pause, since, signals = case
    if operator in ("lets no schema in", "gives a basis that does not fit"):
        return "off"
    if policy != "opt-in" and source not in ("server", "bus"):
        return "off"
    no_recipient = "names no recipient" in operator
    if policy == "locked":
        return "local" if no_recipient else "on"
    if choice in ("none", "off") or pause == "yes" or since == "name another policy":
        return "off"
    nobody_agreed_to = since in ("all recipients are new", "cannot be kept as agreed")
    may_leave = not (no_recipient or "identity" in operator or signals != "none")
    if choice == "on" and may_leave and not nobody_agreed_to:
        return "on, as agreed" if since == "ask for more" else "on"
    return "off" if "hides *local*" in operator else "local"


def test_every_combination_comes_to_what_the_rules_say(outcomes: dict[tuple[str, ...], str]):
    n = 1
    for values in AXES.values():
        n *= len(values)
    assert len(outcomes) == n > 20_000
    wrong = {case: found for case, found in outcomes.items() if found != stated(case)}
    assert wrong == {}


def test_no_value_of_any_input_gives_more_than_the_first_of_that_input(
    outcomes: dict[tuple[str, ...], str],
):
    """Monotone in each input alone, from every combination of the others, within each policy."""
    more = [
        (case, place)
        for case, found in outcomes.items()
        for place, values in list(enumerate(AXES.values()))[1:]
        if RANK[found] > RANK[outcomes[(*case[:place], values[0], *case[place + 1 :])]]
    ]
    assert more == []


# Pairs of values of one input, of which the second never gives more than the first.
ORDERED = {
    "operator": [
        ("hides *local*", "hides *local*, names no recipient"),
        ("names no recipient", "hides *local*, names no recipient"),
        *product(AXES["operator"][:-2], ("lets no schema in", "gives a basis that does not fit")),
    ],
    "choice": [("on", "local"), ("local", "off"), ("local", "none")],
    "terms since": [
        ("ask for more", "all recipients are new"),
        ("ask for more", "cannot be kept as agreed"),
        ("cannot be kept as agreed", "name another policy"),
    ],
    "signals": [("`Sec-GPC`", "both"), ("`DNT` or `DO_NOT_TRACK`", "both")],
}


@pytest.mark.parametrize("name", ORDERED)
def test_what_reduces_more_never_gives_more(outcomes: dict[tuple[str, ...], str], name: str):
    place = list(AXES).index(name)
    for case, found in outcomes.items():
        for more, less in ORDERED[name]:
            if case[place] == less:
                assert RANK[found] <= RANK[outcomes[(*case[:place], more, *case[place + 1 :])]], (
                    case
                )


def test_nothing_that_a_user_says_touches_what_is_locked(outcomes: dict[tuple[str, ...], str]):
    seen: dict[tuple[str, ...], set[str]] = {}
    for case, found in outcomes.items():
        if case[0] == "locked":
            seen.setdefault(case[1:3], set()).add(found)
    assert all(len(found) == 1 for found in seen.values())


def test_the_page_is_what_the_code_says():
    """`python scripts/precedence_doc.py` writes exactly the page that is committed."""
    assert SCRIPT["PAGE"].read_text(encoding="utf-8") == SCRIPT["document"]()
