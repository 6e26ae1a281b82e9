# SPDX-License-Identifier: Apache-2.0
"""What hostile servers say: for each query any number of messages, over whichever transport it came."""

import ipaddress
import os
import struct

from bad_servers.messages import (A, AAAA, ASKED, BADCOOKIE, BADVERS, CNAME, COOKIE, FORMERR, NOTIMP, NXDOMAIN, QR, RA, RD,
                                  REFUSED, SERVFAIL, TC, Reply, options, record, soa, wire)

# Every name below it has one address.
ADDRESS = "127.0.0.1"
PARENT = "attack.test"
LONGEST_MESSAGE = 65_535
# What a flood consists of for each query; over streams it goes on (see `streams`).
FLOOD = 200
# Those whose datagrams go on until the end, to the ports that were heard of last.
ENDLESS = {"endless-flood"}
FLOODED_PORTS = 4
# More than a socket has room for.
FLOOD_AT_ONCE = 300

ALL = {}


class Spoken:
    """What one server has heard and said."""

    def __init__(self):
        self.count = 0
        self.counts = {}

    def take(self, query):
        self.count += 1
        self.counts[query.type] = self.counts.get(query.type, 0) + 1


def says(name, source, finds=False, **more):
    """Registers what is said. `finds` where the names must be found all the same."""
    def register(respond):
        assert name not in ALL, name
        ALL[name] = (respond, source, finds, more)
        return respond
    return register


def addresses(query, count=1, owner=ASKED, ttl=60):
    if query.type == A:
        first = int(ipaddress.IPv4Address(ADDRESS))
        return [record(A, (first + each).to_bytes(4), owner, ttl) for each in range(count)]
    if query.type == AAAA and count > 1:
        first = int(ipaddress.IPv6Address("2001:db8::1"))
        return [record(AAAA, (first + each).to_bytes(16), owner, ttl) for each in range(count)]
    return []


def good(query, ttl=60, opt=None):
    """A right answer: an address, and no other family."""
    if query.name.startswith("rebind"):
        return Reply(query, code=NXDOMAIN, authority=[soa()])
    answers = addresses(query, ttl=ttl)
    return Reply(query, answers=answers, authority=[] if answers else [soa()], opt=opt)


def with_id(message, number):
    return struct.pack("!H", number & 0xFFFF) + bytes(message)[2:]


@says("good", "so that the names are seen to be found", finds=True)
def _(query, spoken):
    return [good(query)]


@says("silent", "item 3")
def _(query, spoken):
    return []


@says("two-bytes", "item 2: 00 00")
def _(query, spoken):
    return [b"\0\0"]


@says("empty", "item 15: empty messages")
def _(query, spoken):
    return [b""]


@says("empty-flood", "item 15: empty messages")
def _(query, spoken):
    return [b""] * FLOOD


@says("junk", "item 2")
def _(query, spoken):
    return [os.urandom(40)]


@says("junk-flood", "item 2")
def _(query, spoken):
    return [os.urandom(40) for _ in range(FLOOD)]


@says("junk-behind-question", "RFC 1035 §4.1")
def _(query, spoken):
    head = struct.pack("!6H", query.id, QR | RD | RA, 1, 3, 2, 1)
    return [head + query.question + os.urandom(60)]


@says("id-flood", "RFC 5452: every identifier but the right one")
def _(query, spoken):
    return [with_id(good(query), query.id + each) for each in range(1, FLOOD)]


# A stream with so much noise on it is given no further query, and so names may be lost over streams.
@says("id-flood-then-good", "the same, and the answer behind it", finds=True, loses=8)
def _(query, spoken):
    return [with_id(good(query), query.id + each) for each in range(1, FLOOD)] + [good(query)]


@says("endless-flood", "RFC 7873: datagrams without end, right but for the cookie, and dear to read")
def _(query, spoken):
    """As many aliases as fit into 1,232 bytes; in the plain form there is no cookie, and they lead nowhere."""
    room = 1_232 - 12 - len(query.question) - 11 - 4 - 9
    wrong = [(COOKIE, query.cookie[:8] + b"?")] if query.cookie else []
    return [Reply(query, answers=[record(CNAME, ASKED)] * (room // 14), opt=wrong if query.cookie else None)]


@says("other-question-flood", "RFC 5452: answers to another question")
def _(query, spoken):
    return [good(query).change(question=wire(f"x{each}.{PARENT}") + query.question[-4:]) for each in range(FLOOD)]


@says("echo", "the query itself")
def _(query, spoken):
    return [query.raw]


@says("huge", "item 11: as many addresses as fit into a message")
def _(query, spoken):
    return [Reply(query, answers=addresses(query, 3_900 if query.type == A else 2_250))]


@says("huge-datagram", "item 11: as many addresses as fit into the datagram that was asked for")
def _(query, spoken):
    return [Reply(query, answers=addresses(query, 70 if query.type == A else 40))]


@says("huge-own-names", "item 11: each address with its owner written out")
def _(query, spoken):
    count = (LONGEST_MESSAGE - 400) // (len(query.wire_name) + 26)
    return [Reply(query, answers=addresses(query, count, query.wire_name))]


@says("same-address", "item 11: one address again and again")
def _(query, spoken):
    return [Reply(query, answers=addresses(query) * 3_900)]


@says("announces-65535", "counts that nothing stands behind")
def _(query, spoken):
    return [Reply(query, counts=dict.fromkeys(["answer", "authority", "additional"], 65_535))]


@says("authority-flood", "SOA records alone, as many as fit")
def _(query, spoken):
    return [Reply(query, authority=[soa()] * 1_200)]


@says("opt-flood", "item 15: duplicate OPT records")
def _(query, spoken):
    return [Reply(query, additional=[options()] * 3_000)]


@says("options-flood", "OPT with 15,000 options")
def _(query, spoken):
    return [good(query).change(opt=[(65_001, b"")] * 15_000 if query.opt else None)]


@says("pointer-to-itself", "RFC 1035 §4.1.4")
def _(query, spoken):
    place = 12 + len(query.question)
    return [Reply(query, answers=[record(query.type, bytes(4), struct.pack("!H", 0xC000 | place))])]


@says("pointer-chain", "RFC 1035 §4.1.4: thousands of pointers, each to the one before")
def _(query, spoken):
    start = 12 + len(query.question) + 11
    chain = b"\xc0\x0c" + b"".join(struct.pack("!H", 0xC000 | start + 2 * each) for each in range(4_000))
    chained = record(10, chain, b"\0") + record(query.type, bytes(4), struct.pack("!H", 0xC000 | start + 8_000))
    return [Reply(query, answers=[chained], counts={"answer": 2})]


@says("alias-to-itself", "item 1: alias loops")
def _(query, spoken):
    return [Reply(query, answers=[record(CNAME, ASKED)])]


@says("alias-pair", "item 1: alias loops")
def _(query, spoken):
    other = wire(f"y.{PARENT}")
    return [Reply(query, answers=[record(CNAME, other), record(CNAME, query.wire_name, other)])]


@says("alias-on", "item 1: each answer leads to another name")
def _(query, spoken):
    return [Reply(query, answers=[record(CNAME, wire(f"n{spoken.count}.{PARENT}"))])]


def chain(query, length):
    names = [query.wire_name] + [wire(f"c{each}.{PARENT}") for each in range(length)]
    found = [record(CNAME, target, owner) for owner, target in zip(names, names[1:])]
    return [Reply(query, answers=found + addresses(query, owner=names[-1]))]


@says("alias-chain-10", "item 1: a chain that a zone may have", finds=True)
def _(query, spoken):
    return chain(query, 10)


@says("alias-chain-1500", "item 1: chains as long as a message")
def _(query, spoken):
    return chain(query, 1_500)


@says("alias-backwards", "item 1: the same, the last first")
def _(query, spoken):
    reply = chain(query, 1_500)[0]
    return [reply.change(answers=list(reversed(reply.answers)))]


@says("alias-longest", "aliases of 255 bytes")
def _(query, spoken):
    name = b"".join(b"\x3f" + bytes([65 + each % 26]) * 63 for each in range(3)) + b"\x3d" + b"z" * 61 + b"\0"
    return [Reply(query, answers=[record(CNAME, name)])]


@says("lifetime-extremes", "RFC 2181 §8", finds=True)
def _(query, spoken):
    return [good(query, ttl=[0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF][spoken.count % 4])]


@says("cut-always", "TC over streams as well")
def _(query, spoken):
    return [Reply(query, flags=QR | RD | RA | TC)]


@says("half", "a right answer's first half")
def _(query, spoken):
    message = bytes(good(query))
    return [message[:len(message) // 2]]


@says("every-code", "all codes in turn")
def _(query, spoken):
    return [Reply(query, code=spoken.count % 24)]


@says("every-byte", "a right answer with one byte changed, another one each time")
def _(query, spoken):
    message = bytearray(bytes(good(query)))
    message[2 + spoken.count % (len(message) - 2)] ^= 0xFF
    return [bytes(message)]


for _code, _word in [(SERVFAIL, "servfail"), (REFUSED, "refused"), (NOTIMP, "notimp"), (FORMERR, "formerr"),
                     (BADVERS, "badvers"), (BADCOOKIE, "badcookie"), (NXDOMAIN, "nxdomain")]:
    def _always(query, spoken, code=_code):
        return [Reply(query, code=code)]
    says(f"{_word}-always", "item 4")(_always)


def once(code, has_question):
    """That code at the first query of each type, and right answers from then on."""
    def respond(query, spoken):
        if spoken.counts[query.type] > 1:
            return [good(query, ttl=0)]
        reply = Reply(query, code=code)
        return [reply if has_question else reply.change(question=b"", opt=None)]
    return respond


for _code, _word in [(SERVFAIL, "servfail"), (REFUSED, "refused"), (NOTIMP, "notimp"), (FORMERR, "formerr")]:
    # Over streams that is an answer, to us as to the C library: one name is lost, and no other one.
    says(f"{_word}-once", "item 4: no lasting conclusion from one sign", finds=True, loses=1)(once(_code, True))
    says(f"{_word}-once-without-question", "item 4", finds=True, loses=1)(once(_code, False))


def cookie(query, server=b"its half"):
    return [(COOKIE, query.cookie[:8] + server)] if query.cookie else []


@says("cookies-vanish", "item 4: cookies, then EDNS without cookies", finds=True, in_turn=True)
def _(query, spoken):
    return [good(query, ttl=0, opt=cookie(query) if spoken.count <= 4 else [])]


@says("options-vanish", "item 4: cookies, then no EDNS at all", finds=True, in_turn=True)
def _(query, spoken):
    return [good(query, ttl=0, opt=cookie(query)) if spoken.count <= 4 else good(query, ttl=0).change(opt=None)]


@says("cookie-half-changes", "item 4: another server's half each time", finds=True, in_turn=True)
def _(query, spoken):
    return [good(query, ttl=0, opt=cookie(query, b"half%04d" % (spoken.count % 10_000)))]


for _length in [0, 1, 7, 9, 15, 41, 65, 1000]:
    def _odd(query, spoken, length=_length):
        return [good(query, ttl=0, opt=[(COOKIE, ((query.cookie or b"")[:8] + bytes(1000))[:length])])]
    # That many bytes are no cookie (RFC 7873 §4): nobody has to believe it, but the plain form is answered well.
    says(f"cookie-of-{_length}", "item 15: illegal lengths", finds=True)(_odd)
