# SPDX-License-Identifier: Apache-2.0
"""Servers that are slow, answer some transmissions and not others, or go by source ports; and ports that refuse."""

from .messages import AAAA, NXDOMAIN, REFUSED, SERVFAIL, Reply
from .ways import Send, add, only_udp, way
from .zone import good


def slow(seconds):
    return only_udp(lambda query, state: Send(good(query), after=seconds))


for seconds in [0.5, 0.9, 2, 4, 4.9]:
    add(f"slow-{seconds}", "A6; a satellite, a modem that dials, a recursive server at work", slow(seconds))
add("slow-0.9-streams-too", "A6; the same, over streams as well", lambda query, state: Send(good(query), after=0.9),
    tcp=["served"])


@way("slow-first", "A6; a cold cache: each name takes 2 s the first time")
def _(query, state):
    return Send(good(query), after=2 if state.transmission(query) == 1 else 0)


@way("slow-opt", "A6; a name takes 3 s if it is asked with OPT")
def _(query, state):
    return Send(good(query), after=3 if query.opt else 0)


@way("slower-and-slower", "A6; each answer takes 0.3 s longer than the one before, up to 3 s")
def _(query, state):
    return Send(good(query), after=min(0.3 * state.count, 3))


@way("one-at-a-time", "A6; a forwarder that takes one query at a time, 0.3 s each")
def _(query, state):
    now = state.age
    state.notes["free"] = max(state.notes.get("free", 0), now) + 0.3
    return Send(good(query), after=state.notes["free"] - now)


# The same question again

for number, word in [(2, "second"), (3, "third")]:
    add(f"{word}-transmission", "RFC 1536 §1: what is asked the first time is lost",
        only_udp(lambda query, state, number=number: good(query) if state.transmission(query) >= number else None))


@way("every-second", "RFC 1536: every second datagram is lost")
def _(query, state):
    return good(query) if query.tcp or state.count % 2 == 0 else None


@way("first-of-all-lost", "A5; the very first datagram is lost (ARP, a link that wakes up)")
def _(query, state):
    return good(query) if query.tcp or state.count > 1 else None


@way("asleep-3", "A6; nothing is heard for 3 s from the first query on")
def _(query, state):
    return good(query) if state.age > 3 else None


@way("servfail-3", "A7; SERVFAIL for 3 s from the first query on")
def _(query, state):
    return good(query) if state.age > 3 else Reply(query, code=SERVFAIL)


@way("servfail-once", "A7; SERVFAIL to each question's first transmission")
def _(query, state):
    return good(query) if state.transmission(query) > 1 else Reply(query, code=SERVFAIL)


@way("refused-once", "A7; REFUSED to each question's first transmission")
def _(query, state):
    return good(query) if state.transmission(query) > 1 else Reply(query, code=REFUSED)


@way("good-once", "A; each question is answered once, and NXDOMAIN from then on")
def _(query, state):
    return good(query) if state.transmission(query) == 1 else Reply(query, code=NXDOMAIN)


@way("silent-after-first", "A5; it answers one datagram, and none after it")
def _(query, state):
    return good(query) if query.tcp or state.count == 1 else None


@way("silent-after-ten", "A5; it answers ten datagrams, and none after them")
def _(query, state):
    return good(query) if query.tcp or state.count <= 10 else None


@way("repeats-dropped", "A; a rate limit on equal questions: a question is answered once")
def _(query, state):
    return good(query) if query.tcp or state.transmission(query) == 1 else None


def limited(each_second, otherwise):
    def respond(query, state):
        second = int(state.age)
        spent = state.notes[second] = state.notes.get(second, 0) + 1
        return good(query) if query.tcp or spent <= each_second else otherwise(query)
    return respond


add("limit-2", "A; two datagrams a second are answered", limited(2, lambda query: None))
add("limit-4", "A; four datagrams a second are answered", limited(4, lambda query: None))
for word, code in [("refused", REFUSED), ("servfail", SERVFAIL)]:
    add(f"limit-4-{word}", f"A; four datagrams a second are answered, {word} beyond",
        limited(4, lambda query, code=code: Reply(query, code=code)))


# Source ports

@way("port-once", "A5; resolv.conf(5) single-request-reopen: one answer for each source port")
def _(query, state):
    return good(query) if query.tcp or state.ports[query.port] == 1 else None


@way("port-once-reopen", "A5; the same, with the option that is meant for it",
     configuration="options single-request-reopen\n")
def _(query, state):
    return good(query) if query.tcp or state.ports[query.port] == 1 else None


@way("port-four", "A5; four answers for each source port")
def _(query, state):
    return good(query) if query.tcp or state.ports[query.port] <= 4 else None


@way("port-second-late", "A5; the second query of a source port is answered 5 s late")
def _(query, state):
    return good(query) if query.tcp or state.ports[query.port] == 1 else Send(good(query), after=5)


@way("port-first-lost", "A5; the first datagram of each source port is lost (an entry that is being made)")
def _(query, state):
    return good(query) if query.tcp or state.ports[query.port] > 1 else None


@way("port-first-slow", "A5; the first datagram of each source port takes 0.7 s")
def _(query, state):
    return Send(good(query), after=0.7 if not query.tcp and state.ports[query.port] == 1 else 0)


@way("port-forgotten", "A5; the entry for a source port lasts 1 s, and is never made again")
def _(query, state):
    first = state.notes.setdefault(query.port, state.age)
    return good(query) if query.tcp or state.age - first < 1 else None


def parallel(query, state):
    """Whether another query of this port came within the last 20 ms."""
    last = state.notes.get(query.port, -1)
    state.notes[query.port] = state.age
    return state.age - last < 0.02


for name, line in [("", ""), ("-single", "options single-request\n"), ("-reopen", "options single-request-reopen\n")]:
    add(f"parallel-dropped{name}", "A5; resolv.conf(5) single-request: the second of two queries at once is lost",
        only_udp(lambda query, state: None if parallel(query, state) else good(query)), configuration=line)


@way("parallel-swapped", "resolv.conf(5): of two queries at once the second is answered first")
def _(query, state):
    return Send(good(query), after=0 if query.type == AAAA else 0.05)


@way("parallel-same", "resolv.conf(5): of two queries at once both get the answer to the first")
def _(query, state):
    if parallel(query, state) and not query.tcp:
        return state.notes["last"].change(id=query.id)
    state.notes["last"] = good(query)
    return good(query)


# Ports that refuse

add("udp-refused", "A6; UDP is refused at once, TCP may be open", lambda query, state: good(query), udp="refused")
add("udp-silent", "A6; UDP is silent, TCP may be open", lambda query, state: None, tcp=["served"],
    over_tcp=lambda query, state: good(query))
