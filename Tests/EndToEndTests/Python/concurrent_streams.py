"""A hundred streams of a hundred chunks at once, each chunk once and in its order, against the gateway at argv[1]."""

import asyncio
import json
import time

import openai
from check import BASE_URL, expect

STREAMS, CHUNKS = 100, 100


async def one(api):
    events = await api.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], stream=True)
    texts = [chunk.choices[0].delta.content async for chunk in events if chunk.choices[0].delta.content]
    expect(texts == [f"w{number} " for number in range(CHUNKS)], texts)
    return events.response.headers["x-request-id"]


async def main():
    start = time.monotonic()
    async with openai.AsyncOpenAI(base_url=BASE_URL, api_key="good", max_retries=0) as api:
        ids = await asyncio.gather(*(one(api) for _ in range(STREAMS)))
    expect(len(set(ids)) == STREAMS, "each stream has an id of its own")
    print(json.dumps({"streams": STREAMS, "seconds": round(time.monotonic() - start, 2)}))


asyncio.run(main())
