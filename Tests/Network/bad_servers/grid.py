# SPDX-License-Identifier: Apache-2.0
"""The grid: every way, with every kind of stream, alone, before a good server, and twice."""

import asyncio
import dataclasses
import ipaddress
import random
import zlib

from .clients import FOUND, NONE, TEMPORARY
from .ways import ALL
from .zone import NET4, NET6

# By how much more than the C library we may take.
SLACK = 1.0
# A dial's time for lookups, unless somebody says otherwise. What the C library finds later than that is not found.
BUDGET = 10.0
WORSE, SLOWER, SLOWER_TO_FAIL, WRONG, MORE = "worse", "slower", "slower to fail", "wrong", "more"
DOUBTFUL = {WORSE, SLOWER, SLOWER_TO_FAIL, WRONG}
TEMPORARY_FOR_NONE, NONE_FOR_TEMPORARY = "temporary for none", "none for temporary"


@dataclasses.dataclass(frozen=True)
class Case:
    """A way in its surroundings."""

    way: str
    tcp: str
    setup: str

    def __str__(self):
        return f"{self.way}/tcp-{self.tcp}/{self.setup}"

    @property
    def questions(self):
        """Names, and `None` for many names at once, which are names of every kind.

        Where it is hardest, alone and without streams, each kind is also asked for by a process of its own.
        """
        names = ALL[self.way].names
        match self.setup, self.tcp:
            case "alone", "dropped":
                return [*names, None]
            case "alone", _ if ALL[self.way].tcp == ["served"]:
                return [*names, None]
            case "alone", "served":
                return [names[0], names[2], None]
            case _, "refused":
                return names[:1]
        return [names[0], None]


def cases(pattern=None, quick=False):
    chosen = [
        Case(way.name, tcp, setup) for way in ALL.values() for tcp in way.tcp for setup in way.setups
        if pattern is None or pattern in f"{way.name}/tcp-{tcp}/{setup}"
    ]
    if not quick:
        return chosen
    # Each way once, the surroundings by its name: the same at every run, and each of them about as often as the others.
    by_way = {}
    for case in chosen:
        by_way.setdefault(case.way, []).append(case)
    return [each[zlib.crc32(way.encode()) % len(each)] for way, each in by_way.items()]


def pairs(chosen, quick=False):
    """Each case with each of its questions, or with one that its name decides."""
    if quick:
        return [(case, case.questions[zlib.crc32(str(case).encode()) % len(case.questions)]) for case in chosen]
    return [(case, question) for case in chosen for question in case.questions]


@dataclasses.dataclass
class Difference:
    kind: str
    case: Case
    question: str | None
    theirs: object
    ours: object

    def __str__(self):
        return f"{self.kind}: {self.case} {self.question or 'together'}: the C library {self.theirs}; we {self.ours}"


class Grid:
    def __init__(self, servers, clients):
        self.servers, self.clients = servers, clients
        # A process of ours takes some 0.1 s of a processor to start, and one of the C library's next to nothing.
        self.room = {"c": asyncio.Semaphore(400), "fairdial": asyncio.Semaphore(120)}
        self.starting = {"c": asyncio.Semaphore(8), "fairdial": asyncio.Semaphore(3)}

    async def run(self, pairs):
        """All differences, those that were doubtful asked again with hardly anybody beside them.

        `pairs` are cases, each with a question.
        """
        pairs = list(pairs)
        # Those that wait for each other's servers are not to be next to each other.
        random.Random(53).shuffle(pairs)
        found = [each for each in await asyncio.gather(*(self.compare(*pair) for pair in pairs)) if each]
        sure = [each for each in found if each.kind not in DOUBTFUL]
        # What is found does not depend on who else is at work, but for limits of time; how long it takes does.
        for kinds, room in [({WORSE, WRONG}, 60), ({SLOWER, SLOWER_TO_FAIL}, 12)]:
            self.room["c"], self.room["fairdial"] = asyncio.Semaphore(room), asyncio.Semaphore(room)
            confirmed = await asyncio.gather(*(self.confirm(each) for each in found if each.kind in kinds))
            sure += [each for each in confirmed if each]
        return sure

    async def warm_up(self):
        """Asks until an answer comes at once: a new link loses what is sent in its first moments."""
        for _ in range(20):
            outcome = await self.ask("c", Case("good", "served", "alone"), "v4.corp.test")
            if outcome.kind == FOUND and outcome.seconds < 0.1:
                return
        raise RuntimeError("a good server does not answer")

    async def confirm(self, difference):
        """Worse is worse if it is so again in one of two; slower only in both, because the machine may be at work."""
        again = []
        for _ in range(2):
            again.append(await self.compare(difference.case, difference.question))
            is_same = again[-1] is not None and again[-1].kind in DOUBTFUL
            if is_same == (difference.kind in (WORSE, WRONG)):
                return again[-1]
        return again[-1]

    async def compare(self, case, question):
        theirs, ours = await asyncio.gather(self.ask("c", case, question), self.ask("fairdial", case, question))
        kind = (judge_together if question is None else judge)(theirs, ours)
        return Difference(kind, case, question, theirs, ours) if kind else None

    async def ask(self, who, case, question):
        way = ALL[case.way]
        ways = {"alone": [way], "then-good": [way, ALL["good"]], "twice": [way, way]}[case.setup]
        async with self.room[who]:
            addresses = self.servers.add(ways, case.tcp)
            configuration = "".join(f"nameserver {each}\n" for each in addresses) + way.configuration
            try:
                async with self.starting[who]:
                    asking = asyncio.create_task(
                        self.clients.ask_together(who, configuration) if question is None
                        else self.clients.ask(who, question, configuration))
                    # The next one starts once this one has sent a query, so that they do not crowd each other out.
                    await asyncio.wait([asking, *(self.servers.asked(each) for each in addresses)], timeout=5,
                                       return_when=asyncio.FIRST_COMPLETED)
                return await asking
            finally:
                self.servers.remove(addresses)


def judge(theirs, ours):
    real = {each for each in theirs.addresses if is_real(each) and theirs.seconds <= BUDGET}
    if real - ours.addresses:
        return WORSE
    more = ours.addresses - theirs.addresses
    if any(not is_real(each) for each in more):
        return WRONG
    if more:
        return MORE
    if ours.seconds > theirs.seconds + SLACK:
        return SLOWER_TO_FAIL if theirs.kind == ours.kind == TEMPORARY else SLOWER
    if (theirs.kind, ours.kind) == (NONE, TEMPORARY):
        return TEMPORARY_FOR_NONE
    if (theirs.kind, ours.kind) == (TEMPORARY, NONE):
        return NONE_FOR_TEMPORARY
    return None


def judge_together(theirs, ours):
    missed = any(one and not other and seconds <= BUDGET
                 for one, other, seconds in zip(theirs.again, ours.again, theirs.again_seconds))
    if ours.connected < theirs.connected and theirs.last <= BUDGET or missed:
        return WORSE
    if ours.connected > theirs.connected or ours.again != theirs.again:
        return MORE
    rows = [(ours.last, theirs.last), *zip(ours.again_seconds, theirs.again_seconds)]
    if all(mine <= other + SLACK for mine, other in rows):
        return None
    return SLOWER if theirs.connected or any(theirs.again) else SLOWER_TO_FAIL


def is_real(address):
    value = ipaddress.ip_address(address)
    return value in NET4 or value in NET6
