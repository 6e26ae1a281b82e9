# SPDX-License-Identifier: Apache-2.0
"""What a way to misbehave is, and the faults and conditions most of them are made of."""

import dataclasses
import struct
import time
from collections.abc import Callable

from .messages import (A, AAAA, BADCOOKIE, BADVERS, COOKIE, FORMERR, NOTIMP, NXDOMAIN, QR, RA, RD, REFUSED, SERVFAIL,
                       TC, YXDOMAIN, Reply, soa)
from .zone import HIJACKER4, HIJACKER6, a, aaaa, good

TCP_STATES = ["served", "refused", "dropped"]
SETUPS = ["alone", "then-good", "twice"]

# Asked of every server: in order of use, the first of them also in the narrower grids.
NAMES = ["both.shop.test", "v4.corp.test", "none.lab.example", "v6.corp.test"]

ALL = {}


@dataclasses.dataclass
class Send:
    """A datagram (or a stream's message) that is not sent at once, or not from where it was asked for."""

    payload: object
    after: float = 0
    address: str | None = None
    port: int | None = None


@dataclasses.dataclass
class Way:
    """One way to misbehave."""

    name: str
    # Which report or RFC it is from: a number of the list, or a section.
    source: str
    # What is answered to a query, over UDP and (unless `over_tcp` says otherwise) over TCP.
    respond: Callable
    over_tcp: Callable | None = None
    # How a stream's bytes are delivered, by its name in `servers`.
    stream: str = "plain"
    udp: str = "served"
    tcp: list = dataclasses.field(default_factory=lambda: TCP_STATES)
    # Lines of resolv.conf behind the name servers.
    configuration: str = ""
    names: list = dataclasses.field(default_factory=lambda: NAMES)
    setups: list = dataclasses.field(default_factory=lambda: SETUPS)


def way(name, source, **more):
    """Registers a function as a way to misbehave."""
    def register(respond):
        add(name, source, respond, **more)
        return respond
    return register


def add(name, source, respond, **more):
    assert name not in ALL, name
    ALL[name] = Way(name, source, respond, **more)


class State:
    """What one server remembers of one client."""

    def __init__(self, way):
        self.way = way
        self.count = 0
        self.ports = {}
        self.asked = {}
        self.began = None
        self.notes = {}

    def take(self, query):
        """Counts a query in."""
        self.began = self.began or time.monotonic()
        self.count += 1
        self.ports[query.port] = self.ports.get(query.port, 0) + 1
        key = query.name, query.type
        self.asked[key] = self.asked.get(key, 0) + 1

    @property
    def age(self):
        return time.monotonic() - self.began

    def transmission(self, query):
        """How often this question has been asked, this time included."""
        return self.asked[query.name, query.type]


# Conditions

def always(query, state):
    return True


def has_opt(query, state):
    return query.opt is not None


def has_cookie(query, state):
    return query.cookie is not None


def is_mixed(query, state):
    return query.is_mixed


def is_a(query, state):
    return query.type == A


def is_aaaa(query, state):
    return query.type == AAAA


# Faults: what is said instead of a good answer

def drop(query, state):
    return None


def code(number, opt=None, question=True, authority=()):
    """An answer of that code; with an OPT record if the query has one, unless `opt` is False."""
    def respond(query, state):
        reply = Reply(query, code=number, authority=list(authority))
        if opt is False:
            reply.opt = None
        return reply if question else reply.change(question=b"")
    return respond


def bare(number):
    """Twelve bytes: a header with that code, and nothing behind it."""
    return lambda query, state: struct.pack("!6H", query.id, QR | RD | RA | number, 0, 0, 0, 0)


def says(*records_by_kind, **parts):
    """A wrong address, of the family that is asked for."""
    def respond(query, state):
        answers = {A: [a(HIJACKER4)], AAAA: [aaaa(HIJACKER6)]}.get(query.type, [])
        return Reply(query, answers=answers, **parts)
    return respond


def zero_address(query, state):
    return Reply(query, answers={A: [a("0.0.0.0")], AAAA: [aaaa("::")]}.get(query.type, []))


def bad_cookie(query, state):
    client = (query.cookie or bytes(8))[:8]
    return Reply(query, code=BADCOOKIE, opt=[(COOKIE, client + b"theirs!!")])


def empty_cut(query, state):
    """Truncated, with nothing in it."""
    return Reply(query, flags=QR | RD | RA | TC)


FAULTS = {
    "drop": drop,
    "servfail": code(SERVFAIL),
    "refused": code(REFUSED),
    "nxdomain": code(NXDOMAIN, authority=[soa()]),
    "nodata": code(0, authority=[soa()]),
    "nodata-bare": code(0),
    "formerr": code(FORMERR, opt=False),
    "formerr-opt": code(FORMERR),
    "formerr-header": bare(FORMERR),
    "notimp": code(NOTIMP, opt=False),
    "notimp-header": bare(NOTIMP),
    "badvers": code(BADVERS),
    "yxdomain": code(YXDOMAIN),
    "badcookie": bad_cookie,
    "refused-header": bare(REFUSED),
    "servfail-header": bare(SERVFAIL),
    "nxdomain-header": bare(NXDOMAIN),
    "zero-address": zero_address,
    "hijack": says(),
    "cut": empty_cut,
}


def as_it_should_be(query, state):
    """The server beside the bad one: knows EDNS, and truncates where it must."""
    reply = good(query)
    limit = max(512, query.opt.size) if query.opt else 512
    if not query.tcp and len(bytes(reply)) > limit:
        reply.flags |= TC
        while len(bytes(reply)) > limit:
            reply.answers = reply.answers[:-1]
    return reply


def when(condition, fault):
    """A server that has the fault under a condition and is good without it."""
    return lambda query, state: fault(query, state) if condition(query, state) else good(query)


add("good", "a server without faults, so that the grid is seen to find what there is", as_it_should_be)


def only_udp(respond):
    """A fault of datagrams: streams are good."""
    return lambda query, state: good(query) if query.tcp else respond(query, state)
