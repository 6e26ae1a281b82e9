# SPDX-License-Identifier: Apache-2.0
"""Servers whose streams are the trouble: with good datagrams, with ones that are cut, and with none."""

from .messages import QR, RA, RD, SERVFAIL, TC, Reply
from .ways import Send, add, empty_cut
from .zone import good

# How the bytes of a stream are delivered: see `servers`.
STREAMS = {
    "silent": "a connection that never says a word",
    "close": "a connection that is closed at once",
    "close-after-query": "a connection that is closed once a query has come",
    "reset": "a connection that is reset once a query has come",
    "dribble": "a byte every 10 ms",
    "dribble-slowly": "a byte every 100 ms",
    "junk": "junk, then the end",
    "length-too-big": "a length of 2,000 more than there is, then the end",
    "length-too-small": "a length of ten fewer than there is",
    "length-zero": "a message of no bytes, then the answer",
    "half": "half of the answer, then silence",
    "one-answer": "one answer a connection, then the end",
    "wrong-id": "another id than the query's",
    "in-turn": "half a second for each query, one after the other",
}

for stream, what in STREAMS.items():
    add(f"stream-{stream}", f"RFC 7766; good datagrams, and {what}", lambda query, state: good(query), stream=stream,
        tcp=["served"])
    add(f"cut-stream-{stream}", f"RFC 7766 §6; TC on the first address, and {what}",
        lambda query, state: good(query).change(answers=good(query).answers[:1], flags=QR | RD | RA | TC),
        over_tcp=lambda query, state: good(query), stream=stream, tcp=["served"])

for stream in ["one-answer", "dribble", "length-zero", "close"]:
    add(f"silent-udp-stream-{stream}", f"A6; no datagram is answered, and {STREAMS[stream]}", lambda query, state: None,
        over_tcp=lambda query, state: good(query), stream=stream, tcp=["served"])

add("stream-late", "A6; good datagrams, and answers over streams 1.5 s late", lambda query, state: good(query),
    over_tcp=lambda query, state: Send(good(query), after=1.5), tcp=["served"])
add("cut-stream-late", "A6; TC and nothing, and answers over streams 1.5 s late", empty_cut,
    over_tcp=lambda query, state: Send(good(query), after=1.5), tcp=["served"])
add("stream-servfail", "A6; good datagrams, SERVFAIL over streams", lambda query, state: good(query),
    over_tcp=lambda query, state: Reply(query, code=SERVFAIL), tcp=["served"])
add("cut-stream-servfail", "A6; TC and nothing, SERVFAIL over streams", empty_cut,
    over_tcp=lambda query, state: Reply(query, code=SERVFAIL), tcp=["served"])
