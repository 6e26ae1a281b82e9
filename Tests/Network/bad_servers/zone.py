# SPDX-License-Identifier: Apache-2.0
"""What there is to be found, and how a good server answers.

Below each of `PARENTS`: v4 (A), v6 (AAAA), both (two A, one AAAA), alias (CNAME both), zero (as both, with a TTL of 0),
big (sixty A), nodata (no address), and `postgres` (A), which as a name of one label is there too, as in a container's
network.
"""

import ipaddress
import zlib

from .messages import A, AAAA, CNAME, NOERROR, NXDOMAIN, Reply, record, soa, wire

PARENTS = ["corp.test", "shop.test", "lab.example"]
# Both are served in the grid's network, so that what is found can be connected to.
NET4, NET6 = ipaddress.ip_network("198.51.100.0/24"), ipaddress.ip_network("2001:db8:53::/64")
# Nobody is there: what a resolver that is a nuisance answers instead.
HIJACKER4, HIJACKER6 = "203.0.113.66", "2001:db8:66::66"

KINDS = {
    "v4": (1, 0),
    "v6": (0, 1),
    "both": (2, 1),
    "zero": (2, 1),
    "big": (60, 0),
    "nodata": (0, 0),
    "postgres": (1, 0),
}


def a(address, **how):
    return record(A, ipaddress.IPv4Address(address).packed, **how)


def aaaa(address, **how):
    return record(AAAA, ipaddress.IPv6Address(address).packed, **how)


def addresses(name, kind):
    """The addresses of a name, which differ from those of every other name but by chance."""
    label, _, parent = name.partition(".")
    if label not in KINDS or parent not in ["", *PARENTS] or (not parent and label != "postgres"):
        return None
    count = KINDS[label][kind == AAAA]
    start = zlib.crc32(name.encode()) % 150
    return [str((NET6 if kind == AAAA else NET4)[1 + start + each]) for each in range(count)]


def find(name, kind, owner=None):
    """The code of the answer, and its records."""
    how = {"owner": owner} if owner else {}
    label, _, parent = name.partition(".")
    if label == "alias" and parent in PARENTS:
        target = f"both.{parent}"
        chain = [record(CNAME, wire(target), **how)]
        return NOERROR, chain + find(target, kind, wire(target))[1]
    found = addresses(name, kind)
    if found is None:
        return NXDOMAIN, []
    if kind not in (A, AAAA):
        return NOERROR, []
    if label == "zero":
        how["ttl"] = 0
    return NOERROR, [(aaaa if kind == AAAA else a)(each, **how) for each in found]


def good(query):
    """What a server without faults says, be it as long as it may."""
    code, records = find(query.name, query.type)
    reply = Reply(query, code=code, answers=records)
    if not records or (code == NOERROR and len(records) == 1 and query.name.startswith("alias.")):
        reply.authority = [soa()]
    return reply
