"""A voice agent in Python: streams a recording to the OpenAI Realtime API (GA) and writes the played audio to a WAV file."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys

import aiohttp
from yarl import URL

import functions
from conversation import Conversation, Event, Problem
from log import Log
from sound import BYTES_PER_MS, RATE, read_wav, write_wav

EMULATOR = "http://127.0.0.1:8080/v1"  # npx realtime-primitives emulate --port 8080
FAST = 4  # how much faster than speech --fast is

SESSION: Event = {
    "type": "realtime",
    "instructions": "You are a friendly telephone companion. Answer in one or two short sentences.",
    "output_modalities": ["audio"],  # a transcript comes with it
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": RATE},
            "transcription": {"model": "gpt-transcribe"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        },
        "output": {"format": {"type": "audio/pcm", "rate": RATE}, "voice": "marin"},
    },
    "tools": functions.TOOLS,
}


def stop_on_sigterm() -> None:
    """Ends the conversation on SIGTERM as on Ctrl+C: the socket is closed, and the audio so far is written."""
    task = asyncio.current_task()
    with contextlib.suppress(NotImplementedError):  # Windows has no SIGTERM handlers
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: task and task.cancel())


async def converse(options: argparse.Namespace, pcm: bytes) -> None:
    stop_on_sigterm()
    key = os.environ.get("OPENAI_API_KEY")
    base = os.environ.get("OPENAI_BASE_URL") or ("https://api.openai.com/v1" if key else EMULATOR)
    url = URL(f"{base.rstrip('/')}/realtime").with_query(model=options.model)
    if url.scheme not in ("https", "wss") and url.host not in ("127.0.0.1", "localhost", "::1"):
        raise Problem("OPENAI_BASE_URL must begin with https:// when it leads to another machine")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with aiohttp.ClientSession() as http:
        try:
            async with asyncio.timeout(15):
                socket = await http.ws_connect(url, headers=headers, heartbeat=20, max_msg_size=2**25)
        except aiohttp.WSServerHandshakeError as error:
            raise Problem(f"{url.origin()} refused the connection with HTTP {error.status}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Problem(f"{url.origin()} cannot be reached ({type(error).__name__}): is the emulator on?") from None
        with open(options.log or os.devnull, "w", encoding="utf-8") as file:
            conversation = Conversation(socket, FAST if options.fast else 1, Log(file if options.log else None))
            try:
                await conversation.hold(SESSION, pcm)
            finally:
                await socket.close(code=1000)
                if conversation.playback.recording:
                    write_wav(options.output, bytes(conversation.playback.recording))
    print(f"heard       {len(conversation.playback.recording) / BYTES_PER_MS / 1000:.1f} s, in {options.output}")
    if conversation.turns == 0:
        raise Problem(f"the server found no speech in {options.input}")
    if conversation.failures:
        raise Problem(f"{conversation.failures} thing(s) failed on the way")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input", help="what the caller says: WAV, 24 kHz, mono, 16 bit")
    parser.add_argument("--output", default="answers.wav", help="what the caller hears (default: %(default)s)")
    parser.add_argument("--model", default="gpt-realtime-2.1")
    parser.add_argument("--fast", action="store_true", help=f"{FAST} times as fast as speech")
    parser.add_argument("--log", help="where to write the events, for npx realtime-primitives inspect")
    options = parser.parse_args()
    try:
        asyncio.run(converse(options, read_wav(options.input)))
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("agent.py: stopped", file=sys.stderr)
        return 128 + signal.SIGTERM
    except TimeoutError:
        print("agent.py: the server did not answer in time", file=sys.stderr)
    except (Problem, ValueError, OSError) as error:
        print(f"agent.py: {error}", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
