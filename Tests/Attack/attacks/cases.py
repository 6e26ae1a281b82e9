# SPDX-License-Identifier: Apache-2.0
"""What a case is: a name, a way to run, limits, and what must be true after."""

import dataclasses
from collections.abc import Callable

ALL = {}


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one process may take. Seconds are of a debug build, with other tests at work beside it."""

    # Until it has ended, by the clock.
    seconds: float = 20
    # Of the processor, in all.
    processor: float = 6
    # Peak resident memory, in megabytes. The tool alone takes 33.
    memory: float = 100
    descriptors: int = 400
    # Counted at the server.
    connections: int = 60
    # From HOST's start until it is connected: "at once", on a machine that is at work.
    literal: float = 1.0


@dataclasses.dataclass(frozen=True)
class Case:
    """One attack."""

    name: str
    # Which item of the issue, or which report, it stands for.
    source: str
    # Called with the arena; returns complaints, one text each.
    attack: Callable
    # Whether it is run alone, because it takes a whole processor.
    is_heavy: bool = False
    # Whether `--quick` has it in any case: it stands for a fault that was there once.
    is_always: bool = False


def add(name, source, attack, **more):
    assert name not in ALL, name
    ALL[name] = Case(name, source, attack, **more)


def case(name, source, **more):
    """Registers a function as an attack."""
    def register(attack):
        add(name, source, attack, **more)
        return attack
    return register


def chosen(pattern=None, quick=False):
    """The cases whose name contains the pattern; with `quick` each tenth of a kind, and those that always are."""
    cases = [each for each in ALL.values() if pattern is None or pattern in each.name]
    if not quick:
        return cases
    numbers = {}
    picked = []
    for each in cases:
        kind = each.name.partition("/")[0]
        numbers[kind] = numbers.get(kind, -1) + 1
        # Not the first of each kind, which tend to be alike: the same ones at every run.
        if each.is_always or numbers[kind] % 10 == 4:
            picked.append(each)
    return picked
