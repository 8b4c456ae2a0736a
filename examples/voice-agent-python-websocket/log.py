"""Writes a conversation down for `npx realtime-primitives inspect` and `doctor`."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, TextIO

SOUND = {"input_audio_buffer.append": "audio", "response.output_audio.delta": "delta"}


class Log:
    """Writes one line of JSON per event, without audio. It contains transcripts, so protect the file as you would protect a recording."""

    def __init__(self, file: TextIO | None) -> None:
        self.file = file
        self.started = time.monotonic()

    def write(self, direction: str, event: dict[str, Any]) -> None:
        if self.file is None:
            return
        field = SOUND.get(event["type"])
        shown = {**event, field: f"[{len(base64.b64decode(event[field]))} bytes of audio]"} if field else event
        ms = round((time.monotonic() - self.started) * 1000)
        print(json.dumps({"ms": ms, "direction": direction, "event": shown}), file=self.file)
