# SPDX-License-Identifier: Apache-2.0
"""What hostile servers do with connections: one function for each, called with the connection."""

import asyncio
import os
import socket
import struct

from bad_servers.messages import Query, Unreadable

from . import messages

ALL = {}
EMPTY = b"\0\0"
PATIENCE = 40


def stream(name, source, finds=False):
    def register(behave):
        ALL[name] = (behave, source, finds)
        return behave
    return register


def frame(message):
    message = bytes(message)
    return struct.pack("!H", len(message)) + message


async def next_query(reader):
    raw = await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])
    try:
        return Query(raw, 0, tcp=True)
    except Unreadable:
        raise ConnectionError from None


async def converse(reader, writer, spoken, respond):
    """Answers as that says, until the other end leaves."""
    while True:
        query = await next_query(reader)
        spoken.take(query)
        for message in respond(query, spoken):
            writer.write(frame(message))
        await writer.drain()


@stream("close-at-once", "item 2")
async def _(reader, writer, spoken):
    return


@stream("reset-at-once", "item 2")
async def _(reader, writer, spoken):
    reset(writer)


@stream("reset-after-query", "item 2")
async def _(reader, writer, spoken):
    await next_query(reader)
    reset(writer)


def reset(writer):
    line = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@stream("empty-close", "item 2: 00 00, and the end")
async def _(reader, writer, spoken):
    writer.write(EMPTY)


@stream("empty-close-after-query", "item 2: 00 00, and the end")
async def _(reader, writer, spoken):
    await next_query(reader)
    writer.write(EMPTY)


@stream("one-byte-close", "item 2")
async def _(reader, writer, spoken):
    writer.write(b"\0")


@stream("junk-close", "item 2")
async def _(reader, writer, spoken):
    await next_query(reader)
    writer.write(frame(os.urandom(30)))


@stream("wrong-id-close", "item 2: an answer to another query, and the end")
async def _(reader, writer, spoken):
    query = await next_query(reader)
    writer.write(frame(messages.with_id(messages.good(query), query.id + 1)))


@stream("complaint-close", "item 2: SERVFAIL, and the end")
async def _(reader, writer, spoken):
    query = await next_query(reader)
    writer.write(frame(messages.Reply(query, code=messages.SERVFAIL)))


@stream("answer-close", "RFC 7766 §6.2.4: one answer a connection", finds=True)
async def _(reader, writer, spoken):
    query = await next_query(reader)
    writer.write(frame(messages.good(query)))


async def flood(writer, chunk):
    # A TLS stream that was reset raises nothing here: it would be written to for ever, and no other stream have a turn.
    while not writer.is_closing():
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0)


@stream("empty-flood", "item 15: empty messages without end")
async def _(reader, writer, spoken):
    await flood(writer, EMPTY * 32_768)


@stream("empty-flood-after-query", "item 15")
async def _(reader, writer, spoken):
    await next_query(reader)
    await flood(writer, EMPTY * 32_768)


@stream("small-frames-flood", "item 2: messages of one byte without end")
async def _(reader, writer, spoken):
    await flood(writer, frame(b"x") * 16_384)


@stream("wrong-id-flood", "item 2: answers to other queries without end")
async def _(reader, writer, spoken):
    query = await next_query(reader)
    answers = [frame(messages.with_id(messages.good(query), query.id + each)) for each in range(1, 1000)]
    await flood(writer, b"".join(answers))


@stream("large-frames-flood", "frames of 65,535 bytes of junk without end")
async def _(reader, writer, spoken):
    await flood(writer, frame(os.urandom(messages.LONGEST_MESSAGE)))


@stream("drip", "a byte every 0.2 s", )
async def _(reader, writer, spoken):
    query = await next_query(reader)
    for byte in frame(messages.good(query)):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.2)


@stream("mute", "nothing, ever")
async def _(reader, writer, spoken):
    await asyncio.sleep(PATIENCE)


@stream("never-reads", "nothing, and nothing is read")
async def _(reader, writer, spoken):
    writer.transport.pause_reading()
    await asyncio.sleep(PATIENCE)


@stream("longest-length-mute", "a length of 65,535, and nothing behind it")
async def _(reader, writer, spoken):
    writer.write(b"\xff\xff")
    await asyncio.sleep(PATIENCE)


@stream("half-mute", "half of a right answer")
async def _(reader, writer, spoken):
    query = await next_query(reader)
    message = frame(messages.good(query))
    writer.write(message[:len(message) // 2])
    await asyncio.sleep(PATIENCE)


@stream("half-close", "half of a right answer, and the end")
async def _(reader, writer, spoken):
    query = await next_query(reader)
    message = frame(messages.good(query))
    writer.write(message[:len(message) // 2])


@stream("answer-twice", "each answer twice", finds=True)
async def _(reader, writer, spoken):
    await converse(reader, writer, spoken, lambda query, spoken: [messages.good(query)] * 2)


@stream("empty-then-answer", "empty messages before each answer", finds=True)
async def _(reader, writer, spoken):
    await converse(reader, writer, spoken, lambda query, spoken: [b"", b"", messages.good(query)])


@stream("answer-then-flood", "a right answer, then empty messages without end", finds=True)
async def _(reader, writer, spoken):
    query = await next_query(reader)
    writer.write(frame(messages.good(query)))
    await flood(writer, EMPTY * 32_768)
