# SPDX-License-Identifier: Apache-2.0
"""Forbidden addresses in every spelling there is, none of which `--public-only` may dial; and public ones, which it must.

The registries' rows are those of IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890) of 2026-01. In the arena every
address is this machine's own, so whatever is dialed is connected, and seen.
"""

import ipaddress
import itertools
import time

from .cases import Limits, add

# Network, and whether the registry says that it is globally reachable; `None` for "N/A", which is no.
ROWS4 = [
    ("0.0.0.0/8", False), ("0.0.0.0/32", False), ("10.0.0.0/8", False), ("100.64.0.0/10", False), ("127.0.0.0/8", False),
    ("169.254.0.0/16", False), ("172.16.0.0/12", False), ("192.0.0.0/24", False), ("192.0.0.0/29", False),
    ("192.0.0.8/32", False), ("192.0.0.9/32", True), ("192.0.0.10/32", True), ("192.0.0.170/32", False),
    ("192.0.0.171/32", False), ("192.0.2.0/24", False), ("192.31.196.0/24", True), ("192.52.193.0/24", True),
    ("192.88.99.0/24", None), ("192.168.0.0/16", False), ("192.175.48.0/24", True), ("198.18.0.0/15", False),
    ("198.51.100.0/24", False), ("203.0.113.0/24", False), ("240.0.0.0/4", False), ("255.255.255.255/32", False),
]
# 2002::/16 (6to4) is judged by the IPv4 address that it carries, as the forms below are (decision 0019).
ROWS6 = [
    ("::1/128", False), ("::/128", False), ("::ffff:0:0/96", False), ("64:ff9b:1::/48", False), ("100::/64", False),
    ("100:0:0:1::/64", False), ("2001::/23", False), ("2001::/32", None), ("2001:1::1/128", True), ("2001:1::2/128", True),
    ("2001:1::3/128", True), ("2001:2::/48", False), ("2001:3::/32", True), ("2001:4:112::/48", True),
    ("2001:10::/28", None), ("2001:20::/28", True), ("2001:30::/28", True), ("2001:db8::/32", False),
    ("2620:4f:8000::/48", True), ("3fff::/20", False), ("5f00::/16", False), ("fc00::/7", False), ("fe80::/10", False),
]
# What no row names, and what is not unicast either: outside 2000::/3 nothing is public.
OUTSIDE = [
    "::2", "::127.0.0.1", "::ffff:0:127.0.0.1", "200::1", "4000::1", "64:ff9b:2::1",
    "64:ff9c::1", "64::1", "1::1", "100:1::1", "100:0:0:2::1", "fe00::1", "fec0::1", "feff::1", "6000::1", "8000::1",
    "a000::1", "c000::1", "e000::1", "f000::1", "f800::1", "fe00::7f00:1", "1fff::1", "400::1", "800::1", "1000::1",
    "5f00:1::1", "ff02::1", "ff0e::1", "ff05::2", "64:ff9b:1:ffff::1", "64:ff9b:0:1::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "9.9.9.9", "223.255.255.254", "2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1",
          "2620:fe::fe", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"]
# From what clouds and daemons have behind them, beside the rows' own first, last and middle ones.
TARGETS = ["169.254.169.254", "169.254.170.2", "100.100.100.200", "192.168.0.1", "10.0.0.1", "172.31.255.254",
           "127.0.0.53", "127.255.255.254", "0.0.0.1", "224.0.0.1", "239.255.255.250"]
LIMITS = Limits(seconds=60, processor=20, memory=150)


def forbidden4():
    """First, middle and last address of each row that is not reachable."""
    reachable = [ipaddress.ip_network(row) for row, is_global in ROWS4 if is_global]
    found = list(map(ipaddress.IPv4Address, TARGETS))
    for row, is_global in ROWS4:
        network = ipaddress.ip_network(row)
        for place in {0, network.num_addresses // 2, network.num_addresses - 1}:
            if not is_global and not any(network[place] in each for each in reachable):
                found.append(network[place])
    return sorted(set(found))


def forbidden6():
    reachable = [ipaddress.ip_network(row) for row, is_global in ROWS6 if is_global]
    found = list(map(ipaddress.IPv6Address, OUTSIDE))
    for row, is_global in ROWS6:
        network = ipaddress.ip_network(row)
        for place in {0, 1 % network.num_addresses, network.num_addresses // 2, network.num_addresses - 1}:
            address = network[place]
            # What is mapped is judged by what it maps.
            if is_global or any(address in each for each in reachable) or address.ipv4_mapped:
                continue
            found.append(address)
    return sorted(set(found))


def groups(address):
    """The two groups of an IPv4 address in an IPv6 one, as text."""
    bits = int(address)
    return f"{bits >> 16:x}:{bits & 0xffff:x}"


def inverted(address):
    bits = int(address) ^ 0xFFFF_FFFF
    return f"{bits >> 16:x}:{bits & 0xffff:x}"


def octets(address):
    return list(address.packed)


FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
# What becomes of one IPv4 address.
FORMS4 = {
    "dotted": str,
    "final-dot": lambda a: f"{a}.",
    "number": lambda a: str(int(a)),
    "hexadecimal": lambda a: hex(int(a)),
    "hexadecimal-capitals": lambda a: f"0X{int(a):08X}",
    "octal": lambda a: f"0{int(a):o}",
    "dotted-hexadecimal": lambda a: ".".join(hex(each) for each in octets(a)),
    "dotted-octal": lambda a: ".".join(f"0{each:o}" for each in octets(a)),
    "leading-zeros": lambda a: ".".join(f"{each:04o}" for each in octets(a)),
    "mixed": lambda a: "{}.{:#x}.0{:o}.{}".format(*octets(a)),
    "two-parts": lambda a: f"{octets(a)[0]}.{int(a) & 0xFF_FFFF}",
    "three-parts": lambda a: f"{octets(a)[0]}.{octets(a)[1]}.{int(a) & 0xFFFF}",
    "full-width": lambda a: str(a).translate(FULL_WIDTH),
    "circled": lambda a: str(a).translate(CIRCLED),
    "ideographic-stop": lambda a: str(a).replace(".", "。"),
    "mapped": lambda a: f"::ffff:{a}",
    "mapped-groups": lambda a: f"::FFFF:{groups(a)}",
    "mapped-long": lambda a: f"0:0:0:0:0:ffff:{groups(a)}",
    "compatible": lambda a: f"::{a}",
    "translated": lambda a: f"64:ff9b::{a}",
    "translated-locally": lambda a: f"64:ff9b:1::{groups(a)}",
    "translated-without-state": lambda a: f"::ffff:0:{a}",
    "6to4": lambda a: f"2002:{groups(a)}::1",
    "teredo-server": lambda a: f"2001:0:{groups(a)}::1",
    "teredo-client": lambda a: f"2001:0:808:808:0:0:{inverted(a)}",
    "isatap": lambda a: f"2606:4700::5efe:{groups(a)}",
    "isatap-universal": lambda a: f"2606:4700::200:5efe:{groups(a)}",
    "by-name": lambda a: f"a-{int(a):08x}.rebind.test",
    "by-alias": lambda a: f"c-{int(a):08x}.rebind.test",
    "by-mapped-name": lambda a: f"m-{int(a):08x}.rebind.test",
}
FORMS6 = {
    "plain": str,
    "exploded": lambda a: a.exploded.upper(),
    "by-name": lambda a: f"q-{int(a):032x}.rebind.test",
    "by-capitals": lambda a: f"Q-{int(a):032X}.Rebind.TEST.",
}
WORDS = [
    "localhost", "LOCALHOST", "localhost.", "LocalHost.", "db.localhost", "x.y.localhost.", "ｌｏｃａｌｈｏｓｔ", "0", "00", "0.0",
    "0x0", "0x", "0.0.0.0", "127.1", "127.0.1", "127.000.000.001", "0177.1", "0x7f.1", "017700000001", "2130706433",
    "4294967295", "0xffffffff", "::", "::1", "0::1", "::0:1", "::01", "::1%lo", "::1%1", "fe80::1%lo", "::%lo", "0:0:0:0:0:0:0:1",
    "::127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.0.0.1%lo", "lоcalhost", "１２７.1", "0ｘ7f.1", "127。1", "loca\u00adlhost",
    "localhost\u200b", "ip6-localhost", "ip6-loopback",
]


def reached(arena, spellings, limits=LIMITS):
    """The run, and which addresses were dialed."""
    from .runs import Listener
    with Listener() as listener:
        file = arena.names(spellings)
        run = arena.run("connect", "127.0.0.1", listener.port, "--json", "--public-only", "--server", arena.rebinding,
                        "--connect-timeout", "2", "--lookup-timeout", "6", "--while-resolving", file, limits=limits)
        # Whoever was dialed is accepted soon.
        connected = (run.background or {}).get("connected", 0)
        end = time.monotonic() + 3
        while len(listener.reached) < connected and time.monotonic() < end:
            time.sleep(0.02)
        return run, list(listener.reached)


def forbidden(spellings):
    def attack(arena):
        run, found = reached(arena, spellings)
        arena.note("spellings tried", arena.figures.get("spellings tried", 0) + len(spellings))
        # HOST is a forbidden one as well: 1.
        faults = run.faults(LIMITS, statuses=(1,))
        background = run.background
        if run.status == 1 and (background is None or background["connected"] + sum(background["failed"].values())
                                != len(spellings)):
            faults.append(f"of {len(spellings)} names it tells {background}")
        if found:
            arena.note("spellings dialed", arena.figures.get("spellings dialed", 0) + len(found))
            faults.append(f"{len(found)} dialed, such as {', '.join(sorted(set(found))[:6])}")
        return faults
    return attack


def allowed(spellings, figure):
    def attack(arena):
        run, found = reached(arena, spellings)
        missing = len(spellings) - len(found)
        if figure:
            arena.note(figure, missing)
        faults = run.faults(LIMITS, statuses=(1,))
        if missing > 0:
            known = {str(getattr(ipaddress.ip_address(each), "ipv4_mapped", None) or each) for each in found}
            refused = [each for each in spellings if str(ipaddress.ip_address(each)) not in known]
            faults.append(f"{missing} public ones refused, such as {', '.join(refused[:20])}")
        return faults
    return attack


def inner(outer, spelling):
    """An `--allow` of the outer form does not admit what is forbidden inside."""
    def attack(arena):
        from .runs import Listener
        with Listener() as listener:
            run = arena.run("connect", spelling, listener.port, "--json", "--public-only", "--allow", outer,
                            "--connect-timeout", "2", limits=LIMITS)
            faults = run.faults(LIMITS)
            if listener.reached:
                faults.append(f"{spelling} is dialed")
            return faults
    return attack


def path(spelling):
    """A stranger's text that names a Unix socket of this machine."""
    def attack(arena):
        import socket
        place = f"{arena.folder}/socket.{abs(hash(spelling)) % 10**8}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(place)
            listener.listen()
            listener.settimeout(0.5)
            run = arena.run("connect", spelling.replace("PATH", place), "1", "--json", "--public-only",
                            "--connect-timeout", "2", limits=LIMITS)
            faults = run.faults(LIMITS, statuses=(1, 2))
            try:
                listener.accept()[0].close()
                faults.append("the socket is dialed")
            except TimeoutError:
                pass
            return faults
    return attack


def register():
    everything4, everything6 = forbidden4(), forbidden6()
    for form, spell in FORMS4.items():
        # What is translated 1:1 and public inside is public; these are not.
        add(f"spelling/{form}", "items 5 and 6", forbidden([spell(each) for each in everything4]), is_always=True)
    for form, spell in FORMS6.items():
        add(f"spelling/6-{form}", "items 5 and 6", forbidden([spell(each) for each in everything6]), is_always=True)
    add("spelling/words", "SSRF lists", forbidden(WORDS), is_always=True)
    add("spelling/public", "item 5, the other way", allowed(PUBLIC, None), is_always=True)
    rows = [row for row, is_global in itertools.chain(ROWS4, ROWS6) if is_global]
    found = [str(ipaddress.ip_network(row)[min(1, ipaddress.ip_network(row).num_addresses - 1)]) for row in rows]
    add("spelling/reachable-rows", "item 5: isGloballyReachable decides",
        allowed(found, "reachable rows refused"), is_always=True)
    for outer, spelling in [("2002::/16", "2002:7f00:1::1"), ("2001::/32", "2001:0:7f00:1::1"),
                            ("64:ff9b::/96", "64:ff9b::127.0.0.1"), ("64:ff9b:1::/48", "64:ff9b:1::7f00:1"),
                            ("::ffff:0:0:0/96", "::ffff:0:127.0.0.1"), ("2606:4700::/32", "2606:4700::5efe:7f00:1")]:
        add(f"allow/{spelling}", "item 6: an --allow of the outer form", inner(outer, spelling), is_always=True)
    for spelling in ["unix:PATH", "PATH", "unix://PATH", "./PATH", "UNIX:PATH"]:
        add(f"path/{spelling.replace('/', '|')}", "item 7", path(spelling), is_always=True)


register()
