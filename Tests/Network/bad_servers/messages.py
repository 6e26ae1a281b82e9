# SPDX-License-Identifier: Apache-2.0
"""As much of the DNS message as it takes to read a query and to write good and bad answers to it."""

import dataclasses
import struct

A, NS, CNAME, SOA, TXT, AAAA, OPT = 1, 2, 5, 6, 16, 28, 41
IN, CHAOS = 1, 3
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, BADVERS, BADCOOKIE = 0, 1, 2, 3, 4, 5, 6, 16, 23
QR, AA, TC, RD, RA, Z, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0040, 0x0020, 0x0010
COOKIE, NSID = 10, 3

# The owner of nearly every record: a pointer to the name in the question.
ASKED = b"\xc0\x0c"


class Unreadable(Exception):
    """What came is no query."""


@dataclasses.dataclass
class Options:
    """The OPT record of a query (RFC 6891 §6.1)."""

    size: int
    version: int
    flags: int
    values: dict
    raw: bytes


class Query:
    """A question, as it came."""

    def __init__(self, raw, port, tcp=False):
        self.raw, self.port, self.tcp = raw, port, tcp
        try:
            self.id, self.flags, questions, answers, authorities, additional = struct.unpack_from("!6H", raw)
            if self.flags & QR or questions != 1:
                raise Unreadable
            self.labels, end = read_labels(raw, 12)
            self.wire_name = raw[12:end]
            self.type, self.cls = struct.unpack_from("!2H", raw, end)
            self.question = raw[12:end + 4]
            self.more = answers + authorities + additional
            self.opt = read_options(raw, end + 4) if additional else None
        except (struct.error, IndexError, UnicodeDecodeError):
            raise Unreadable from None
        self.spelling = ".".join(self.labels)
        self.name = self.spelling.lower()

    @property
    def cookie(self):
        return self.opt.values.get(COOKIE) if self.opt else None

    @property
    def is_mixed(self):
        """Whether the name is not in lower case, which is how every name of the grid is asked for."""
        return self.spelling != self.name


def read_labels(raw, offset):
    labels = []
    while length := raw[offset]:
        if length > 63:
            raise IndexError
        labels.append(raw[offset + 1:offset + 1 + length].decode("ascii"))
        offset += 1 + length
    return labels, offset + 1


def read_options(raw, offset):
    """The OPT record, if it comes first behind the question."""
    if raw[offset] != 0:
        return None
    kind, size, _, version, flags, length = struct.unpack_from("!2H2BHH", raw, offset + 1)
    if kind != OPT:
        return None
    values, position, end = {}, offset + 11, offset + 11 + length
    while position + 4 <= end:
        code, size_of_value = struct.unpack_from("!2H", raw, position)
        values[code] = raw[position + 4:position + 4 + size_of_value]
        position += 4 + size_of_value
    return Options(size, version, flags, values, raw[offset:end])


def wire(name):
    """A name as it goes over the wire, without compression."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(kind, data, owner=ASKED, ttl=60, cls=IN, length=None):
    return owner + struct.pack("!2HIH", kind, cls, ttl & 0xFFFF_FFFF, len(data) if length is None else length) + data


def options(values=(), size=1232, version=0, flags=0, extended=0):
    """An OPT record; `values` are pairs of a code and its bytes, `extended` the upper bits of the code."""
    data = b"".join(struct.pack("!2H", code, len(value)) + value for code, value in values)
    return b"\0" + struct.pack("!2H2BHH", OPT, size, extended, version, flags, len(data)) + data


def soa(owner=b"\0"):
    numbers = struct.pack("!5I", 1, 3600, 600, 86400, 30)
    return record(SOA, wire("ns.test") + wire("keeper.test") + numbers, owner, ttl=30)


@dataclasses.dataclass
class Reply:
    """An answer in parts, each of which may be made wrong."""

    query: Query
    code: int = 0
    answers: list = dataclasses.field(default_factory=list)
    authority: list = dataclasses.field(default_factory=list)
    additional: list = dataclasses.field(default_factory=list)
    # `None` for no OPT; the upper bits of the code are put in, if there is one.
    opt: list | None = None
    flags: int = QR | RD | RA
    question: bytes | None = None
    counts: dict = dataclasses.field(default_factory=dict)
    id: int | None = None
    tail: bytes = b""

    def __post_init__(self):
        if self.query.opt and self.opt is None:
            self.opt = []
        if self.question is None:
            self.question = self.query.question

    def change(self, **parts):
        for name, value in parts.items():
            setattr(self, name, value)
        return self

    def __bytes__(self):
        additional = list(self.additional)
        if self.opt is not None:
            additional.append(options(self.opt, extended=self.code >> 4))
        counts = [
            self.counts.get("question", 1 if self.question else 0),
            self.counts.get("answer", len(self.answers)),
            self.counts.get("authority", len(self.authority)),
            self.counts.get("additional", len(additional)),
        ]
        head = struct.pack("!6H", self.query.id if self.id is None else self.id, self.flags | self.code & 15, *counts)
        return head + self.question + b"".join(self.answers + self.authority + additional) + self.tail
