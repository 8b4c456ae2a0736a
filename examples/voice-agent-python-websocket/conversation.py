"""A conversation over an open WebSocket: turns, played audio, and truncation after an interruption."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any

import aiohttp

import functions
from log import Log
from sound import BYTES_PER_MS, Part, Playback

Event = dict[str, Any]

CHUNK_MS = 20
PATIENCE = 60  # seconds of silence


class Problem(Exception):
    """A failure that needs one line, and no stack."""


class Conversation:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse, speed: float, log: Log) -> None:
        self.socket, self.speed, self.log = socket, speed, log
        self.started = time.monotonic()
        self.playback = Playback(self.now)
        self.caller_speaks = False
        self.awaits_answer = False  # the server is about to start a response
        self.owes_answer = False  # there are results of functions that no response has seen
        self.active: str | None = None  # the response that runs
        self.silenced: set[str] = set()  # responses that the caller has cut off
        self.untranscribed: set[str] = set()
        self.jobs: set[asyncio.Task[None]] = set()
        self.turns = 0
        self.failures = 0

    def now(self) -> float:
        return (time.monotonic() - self.started) * self.speed

    async def hold(self, settings: Event, pcm: bytes) -> None:
        session = (await self.expect("session.created"))["session"]
        print(f"connected   {session.get('model')}")
        await self.send({"type": "session.update", "session": settings})
        await self.expect("session.updated")
        tasks = [asyncio.create_task(self.speak(pcm)), asyncio.create_task(self.listen())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:  # also when this one is cancelled, as on SIGTERM
            rest = [task for task in [*tasks, *self.jobs] if not task.done()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()

    async def expect(self, wanted: str) -> Event:
        """Waits for the event by which the server agrees; an error before it is the end."""
        async with asyncio.timeout(15):
            while (event := await self.receive())["type"] != wanted:
                if event["type"] == "error":
                    raise Problem(f"the server refused: {words_of(event['error'])}")
            return event

    async def send(self, event: Event) -> None:
        self.log.write("sent", event)
        try:
            await self.socket.send_str(json.dumps(event))
        except ConnectionError:
            pass  # receive() knows why

    async def receive(self) -> Event:
        message = await self.socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            event: Event = json.loads(message.data)
            self.log.write("received", event)
            return event
        if message.type is aiohttp.WSMsgType.CLOSE:
            raise Problem(f"the server closed the connection ({message.data}: {message.extra or 'no reason'})")
        raise Problem("the connection was lost")

    async def speak(self, pcm: bytes) -> None:
        """Sends the recording in real time, and then silence until the last response was played."""
        size = CHUNK_MS * BYTES_PER_MS
        at, due = 0, self.now()
        busy_at = lively_at = time.monotonic()
        while time.monotonic() - busy_at < (4 if self.untranscribed else 1):
            chunk = pcm[at : at + size].ljust(size, b"\0")
            await self.send({"type": "input_audio_buffer.append", "audio": base64.b64encode(chunk).decode()})
            at, due = at + size, due + CHUNK_MS / 1000
            await asyncio.sleep((due - self.now()) / self.speed)
            self.playback.advance()
            if at < len(pcm) or self.playback.waiting:
                busy_at = lively_at = time.monotonic()
            elif self.is_busy():
                busy_at = time.monotonic()
            if time.monotonic() - lively_at > PATIENCE:
                raise Problem(f"no answer came within {PATIENCE} seconds")

    def is_busy(self) -> bool:
        return self.caller_speaks or self.awaits_answer or self.active is not None or len(self.jobs) > 0

    async def listen(self) -> None:
        while True:
            await self.handle(await self.receive())

    async def handle(self, event: Event) -> None:
        match event["type"]:
            case "input_audio_buffer.speech_started":
                self.caller_speaks = True
                self.turns += 1
                await self.fall_silent()
            case "input_audio_buffer.speech_stopped":
                self.caller_speaks, self.awaits_answer = False, True
                self.untranscribed.add(event["item_id"])
            case "conversation.item.input_audio_transcription.completed":
                self.untranscribed.discard(event["item_id"])
                print(f"caller      {event['transcript'].strip()}")
            case "conversation.item.input_audio_transcription.failed":
                self.untranscribed.discard(event["item_id"])
                print(f"caller      (not transcribed: {words_of(event['error'])})")
            case "response.created":
                self.active = event["response"]["id"]
                self.awaits_answer = self.owes_answer = False
                # The server cancels responses that ran before the caller spoke. Responses that start while the caller speaks are cancelled here.
                if self.caller_speaks:
                    self.silenced.add(self.active)
                    await self.send({"type": "response.cancel", "response_id": self.active})
            case "response.output_audio.delta":
                await self.play(event["response_id"], (event["item_id"], event["content_index"]), event["delta"])
            case "response.output_audio.done":
                self.playback.complete((event["item_id"], event["content_index"]))
            case "response.output_audio_transcript.done":
                print(f"assistant   {event['transcript'].strip()}")
            case "response.done":
                await self.end(event["response"])
            case "error" if event["error"].get("code") == "response_cancel_not_active":
                pass  # it ended before the cancel arrived
            case "error" if event["error"].get("code") == "conversation_already_has_active_response":
                # The server was faster, and its response may not have seen the results.
                self.owes_answer, self.awaits_answer = True, False
                await self.ask_if_due()
            case "error":
                self.fail(words_of(event["error"]))

    async def play(self, response_id: str, part: Part, delta: str) -> None:
        if response_id not in self.silenced:
            self.playback.push(part, base64.b64decode(delta))
        elif part not in self.playback.heard:  # it arrived after the interruption and is not played
            self.playback.heard[part] = 0
            await self.send({"type": "conversation.item.delete", "item_id": part[0]})

    async def fall_silent(self) -> None:
        """Handles an interruption: truncates the conversation on the server to the audio that was played."""
        if self.active:
            self.silenced.add(self.active)
        for (item_id, content_index), heard_ms in self.playback.interrupt().items():
            if heard_ms == 0:
                await self.send({"type": "conversation.item.delete", "item_id": item_id})
                continue
            event = {"type": "conversation.item.truncate", "item_id": item_id, "content_index": content_index}
            await self.send({**event, "audio_end_ms": heard_ms})
            print(f"cut off     after {heard_ms} ms")

    async def end(self, response: Event) -> None:
        self.active = None if self.active == response["id"] else self.active
        if response["status"] == "failed":  # no error event follows
            details = response.get("status_details")
            self.fail(f"a response failed: {words_of(details.get('error') if isinstance(details, dict) else None)}")
        calls = [item for item in response["output"] if item["type"] == "function_call"]
        if calls and response["status"] == "completed":
            job = asyncio.create_task(self.run_functions(calls))
            self.jobs.add(job)
            job.add_done_callback(self.jobs.discard)
        await self.ask_if_due()

    async def run_functions(self, calls: list[Event]) -> None:
        """Runs the function calls of a response in order, and requests one response to all results."""
        for call in calls:
            output, problem = await functions.run(call["name"], call["arguments"])
            if problem:
                self.fail(problem)
            print(f"tool        {call['name']} → {output}")
            item = {"type": "function_call_output", "call_id": call["call_id"], "output": output}
            await self.send({"type": "conversation.item.create", "item": item})
        self.owes_answer = True
        await self.ask_if_due()

    async def ask_if_due(self) -> None:
        # While the caller speaks, no response is requested: the server's response to the turn includes the results.
        if self.owes_answer and not (self.caller_speaks or self.awaits_answer or self.active):
            self.awaits_answer = True
            await self.send({"type": "response.create"})

    def fail(self, problem: str) -> None:
        self.failures += 1
        print(f"error       {problem}", file=sys.stderr)


def words_of(error: Event | None) -> str:
    error = error or {}
    return " ".join(str(part) for part in (error.get("code") or error.get("type"), error.get("message")) if part)
