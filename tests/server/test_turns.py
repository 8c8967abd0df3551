"""Long work is done in turns with everything else on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest

from jupyter_eventlog.server.turns import Turns


def work(name: str, steps: int, seen: list[str]) -> Generator[None, None, str]:
    for step in range(steps):
        seen.append(name)
        if step < steps - 1:
            yield
    return name


def broken() -> Generator[None, None, str]:
    yield
    raise ValueError("broken")


def test_everybody_else_gets_on_between_any_two_steps_of_several_works():
    seen: list[str] = []

    async def somebody_else() -> None:
        while seen.count("a") + seen.count("b") + seen.count("c") < 12:
            seen.append("-")
            await asyncio.sleep(0)

    async def together() -> list[str | None]:
        turns = Turns()
        works = [turns.take(work(name, 4, seen)) for name in "abc"]
        return await asyncio.gather(somebody_else(), *works)

    assert asyncio.run(together())[1:] == ["a", "b", "c"]
    steps = "".join(seen).strip("-")
    assert "".join(steps.split("-")) == "aaaabbbbcccc"
    assert all(len(alone) <= 1 for alone in steps.split("-"))


def test_a_work_that_fails_leaves_the_turn_to_the_next():
    async def both() -> tuple[str | BaseException, str | BaseException]:
        turns, seen = Turns(), list[str]()
        works = turns.take(broken()), turns.take(work("next", 3, seen))
        return await asyncio.gather(*works, return_exceptions=True)

    failed, done = asyncio.run(both())
    assert isinstance(failed, ValueError)
    assert done == "next"


@pytest.mark.parametrize("waited", range(8))
def test_who_gives_up_leaves_the_turn_to_the_next(waited: int):
    async def all_three() -> list[str | BaseException]:
        turns, seen = Turns(), list[str]()
        taken = [asyncio.ensure_future(turns.take(work(name, 3, seen))) for name in "abc"]
        for _ in range(waited):
            await asyncio.sleep(0)
        for given_up in taken[:2]:
            given_up.cancel()
        return await asyncio.wait_for(asyncio.gather(*taken, return_exceptions=True), 60)

    first, second, last = asyncio.run(all_three())
    assert isinstance(second, asyncio.CancelledError)
    assert first == "a" or isinstance(first, asyncio.CancelledError)
    assert last == "c"
