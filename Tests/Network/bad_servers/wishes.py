# SPDX-License-Identifier: Apache-2.0
"""Servers that take badly what a query may carry besides the question: OPT, cookies, spelling, a family."""

import ipaddress

from .messages import (A, AAAA, BADCOOKIE, BADVERS, CNAME, COOKIE, FORMERR, NS, NSID, NXDOMAIN, OPT, QR, RA, RD,
                       SERVFAIL, Reply, options, record, soa, wire)
from .ways import (FAULTS, Send, add, drop, has_cookie, has_opt, is_a, is_aaaa, is_mixed, always, only_udp, way, when)
from .zone import aaaa, addresses, find, good

TABLE = [
    # Condition, its name, what is done then, and who has seen it.
    ("opt", has_opt, "A1; RFC 8906 §3.2.1, RFC 6891 §7",
     ["drop", "servfail", "refused", "nxdomain", "nodata", "nodata-bare", "formerr", "formerr-opt", "formerr-header",
      "notimp", "notimp-header", "badvers", "yxdomain", "badcookie", "cut"]),
    ("cookie", has_cookie, "A1, A4; RFC 8906 §3.2.4, RFC 7873 §5",
     ["drop", "servfail", "refused", "nxdomain", "nodata", "formerr", "formerr-header", "notimp", "badvers"]),
    ("mixed", is_mixed, "A3; draft-vixie-dnsext-dns0x20",
     ["drop", "nxdomain", "nodata", "servfail", "refused", "formerr", "zero-address", "hijack"]),
    ("aaaa", is_aaaa, "B9; RFC 4074 §4",
     ["drop", "servfail", "refused", "nxdomain", "nodata-bare", "formerr", "formerr-header", "notimp", "notimp-header",
      "refused-header", "servfail-header", "nxdomain-header", "yxdomain"]),
    ("a", is_a, "B9; the same for IPv4", ["drop", "servfail", "refused", "nxdomain", "notimp"]),
    ("all", always, "A7, B10; RFC 8906 §3.1",
     ["drop", "servfail", "refused", "nxdomain", "nodata", "nodata-bare", "formerr", "notimp", "servfail-header",
      "refused-header", "nxdomain-header", "formerr-header", "hijack", "cut"]),
]

for title, condition, source, faults in TABLE:
    for fault in faults:
        add(f"{title}-{fault}", source, when(condition, FAULTS[fault]))

# A box in the way of datagrams, while streams pass it.
for title, condition in [("opt", has_opt), ("cookie", has_cookie), ("mixed", is_mixed), ("all", always)]:
    add(f"{title}-drop-udp", "A1; a firewall that reads datagrams", only_udp(when(condition, drop)), tcp=["served"])


# RFC 8906's list, beyond what a plain OPT meets (§3.1.1 unknown types, §3.2.1 … §3.2.7)

@way("unknown-type-drop", "RFC 8906 §3.1.2: unknown types are dropped", tcp=["dropped"])
def _(query, state):
    return good(query) if query.type in (A, AAAA) else None


@way("edns-version-drop", "RFC 8906 §3.2.1: EDNS versions but 0 are dropped", tcp=["dropped"])
def _(query, state):
    return None if query.opt and query.opt.version else good(query)


@way("edns-option-drop", "RFC 8906 §3.2.2: EDNS with any option is dropped")
def _(query, state):
    return None if query.opt and query.opt.values else good(query)


@way("edns-option-echo", "RFC 8906 §3.2.2: unknown options come back as they were")
def _(query, state):
    return good(query).change(opt=list(query.opt.values.items()) if query.opt else None)


@way("edns-flags-drop", "RFC 8906 §3.2.3: EDNS with unknown flags is dropped", tcp=["dropped"])
def _(query, state):
    return None if query.opt and query.opt.flags & 0x7FFF else good(query)


@way("edns-flags-echo", "RFC 8906 §3.2.3: all flags of EDNS are set in the answer")
def _(query, state):
    reply = good(query)
    return with_opt(reply, options(flags=0xFFFF)) if query.opt else reply


@way("edns-do-drop", "RFC 8906 §3.2.5: DO is dropped", tcp=["dropped"])
def _(query, state):
    return None if query.opt and query.opt.flags & 0x8000 else good(query)


@way("edns-size-drop", "RFC 8906 §3.2.6: a size of more than 512 is dropped")
def _(query, state):
    return None if query.opt and query.opt.size > 512 else good(query)


@way("edns-size-formerr", "RFC 8906 §3.2.6: FORMERR for a size of more than 512")
def _(query, state):
    return Reply(query, code=FORMERR).change(opt=None) if query.opt and query.opt.size > 512 else good(query)


@way("edns-nsid", "RFC 5001: NSID for whoever did not ask for it")
def _(query, state):
    return good(query).change(opt=[(NSID, b"box")] if query.opt else None)


@way("edns-version-1", "RFC 6891 §6.1.3: the answer's OPT has version 1")
def _(query, state):
    reply = good(query)
    return with_opt(reply, options(version=1)) if query.opt else reply


@way("edns-badvers-with-answer", "RFC 6891 §9: BADVERS beside good addresses")
def _(query, state):
    reply = good(query)
    return reply.change(code=BADVERS) if query.opt else reply


@way("opt-unasked", "RFC 6891 §7: an OPT for whoever sent none")
def _(query, state):
    return good(query).change(opt=[])


@way("opt-never", "RFC 6891 §7: EDNS is ignored")
def _(query, state):
    return good(query).change(opt=None)


@way("opt-twice", "RFC 6891 §6.1.1: two OPT records")
def _(query, state):
    reply = good(query)
    return reply.change(additional=[options()]) if query.opt else reply


@way("opt-owner", "RFC 6891 §6.1.2: the OPT record's owner is not the root")
def _(query, state):
    reply = good(query)
    return with_opt(reply, query.wire_name + options()[1:]) if query.opt else reply


@way("opt-first", "A2: the OPT record comes back in the answer section, before the addresses")
def _(query, state):
    reply = good(query)
    return reply.change(answers=[options(), *reply.answers], opt=None) if query.opt else reply


@way("opt-option-length", "RFC 6891 §6.1.2: an option that is longer than its record")
def _(query, state):
    reply = good(query)
    wrong = b"\0" + OPT.to_bytes(2) + bytes([4, 208, 0, 0, 0, 0, 0, 6, 0, 10, 0, 16, 1, 2])
    return with_opt(reply, wrong) if query.opt else reply


def with_opt(reply, opt):
    """The reply with an OPT record of that very form."""
    return reply.change(opt=None, additional=[*reply.additional, opt])


# Whatever follows the question

@way("additional-formerr", "A; old servers: FORMERR for whatever has an additional record")
def _(query, state):
    return Reply(query, code=FORMERR).change(opt=None) if query.more else good(query)


@way("additional-drop", "A; a firewall that knows DNS: nothing may follow the question")
def _(query, state):
    return None if query.more else good(query)


@way("additional-servfail", "A; the same, SERVFAIL")
def _(query, state):
    return Reply(query, code=SERVFAIL).change(opt=None) if query.more else good(query)


def appended(query, count):
    """The answer behind the query as it was."""
    reply = good(query)
    if not query.opt:
        return reply
    records = b"".join(reply.answers or reply.authority)
    head = query.id.to_bytes(2) + (QR | RD | RA | reply.code).to_bytes(2) + count(reply)
    return head + query.raw[12:] + records


@way("appended", "A2: the answer is appended to the query as it was; OPT stands where the answer should")
def _(query, state):
    return appended(query, lambda reply: bytes([0, 1, 0, len(reply.answers), 0, 0, 0, 1]))


@way("appended-uncounted", "A2: the same, and ARCOUNT is 0")
def _(query, state):
    return appended(query, lambda reply: bytes([0, 1, 0, len(reply.answers), 0, 0, 0, 0]))


@way("appended-all-counted", "A2: the same, and the OPT record is counted as an answer")
def _(query, state):
    return appended(query, lambda reply: bytes([0, 1, 0, len(reply.answers) + 1, 0, 0, 0, 0]))


@way("appended-raw-name", "A2: the answer has no compression and is behind the OPT record")
def _(query, state):
    if not query.opt:
        return good(query)
    code, records = find(query.name, query.type, query.wire_name)
    head = query.id.to_bytes(2) + (QR | RD | RA | code).to_bytes(2) + bytes([0, 1, 0, len(records), 0, 0, 0, 1])
    return head + query.raw[12:] + b"".join(records)


@way("opt-counted-only", "A2: ARCOUNT says 1, and nothing is there")
def _(query, state):
    reply = good(query)
    return reply.change(opt=None, counts={"additional": 1}) if query.opt else reply


# Cookies

def client_half(query):
    return query.cookie[:8] if query.cookie else bytes(8)


def with_cookie(query, cookie):
    return good(query).change(opt=[(COOKIE, cookie)]) if query.cookie else good(query)


@way("cookie-echo", "A4: the client's cookie comes back without a server's half")
def _(query, state):
    return with_cookie(query, query.cookie)


@way("cookie-foreign", "A4: a forwarder repeats the cookie of somebody else")
def _(query, state):
    return with_cookie(query, b"somebody" + b"else's cookie..."[:8])


@way("cookie-foreign-later", "A4: the cookie is good twice, and somebody else's from then on")
def _(query, state):
    return with_cookie(query, (client_half(query) if state.count <= 2 else b"somebody") + b"its half")


@way("cookie-short", "RFC 7873 §4: a cookie of ten bytes")
def _(query, state):
    return with_cookie(query, client_half(query) + b"ab")


@way("cookie-long", "RFC 7873 §4: a cookie of 48 bytes")
def _(query, state):
    return with_cookie(query, client_half(query) + bytes(40))


@way("cookie-empty", "RFC 7873 §4: a cookie of no bytes")
def _(query, state):
    return with_cookie(query, b"")


@way("cookie-twice", "RFC 7873 §5.3: two cookies, the second good")
def _(query, state):
    pair = [(COOKIE, b"somebody" + bytes(8)), (COOKIE, client_half(query) + b"its half")]
    return good(query).change(opt=pair) if query.cookie else good(query)


@way("cookie-alternates", "A4: upstreams that differ: a cookie, then none, then no OPT at all")
def _(query, state):
    reply = with_cookie(query, client_half(query) + b"its half")
    match state.count % 3:
        case 2 if query.opt:
            return reply.change(opt=[])
        case 0:
            return reply.change(opt=None)
    return reply


@way("cookie-first-only", "A4: a cookie in the first answer, and never again")
def _(query, state):
    reply = with_cookie(query, client_half(query) + b"its half")
    return reply if state.count == 1 else reply.change(opt=None)


@way("cookie-new-each-time", "RFC 7873 §5.4: another server cookie in each answer, and only the last is good")
def _(query, state):
    last, fresh = state.notes.get("cookie"), b"half %03d" % (state.count % 1000)
    state.notes["cookie"] = fresh
    if query.cookie and last and query.cookie[8:] not in (b"", last):
        return Reply(query, code=BADCOOKIE, opt=[(COOKIE, client_half(query) + fresh)])
    return with_cookie(query, client_half(query) + fresh)


@way("badcookie-once", "RFC 7873 §5.2.3: BADCOOKIE once, then content")
def _(query, state):
    if query.cookie and state.transmission(query) == 1 and not query.tcp:
        return Reply(query, code=BADCOOKIE, opt=[(COOKIE, client_half(query) + b"its half")])
    return with_cookie(query, client_half(query) + b"its half")


@way("badcookie-udp", "A4: BADCOOKIE for every datagram with a cookie, whichever it is")
def _(query, state):
    if query.cookie and not query.tcp:
        return Reply(query, code=BADCOOKIE, opt=[(COOKIE, client_half(query) + b"its half")])
    return good(query)


@way("badcookie-always", "A4: BADCOOKIE for every cookie, over streams too")
def _(query, state):
    if query.cookie:
        return Reply(query, code=BADCOOKIE, opt=[(COOKIE, client_half(query) + b"its half")])
    return good(query)


@way("badcookie-no-cookie", "A4: BADCOOKIE that brings no cookie")
def _(query, state):
    return Reply(query, code=BADCOOKIE, opt=[]) if query.cookie else good(query)


@way("badcookie-with-answer", "A4: BADCOOKIE beside good addresses")
def _(query, state):
    reply = with_cookie(query, client_half(query) + b"its half")
    return reply.change(code=BADCOOKIE) if query.cookie else reply


# The spelling of the question

@way("case-lowered", "A3: the question comes back in lower case")
def _(query, state):
    return good(query).change(question=wire(query.name) + query.question[-4:])


@way("case-raised", "A3: the question comes back in upper case")
def _(query, state):
    return good(query).change(question=wire(query.name.upper()) + query.question[-4:])


@way("case-of-first", "A3: a cache answers in the spelling it heard first")
def _(query, state):
    first = state.notes.setdefault(query.name, query.spelling)
    return good(query).change(question=wire(first) + query.question[-4:])


@way("case-owner-lowered", "A3: the owner of the addresses is in lower case, the question as it was")
def _(query, state):
    code, records = find(query.name, query.type, wire(query.name))
    return good(query).change(answers=records)


@way("case-owner-raised", "A3: the owner of the addresses is in upper case")
def _(query, state):
    code, records = find(query.name, query.type, wire(query.name.upper()))
    return good(query).change(answers=records)


@way("case-lowered-by-box", "A3: a box lowers questions and answers; NXDOMAIN for mixed streams, which pass it")
def _(query, state):
    if query.is_mixed and query.tcp:
        return Reply(query, code=NXDOMAIN)
    return good(query).change(question=wire(query.name) + query.question[-4:])


# The other family

@way("aaaa-nxdomain-soa-only-v6", "RFC 4074 §4.2: NXDOMAIN for AAAA, with an SOA, although there is an A")
def _(query, state):
    reply = good(query)
    return reply.change(code=NXDOMAIN, answers=[], authority=[soa()]) if query.type == AAAA else reply


@way("aaaa-mapped", "RFC 4074 §4.4: AAAA is ::ffff:a.b.c.d")
def _(query, state):
    found = addresses(query.name, A)
    if query.type == AAAA and found:
        return Reply(query, answers=[aaaa(f"::ffff:{each}") for each in found])
    return good(query)


@way("aaaa-zero", "RFC 4074 §4.4: AAAA is ::")
def _(query, state):
    return Reply(query, answers=[aaaa("::")]) if query.type == AAAA else good(query)


@way("aaaa-gets-a", "RFC 4074 §4.4: the A records, whichever type is asked for")
def _(query, state):
    return good(query).change(answers=find(query.name, A)[1], authority=[]) if query.type == AAAA else good(query)


@way("aaaa-four-bytes", "RFC 4074 §4.4: an AAAA of four bytes")
def _(query, state):
    found = addresses(query.name, A)
    four = [record(AAAA, ipaddress.ip_address(each).packed) for each in found or []]
    return Reply(query, answers=four) if query.type == AAAA and four else good(query)


@way("aaaa-cname-only", "RFC 4074: AAAA is a CNAME whose target has an A alone")
def _(query, state):
    if query.type == AAAA and addresses(query.name, A):
        return Reply(query, answers=[record(CNAME, wire("v4.shop.test"))])
    return good(query)


@way("aaaa-lame", "RFC 4074 §4.3: a referral to the root for AAAA")
def _(query, state):
    referral = Reply(query, flags=QR | RD, authority=[record(NS, wire("a.root.test"), b"\0")])
    return referral if query.type == AAAA else good(query)


@way("aaaa-cut", "RFC 4074: TC and nothing for AAAA, also over a stream")
def _(query, state):
    return FAULTS["cut"](query, state) if query.type == AAAA else good(query)


@way("aaaa-malformed", "RFC 4074: AAAA is answered with garbage behind a good question")
def _(query, state):
    return Reply(query, counts={"answer": 1}, tail=b"\xff\xff\xff") if query.type == AAAA else good(query)


@way("any-of-two-families", "B9: SERVFAIL for the family that has no addresses")
def _(query, state):
    reply = good(query)
    return reply if reply.answers or reply.code == NXDOMAIN else Reply(query, code=SERVFAIL)


@way("aaaa-late-3", "RFC 8305 §3: AAAA 3 s late")
def _(query, state):
    return Send(good(query), after=3 * (query.type == AAAA))


@way("aaaa-late-7", "RFC 8305 §3: AAAA 7 s late")
def _(query, state):
    return Send(good(query), after=7 * (query.type == AAAA))
