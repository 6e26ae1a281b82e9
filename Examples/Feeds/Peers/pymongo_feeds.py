# SPDX-License-Identifier: Apache-2.0
"""The same story in Python: asyncio's own streams for the feeds, PyMongo's async client for the links, defaults everywhere.

Run by `compare` inside `feeds serve`, which says in the environment where the feeds and the database are. With `warm` the
client has been used before the feeds are fetched. Prints one JSON object.
"""

import asyncio
import json
import os
import sys
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree

import pymongo

ATOM = "{http://www.w3.org/2005/Atom}"


def links(body):
    root = ElementTree.fromstring(body)
    if root.tag == "rss":
        return [(item.findtext("link"), item.findtext("title")) for item in root.iter("item")]
    return [(entry.find(ATOM + "link").get("href"), entry.findtext(ATOM + "title")) for entry in root.iter(ATOM + "entry")]


async def fetch(address):
    parts = urllib.parse.urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        if " 200 " not in lines[0]:
            raise ValueError(lines[0])
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length:"))
        return await reader.readexactly(length)
    finally:
        writer.close()


async def main():
    with open(os.environ["FEEDS_LIST"], encoding="utf-8") as file:
        feeds = file.read().split()
    client = pymongo.AsyncMongoClient(os.environ["FEEDS_MONGO"], maxPoolSize=20)
    collection = client.story.links
    done = {"feeds": 0, "found": 0, "stored": 0}
    errors = {}
    if sys.argv[1:] == ["warm"]:
        await client.admin.command("ping")
    start = time.monotonic()

    async def story(address):
        try:
            found = links(await fetch(address))
            done["feeds"] += 1
            done["found"] += len(found)
            for url, title in found:
                await collection.insert_one({"feed": address, "url": url, "title": title})
                done["stored"] += 1
        except Exception as error:
            name = type(error).__name__
            errors[name] = errors.get(name, 0) + 1

    await asyncio.gather(*(story(address) for address in feeds))
    total = time.monotonic() - start
    await client.close()
    print(json.dumps({
        "feeds": {"ok": done["feeds"], "failed": len(feeds) - done["feeds"]},
        "links": {"found": done["found"], "stored": done["stored"], "failed": done["found"] - done["stored"]},
        "errors": errors, "total_s": round(total, 3),
    }))


asyncio.run(main())
