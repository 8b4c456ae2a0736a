"""What the model may call. Add a function and its description, and the agent offers it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any


async def get_weather(city: str) -> dict[str, Any]:
    return {"city": city, "sky": "clear", "celsius": 21}


FUNCTIONS: dict[str, Callable[..., Awaitable[Any]]] = {"get_weather": get_weather}

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "get_weather",
        "description": "The weather in a city, now.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
]


async def run(name: str, arguments: str) -> tuple[str, str | None]:
    """Returns the output for the model as JSON, and the error if there was one. Never raises, so that the model can react to a failure."""
    try:
        async with asyncio.timeout(20):
            return json.dumps(await FUNCTIONS[name](**json.loads(arguments))), None
    except Exception as error:  # the message may contain secrets, so only the type is reported
        return json.dumps({"error": "The function failed."}), f"the function {name} failed with {type(error).__name__}"
