# SPDX-License-Identifier: Apache-2.0
"""Places where the trouble is between names: search lists, names of one label, container networks."""

from .messages import AAAA, NXDOMAIN, SERVFAIL, Reply
from .ways import FAULTS, NAMES, add, drop, has_opt, way
from .zone import good

DOCKER = "search corp.test\noptions ndots:0\n"
CLUSTER = "search ns.svc.cluster.test svc.cluster.test corp.test\noptions ndots:5\n"
IN_CLUSTER = {"configuration": CLUSTER, "names": ["postgres", *NAMES]}
ONE_LABEL = ["postgres", "nobody", *NAMES[:2]]


def contained(mixed):
    """A container's own server: names of its network, byte for byte, and everything else from outside."""
    def respond(query, state):
        if query.spelling == "postgres" or len(query.labels) > 1:
            return good(query)
        return mixed(query, state) if query.name == "postgres" else good(query)
    return respond


for name, configuration in [("docker", DOCKER), ("plain", "")]:
    for fault in ["nxdomain", "drop", "servfail", "zero-address", "refused"]:
        add(f"{name}-one-label-{fault}", "A3; older container DNS compares names byte for byte",
            contained(FAULTS[fault]), configuration=configuration, names=ONE_LABEL)


@way("docker-opt-drop", "A1, A3; a container's server that drops OPT", configuration=DOCKER, names=ONE_LABEL)
def _(query, state):
    return None if query.opt else good(query)


@way("docker-aaaa-drop", "B9; a container's server that drops AAAA", configuration=DOCKER, names=ONE_LABEL)
def _(query, state):
    return None if query.type == AAAA else good(query)


@way("docker-aaaa-servfail", "B9; a container's server with SERVFAIL for AAAA", configuration=DOCKER, names=ONE_LABEL)
def _(query, state):
    return Reply(query, code=SERVFAIL) if query.type == AAAA else good(query)


# Search lists

@way("cluster-good", "B9; five dots and three suffixes, a good server", **IN_CLUSTER)
def _(query, state):
    return good(query)


@way("cluster-aaaa-drop", "B9; A says NXDOMAIN, AAAA is dropped", **IN_CLUSTER)
def _(query, state):
    return None if query.type == AAAA else good(query)


@way("cluster-opt-drop", "A1, B9; a search list and a server that drops OPT", **IN_CLUSTER)
def _(query, state):
    return None if query.opt else good(query)


@way("cluster-mixed-nxdomain", "A3, B9; a search list and a server that compares byte for byte", **IN_CLUSTER)
def _(query, state):
    return Reply(query, code=NXDOMAIN) if query.is_mixed else good(query)


@way("cluster-negative-drop", "B10; whatever does not exist is dropped", **IN_CLUSTER)
def _(query, state):
    reply = good(query)
    return None if reply.code == NXDOMAIN else reply


SUFFIXES = {
    "drop": drop, "servfail": FAULTS["servfail"], "refused": FAULTS["refused"], "notimp": FAULTS["notimp"],
    "formerr": FAULTS["formerr"], "nodata": FAULTS["nodata"], "formerr-header": FAULTS["formerr-header"],
}
for word, fault in SUFFIXES.items():
    # As written the name has dots enough only where the list is tried last.
    add(f"suffix-{word}", f"B10, B12; {word} for names below the first suffix; the second has the name",
        lambda query, state, fault=fault: fault(query, state) if query.name.endswith("first.test") else good(query),
        configuration="search first.test corp.test\noptions ndots:1\n", tcp=["served"],
        names=["v4", "both", "both.shop.test"])
    add(f"suffix-{word}-as-written", f"B10, B12; {word} for names below the only suffix; the name itself is good",
        lambda query, state, fault=fault: fault(query, state) if query.name.endswith("first.test") else good(query),
        configuration="search first.test\noptions ndots:3\n", tcp=["served"],
        names=["both.shop.test", "postgres", "v6.corp.test"])

for word, configuration in [
    ("search-empty", "search \n"),
    ("search-empty-after", "search corp.test\nsearch \n"),
    ("search-dot", "search .corp.test\n"),
    ("domain", "domain corp.test\n"),
    ("options-unknown", "search corp.test\noptions frobnicate ndots:1 wibble:3\n"),
    ("options-comment", "search corp.test\noptions ndots:1 # as the cluster says\n"),
    ("options-edns0", "search corp.test\noptions edns0 trust-ad\n"),
    ("options-use-vc", "search corp.test\noptions use-vc\n"),
    ("options-rotate", "search corp.test\noptions rotate\n"),
    ("options-no-tld-query", "search corp.test\noptions no-tld-query\n"),
    ("options-timeout", "search corp.test\noptions timeout:1 attempts:3\n"),
]:
    add(f"configured-{word}", "B11; a good server, and a resolv.conf that is not written every day",
        lambda query, state: good(query), configuration=configuration, tcp=["served"], setups=["alone"],
        names=["postgres", "v4", "none", "both.shop.test"])


@way("edns0-opt-drop", "A1; the C library is told to send OPT, which is dropped", configuration="options edns0\n")
def _(query, state):
    return None if has_opt(query, state) else good(query)


@way("edns0-opt-formerr", "A1; the C library is told to send OPT, which is FORMERR", configuration="options edns0\n")
def _(query, state):
    return FAULTS["formerr"](query, state) if query.opt else good(query)


@way("timeout-1-second-transmission", "B10; timeout:1, and the first transmission is lost",
     configuration="options timeout:1 attempts:3\n")
def _(query, state):
    return good(query) if state.transmission(query) > 1 else None
