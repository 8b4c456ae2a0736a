"""Connects a WebSocket library of Python to standard input and output: one event in JSON per line.

Usage: bridge.py <websockets|aiohttp> <url> <api key>
"""

import asyncio
import sys

library, url, api_key = sys.argv[1:]
headers = {"Authorization": f"Bearer {api_key}"}


async def lines():
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line


def show(frame):
    sys.stdout.write(frame + "\n")
    sys.stdout.flush()


async def relay(send, frames):
    async def receive():
        async for frame in frames:
            show(frame)

    receiving = asyncio.create_task(receive())
    async for line in lines():
        await send(line)
    receiving.cancel()


async def with_websockets():
    from websockets.asyncio.client import connect

    async with connect(url, additional_headers=headers, max_size=None) as socket:
        await relay(socket.send, socket)


async def with_aiohttp():
    from aiohttp import ClientSession

    async with ClientSession() as client, client.ws_connect(url, headers=headers) as socket:

        async def frames():
            async for message in socket:
                yield message.data

        await relay(socket.send_str, frames())


asyncio.run(with_websockets() if library == "websockets" else with_aiohttp())
