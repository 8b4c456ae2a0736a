"""Audio for the Realtime API: WAV files, and a simulated speaker that tracks what was played."""

from __future__ import annotations

import wave
from collections import deque
from collections.abc import Callable

RATE = 24_000  # audio/pcm: 16-bit little-endian mono
BYTES_PER_MS = 48

Part = tuple[str, int]  # item_id and content_index: what can be truncated


def read_wav(path: str) -> bytes:
    """Returns the samples of a file. Raises ValueError with an instruction for the user, and OSError."""
    convert = f"convert it: sox {path} -r {RATE} -c 1 -b 16 -e signed-integer converted.wav"
    try:
        with wave.open(path, "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
                layout = f"{file.getframerate()} Hz, {file.getnchannels()} channel(s), {8 * file.getsampwidth()} bit"
                raise ValueError(f"{path} has {layout}, and must have {RATE} Hz, 1 channel, 16 bit; {convert}")
            pcm = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path} is no WAV file with PCM ({str(error) or 'it is cut off'}); {convert}") from None
    if len(pcm) < 2:
        raise ValueError(f"{path} holds no sound")
    return pcm[: len(pcm) // 2 * 2]


def write_wav(path: str, pcm: bytes) -> None:
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)


class Playback:
    """A simulated speaker. It plays at the pace of its clock, in seconds, and keeps the played audio."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.played_until = clock()
        self.waiting: deque[tuple[Part, bytes]] = deque()
        self.arriving: Part | None = None  # more of it is to come
        self.heard: dict[Part, int] = {}  # in bytes
        self.recording = bytearray()

    def push(self, part: Part, pcm: bytes) -> None:
        self.advance()
        self.arriving = part
        self.heard.setdefault(part, 0)
        self.waiting.append((part, pcm))

    def complete(self, part: Part) -> None:
        if self.arriving == part:
            self.arriving = None

    def advance(self) -> None:
        """Plays as much audio as fits in the time since the last call. Without audio, the time passes as silence."""
        room = int((self.clock() - self.played_until) * RATE) * 2
        self.played_until += room / (RATE * 2)
        while self.waiting and room > 0:
            part, pcm = self.waiting.popleft()
            now, later = pcm[:room], pcm[room:]
            if later:
                self.waiting.appendleft((part, later))
            self.recording += now
            self.heard[part] += len(now)
            room -= len(now)

    def interrupt(self) -> dict[Part, int]:
        """Stops playback. Returns the interrupted parts, and how many milliseconds of each were played."""
        self.advance()
        cut = [part for part, _ in self.waiting] + ([self.arriving] if self.arriving else [])
        self.waiting.clear()
        self.arriving = None
        return {part: self.heard[part] // BYTES_PER_MS for part in cut}
