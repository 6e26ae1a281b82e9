# SPDX-License-Identifier: Apache-2.0
"""Answers that are malformed, cut, doubled, in the wrong order, from elsewhere, or say what they should not."""

import struct

from .messages import (A, AA, AAAA, AD, CD, CHAOS, CNAME, NOERROR, NS, NXDOMAIN, QR, RA, RD, REFUSED, SERVFAIL, TC, TXT,
                       Z, Reply, record, wire)
from .ways import FAULTS, NAMES, Send, add, empty_cut, way
from .zone import HIJACKER4, a, aaaa, addresses, find, good

BIG = ["big.corp.test", *NAMES]
ALIAS = ["alias.shop.test", *NAMES]


# Names and sections

@way("uncompressed", "RFC 1035 §4.1.4: no compression")
def _(query, state):
    return good(query).change(answers=find(query.name, query.type, query.wire_name)[1])


@way("owner-root", "A2: the owner of the addresses is the root")
def _(query, state):
    return good(query).change(answers=find(query.name, query.type, b"\0")[1])


@way("owner-other", "RFC 5452 §6: the owner of the addresses is another name")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[wire("other.test") + each[2:] for each in reply.answers])


@way("question-missing", "A7: no question section, good records of full names")
def _(query, state):
    return good(query).change(question=b"", answers=find(query.name, query.type, query.wire_name)[1])


@way("question-missing-negative", "A7: no question section in whatever is negative")
def _(query, state):
    reply = good(query)
    return reply if reply.answers else reply.change(question=b"")


@way("question-twice", "RFC 9619: the question twice")
def _(query, state):
    return good(query).change(question=query.question * 2, counts={"question": 2})


@way("question-other", "RFC 5452 §4.3: the question of somebody else")
def _(query, state):
    return good(query).change(question=wire("other.test") + query.question[-4:])


@way("question-other-type", "RFC 5452 §4.3: the question comes back with type A, whichever was asked")
def _(query, state):
    return good(query).change(question=query.question[:-4] + struct.pack("!2H", A, 1))


@way("question-class", "RFC 5452 §4.3: the question comes back in class CH")
def _(query, state):
    return good(query).change(question=query.question[:-2] + struct.pack("!H", CHAOS))


@way("answer-class", "RFC 1035 §3.2.4: addresses of class CH")
def _(query, state):
    found = addresses(query.name, query.type) or []
    if query.type == A and found:
        return good(query).change(answers=[a(each, cls=CHAOS) for each in found])
    return good(query)


@way("foreign-records", "RFC 5452 §6: addresses of another name behind the good ones")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[*reply.answers, a(HIJACKER4, owner=wire("other.test"))]) if reply.answers else reply


@way("foreign-type", "RFC 1035: a TXT before the addresses")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[record(TXT, b"\x03box"), *reply.answers]) if reply.answers else reply


@way("addresses-additional", "A2: the addresses stand among the additional records")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[], additional=reply.answers) if reply.answers else reply


@way("addresses-authority", "A2: the addresses stand in the authority section")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[], authority=reply.answers) if reply.answers else reply


@way("soa-in-answer", "RFC 2308 §2: the SOA of a negative answer stands in the answer section")
def _(query, state):
    reply = good(query)
    return reply if reply.answers else reply.change(answers=reply.authority, authority=[])


@way("negative-without-soa", "RFC 2308 §5: no SOA in negative answers")
def _(query, state):
    return good(query).change(authority=[])


@way("nxdomain-with-addresses", "RFC 2308 §2.1: NXDOMAIN beside good addresses")
def _(query, state):
    return good(query).change(code=NXDOMAIN)


@way("servfail-with-addresses", "RFC 1035 §4.1.1: SERVFAIL beside good addresses")
def _(query, state):
    return good(query).change(code=SERVFAIL)


@way("referral", "RFC 8906 §3.1.1: a referral instead of recursion, no RA")
def _(query, state):
    return Reply(query, flags=QR | RD, authority=[record(NS, wire("ns.test"), wire("test"))])


@way("referral-with-glue", "RFC 8906 §3.1.1: the same, with an additional address")
def _(query, state):
    return Reply(query, flags=QR | RD, authority=[record(NS, wire("ns.test"), wire("test"))],
                 additional=[a(HIJACKER4, owner=wire("ns.test"))])


@way("lame", "RFC 1912 §2.8: neither an answer nor authority, AA and RA off")
def _(query, state):
    return Reply(query, flags=QR | RD)


# Chains

@way("chain-target-first", "RFC 1034 §3.6.2: the CNAME stands behind what it leads to", names=ALIAS)
def _(query, state):
    reply = good(query)
    return reply.change(answers=reply.answers[::-1])


@way("chain-reversed", "RFC 1034 §3.6.2: three links, the last first", names=ALIAS)
def _(query, state):
    found = find(query.name, query.type, wire("end.test"))[1]
    links = [record(CNAME, wire("end.test"), wire("mid.test")), record(CNAME, wire("mid.test"))]
    return good(query).change(answers=found + links) if found and not query.name.startswith("alias.") else good(query)


@way("chain-cut", "RFC 1034 §4.3.1: a CNAME and no addresses of its target", names=ALIAS)
def _(query, state):
    reply = good(query)
    return reply.change(answers=reply.answers[:1]) if query.name.startswith("alias.") else reply


@way("chain-no-soa", "RFC 2308 §2.2: a CNAME, no AAAA, no SOA", names=ALIAS)
def _(query, state):
    if query.name.startswith("alias.") and query.type == AAAA:
        return good(query).change(answers=find(query.name, A)[1][:1], authority=[])
    return good(query)


@way("chain-servfail", "RFC 2308 §2.2: a CNAME, and SERVFAIL for the target's AAAA", names=ALIAS)
def _(query, state):
    if query.name.startswith("alias.") and query.type == AAAA:
        return good(query).change(code=SERVFAIL, answers=find(query.name, A)[1][:1])
    return good(query)


@way("chain-nxdomain", "RFC 6604 §3: a CNAME, and NXDOMAIN for the target's AAAA", names=ALIAS)
def _(query, state):
    if query.name.startswith("alias.") and query.type == AAAA:
        return good(query).change(code=NXDOMAIN, answers=find(query.name, A)[1][:1])
    return good(query)


@way("chain-twice", "RFC 2181 §10.1: the same CNAME twice", names=ALIAS)
def _(query, state):
    reply = good(query)
    return reply.change(answers=reply.answers[:1] + reply.answers) if query.name.startswith("alias.") else reply


@way("chain-loop", "RFC 1034 §5.2.2: a CNAME to itself before the addresses")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[record(CNAME, query.wire_name), *reply.answers]) if reply.answers else reply


# Cut

@way("cut-partial", "A7: TC, and the first address of several; streams have all", names=BIG)
def _(query, state):
    reply = good(query)
    return reply if query.tcp else reply.change(answers=reply.answers[:1], flags=QR | RD | RA | TC)


@way("cut-partial-always", "A7: TC and the first address, also over streams", names=BIG)
def _(query, state):
    reply = good(query)
    return reply.change(answers=reply.answers[:1], flags=QR | RD | RA | TC)


@way("cut-complete", "RFC 2181 §9: TC on a complete answer, also over streams")
def _(query, state):
    return good(query).change(flags=QR | RD | RA | TC)


@way("cut-empty", "RFC 2181 §9: TC and nothing, whatever is asked by datagram", names=BIG)
def _(query, state):
    return good(query) if query.tcp else empty_cut(query, state)


@way("cut-empty-plain", "RFC 2181 §9: TC and nothing where the datagram has no OPT", names=BIG)
def _(query, state):
    return good(query) if query.tcp or query.opt else empty_cut(query, state)


@way("cut-512-silently", "A7: cut at 512 bytes in mid-record, without TC", names=BIG)
def _(query, state):
    return good(query) if query.tcp else bytes(good(query))[:512]


@way("cut-512-whole", "A7: as many records as fit 512 bytes, all announced, without TC", names=BIG)
def _(query, state):
    reply = good(query)
    return reply if query.tcp else fit(reply.change(counts={"answer": len(reply.answers)}), 512)


@way("cut-512-uncounted", "A7: as many records as fit 512 bytes, without TC", names=BIG)
def _(query, state):
    return good(query) if query.tcp else fit(good(query), 512)


@way("cut-512-properly", "RFC 1035 §4.2.1: TC at 512 bytes, whatever EDNS allows", names=BIG)
def _(query, state):
    reply = good(query)
    if query.tcp or len(bytes(reply)) <= 512:
        return reply
    return fit(reply.change(flags=QR | RD | RA | TC), 512)


@way("long-datagram", "RFC 1035 §4.2.1: more than 512 bytes for whoever does not know EDNS", names=BIG)
def _(query, state):
    return good(query)


@way("long-dropped", "RFC 8906 §3.2.6: datagrams of more than 512 bytes never arrive", names=BIG)
def _(query, state):
    reply = good(query)
    return reply if query.tcp or len(bytes(reply)) <= 512 else None


def fit(reply, size):
    while len(bytes(reply)) > size:
        reply.answers = reply.answers[:-1]
    return reply


# Malformed

@way("short-5", "RFC 1035 §4.1.1: five bytes")
def _(query, state):
    return bytes(good(query))[:5]


@way("empty-datagram", "RFC 1035 §4.1.1: a datagram of no bytes")
def _(query, state):
    return b""


@way("header-only", "A7: twelve bytes, NOERROR")
def _(query, state):
    return struct.pack("!6H", query.id, QR | RD | RA, 0, 0, 0, 0)


@way("header-and-question-cut", "RFC 1035 §4.1.2: it ends within the question")
def _(query, state):
    return bytes(good(query))[:16]


@way("count-too-big", "A2: two more answers are announced than there are")
def _(query, state):
    reply = good(query)
    return reply.change(opt=None, counts={"answer": len(reply.answers) + 2})


@way("count-too-small", "A2: no answer is announced, and there are some")
def _(query, state):
    return good(query).change(counts={"answer": 0})


@way("count-huge", "A2: 65,535 additional records are announced")
def _(query, state):
    return good(query).change(counts={"additional": 65_535})


@way("pointer-loop", "RFC 1035 §4.1.4: the owner points at itself")
def _(query, state):
    at = 12 + len(query.question)
    return good(query).change(answers=find(query.name, query.type, struct.pack("!H", 0xC000 | at))[1])


@way("label-type", "RFC 6891 §5: a label of type 01")
def _(query, state):
    return good(query).change(answers=find(query.name, query.type, b"\x41x\0")[1])


@way("length-past-end", "RFC 1035 §3.2.1: RDLENGTH goes past the end")
def _(query, state):
    reply = good(query)
    wrong = record(query.type, b"\x01\x02\x03\x04", length=400)
    return reply.change(opt=None, answers=[wrong]) if reply.answers else reply


@way("length-three", "RFC 1035 §3.4.1: an A of three bytes before the good ones")
def _(query, state):
    reply = good(query)
    if query.type == A and reply.answers:
        reply.answers.insert(0, record(A, b"\x01\x02\x03"))
    return reply


@way("trailing-garbage", "A2: 40 bytes behind the message")
def _(query, state):
    return good(query).change(tail=b"\xde\xad\xbe\xef" * 10)


@way("trailing-zeros", "A2: padded to 512 bytes with zeros")
def _(query, state):
    return bytes(good(query)).ljust(512, b"\0")


@way("echo", "A; a device that sends the query back")
def _(query, state):
    return query.raw


@way("echo-as-answer", "A; a device that sends the query back with QR set")
def _(query, state):
    return query.raw[:2] + bytes([query.raw[2] | 0x80]) + query.raw[3:]


@way("echo-first", "A; the query comes back, and then the answer")
def _(query, state):
    return [query.raw, good(query)]


# The header

for name, flags, source in [
    ("no-ra", QR | RD, "RFC 1035 §4.1.1: RA is off"),
    ("aa", QR | AA | RD | RA, "RFC 1035 §4.1.1: AA is on"),
    ("ad", QR | RD | RA | AD, "RFC 4035 §3.2.3: AD is on"),
    ("cd", QR | RD | RA | CD, "RFC 4035 §3.2.2: CD is on"),
    ("z", QR | RD | RA | Z, "RFC 8906 §3.1.3: Z is on"),
    ("no-rd", QR | RA, "RFC 1035 §4.1.1: RD is not copied"),
    ("opcode", QR | RD | RA | 0x1000, "RFC 8906 §3.1.4: opcode 2 in the answer"),
    ("no-qr", RD | RA, "RFC 1035 §4.1.1: QR is off"),
]:
    add(f"flags-{name}", source, lambda query, state, flags=flags: good(query).change(flags=flags),
        tcp=["served", "dropped"])


@way("query-ad-drop", "RFC 6840 §5.7: a query with AD set is dropped", tcp=["dropped"])
def _(query, state):
    return None if query.flags & AD else good(query)


for name, ttl in [("zero", 0), ("sign-bit", 2**31), ("all-ones", 2**32 - 1)]:
    def respond(query, state, ttl=ttl):
        found = addresses(query.name, query.type)
        make = aaaa if query.type == AAAA else a
        return good(query).change(answers=[make(each, ttl=ttl) for each in found]) if found else good(query)
    add(f"ttl-{name}", "RFC 2181 §8", respond)


# More than one datagram

@way("wrong-id-first", "RFC 5452 §4.2: a datagram with another id comes first")
def _(query, state):
    wrong = good(query).change(id=query.id ^ 1)
    return good(query) if query.tcp else [wrong, good(query)]


@way("wrong-id-five-first", "RFC 5452 §4.2: five datagrams with another id come first")
def _(query, state):
    wrong = [good(query).change(id=query.id ^ each) for each in range(1, 6)]
    return good(query) if query.tcp else [*wrong, good(query)]


@way("wrong-id", "RFC 5452 §4.2: never the id that was asked with, over UDP")
def _(query, state):
    return good(query) if query.tcp else good(query).change(id=query.id ^ 0x5555)


@way("empty-first", "RFC 5452: a datagram of no bytes comes first")
def _(query, state):
    return good(query) if query.tcp else [b"", good(query)]


@way("junk-first", "RFC 5452: a datagram of junk comes first")
def _(query, state):
    return good(query) if query.tcp else [query.id.to_bytes(2) + b"\xff" * 30, good(query)]


@way("from-other-port", "RFC 5452 §4.1: over UDP answers come from another port")
def _(query, state):
    return good(query) if query.tcp else Send(good(query), port=5353)


@way("from-other-address", "RFC 5452 §4.1: over UDP answers come from another address")
def _(query, state):
    return good(query) if query.tcp else Send(good(query), address="10.99.0.1")


@way("from-other-address-first", "RFC 5452 §4.1: an answer from another address first")
def _(query, state):
    return good(query) if query.tcp else [Send(good(query), address="10.99.0.1"), good(query)]


@way("doubled", "RFC 5452: every answer three times")
def _(query, state):
    return good(query) if query.tcp else [good(query)] * 3


@way("negative-first", "A; an injected NXDOMAIN without OPT, then the answer")
def _(query, state):
    if not query.opt:
        return good(query)
    return [Reply(query, code=NXDOMAIN).change(opt=None), Send(good(query), after=0.03)]


@way("servfail-first", "A; two answers, SERVFAIL first")
def _(query, state):
    return good(query) if query.tcp else [Reply(query, code=SERVFAIL), Send(good(query), after=0.03)]


# Wrong content

@way("hijack-nxdomain", "A; the provider's search page instead of NXDOMAIN")
def _(query, state):
    reply = good(query)
    return FAULTS["hijack"](query, state) if reply.code == NXDOMAIN else reply


@way("hijack-nodata", "A; the provider's search page instead of whatever is negative")
def _(query, state):
    reply = good(query)
    return reply if reply.answers else FAULTS["hijack"](query, state)


@way("nxdomain-for-nodata", "RFC 8020: NXDOMAIN for a name that has the other family alone")
def _(query, state):
    reply = good(query)
    return reply if reply.answers else reply.change(code=NXDOMAIN)


@way("nodata-for-nxdomain", "RFC 2308 §2.2: NODATA for a name that does not exist")
def _(query, state):
    return good(query).change(code=NOERROR)


@way("servfail-for-nxdomain", "RFC 2308 §7.1: SERVFAIL for a name that does not exist")
def _(query, state):
    reply = good(query)
    return reply.change(code=SERVFAIL) if reply.code == NXDOMAIN else reply


@way("refused-by-name", "B12: REFUSED for names under one parent, good for the others")
def _(query, state):
    return Reply(query, code=REFUSED) if query.name.endswith("corp.test") else good(query)


@way("silent-by-name", "B10: no answer for names under one parent, good for the others")
def _(query, state):
    return None if query.name.endswith("corp.test") else good(query)


@way("opt-drop-by-name", "A1: OPT is dropped for names under one parent alone")
def _(query, state):
    return None if query.opt and query.name.endswith("corp.test") else good(query)
