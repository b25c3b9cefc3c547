"""The same with aiohttp: one session, bodies piece by piece into files."""

import asyncio
import ssl
import sys

import aiohttp

AT_ONCE = 32


async def lane(session, base, folder, numbers):
    for n in numbers:
        async with session.get(f"{base}{n}") as response:
            response.raise_for_status()
            with open(f"{folder}/file{n}", "wb") as file:
                async for chunk in response.content.iter_chunked(1 << 16):
                    file.write(chunk)


async def main(base, files, folder, cacert):
    trust = ssl.create_default_context(cafile=cacert)
    numbers = iter(range(int(files)))
    connector = aiohttp.TCPConnector(limit=AT_ONCE, ssl=trust)
    async with aiohttp.ClientSession(connector=connector) as session:
        lanes = (lane(session, base, folder, numbers) for _ in range(AT_ONCE))
        await asyncio.gather(*lanes)


asyncio.run(main(*sys.argv[1:]))
