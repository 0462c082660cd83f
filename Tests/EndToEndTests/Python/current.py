"""The official client as it is today, synchronous and asynchronous, against the gateway at argv[1].

The gateway knows the key `good` and the models that `PythonTests.swift` gives it.
"""

import asyncio
import json
import time

import httpx2
import openai
from check import BASE_URL, expect, words

MESSAGES = [{"role": "user", "content": "Hi"}]


def client(**options):
    return openai.OpenAI(base_url=BASE_URL, api_key="good", **{"max_retries": 0, **options})


def address(response):
    """The client's end of the connection an answer came on."""
    return response.extensions["network_stream"].get_extra_info("client_addr")


def chat(api):
    answer = api.chat.completions.create(model="m", messages=MESSAGES)
    expect(answer.choices[0].message.content == words(20), answer)
    expect(answer.choices[0].finish_reason == "stop" and answer.usage.completion_tokens == 20, answer)
    expect(answer._request_id.startswith("req_"), "x-request-id")
    raw = api.chat.completions.with_raw_response.create(model="m", messages=MESSAGES, extra_headers={"x-request-id": "mine"})
    expect(raw.headers["x-request-id"] == "mine" and raw.parse()._request_id == "mine", "the client's own id")


def stream(api):
    chunks = list(api.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    expect("".join(chunk.choices[0].delta.content or "" for chunk in chunks) == words(20), chunks)
    expect(chunks[-1].choices[0].finish_reason == "stop", chunks[-1])
    options = {"include_usage": True}
    chunks = list(api.chat.completions.create(model="m", messages=MESSAGES, stream=True, stream_options=options))
    expect(chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 20, chunks[-1])
    tools = list(api.chat.completions.create(model="tool", messages=MESSAGES, stream=True))
    calls = [call for chunk in tools for choice in chunk.choices for call in choice.delta.tool_calls or []]
    expect(calls[0].function.name == "mock_tool", calls)
    expect(json.loads("".join(call.function.arguments or "" for call in calls)) is not None, calls)


def lists(api):
    ids = [model.id for model in api.models.list()]
    expect("priority-auto" in ids and "vendor/x" in ids and len(ids) == len(set(ids)), ids)
    expect(api.models.retrieve("vendor/x").id == "vendor/x", "a model with a slash")


def vectors(api):
    packed = api.embeddings.create(model="vectors", input=["a", "b"])
    plain = api.embeddings.create(model="vectors", input=["a", "b"], encoding_format="float")
    expect(len(packed.data) == 2 and len(packed.data[0].embedding) == 8, packed)
    for left, right in zip(packed.data, plain.data):
        expect(all(abs(a - b) < 1e-6 for a, b in zip(left.embedding, right.embedding)), (left, right))


def errors(api):
    cases = [
        ("bad", openai.BadRequestError, 400, "context_length_exceeded"),
        ("odd", openai.UnprocessableEntityError, 422, None),
        ("none", openai.NotFoundError, 404, "model_not_found"),
        ("limited", openai.RateLimitError, 429, "pool_exhausted"),
        ("down", openai.InternalServerError, 502, "upstream_error"),
        ("locked", openai.InternalServerError, 502, "upstream_credentials_exhausted"),
        ("slow", openai.InternalServerError, 504, "upstream_timeout"),
    ]
    for model, kind, status, code in cases:
        for as_stream in (False, True):
            try:
                api.chat.completions.create(model=model, messages=MESSAGES, stream=as_stream)
            except openai.APIStatusError as error:
                expect(type(error) is kind and error.status_code == status, f"{model}: {error!r}")
                expect(code is None or error.code == code, f"{model}: {error.code}")
                expect(error.request_id.startswith("req_"), f"{model}: {error.request_id}")
            else:
                expect(False, f"{model} did not raise")
    try:
        api.with_options(api_key="bad").models.list()
    except openai.AuthenticationError as error:
        expect(error.code == "invalid_api_key" and error.request_id, error)
    else:
        expect(False, "a wrong key did not raise")
    try:
        list(api.chat.completions.create(model="broken", messages=MESSAGES, stream=True))
    except openai.APIError as error:
        expect("broke off" in error.message, error.message)
    else:
        expect(False, "a broken stream looked whole")


def retries():
    """The default two retries: not when the pause is long, and as asked when it is short."""
    patient = client(max_retries=2)
    start = time.monotonic()
    try:
        patient.chat.completions.create(model="limited", messages=MESSAGES)
    except openai.RateLimitError as error:
        expect(error.response.headers["x-should-retry"] == "false", dict(error.response.headers))
    expect(time.monotonic() - start < 1, "a long pause must not be slept through, nor tried again")
    answer = patient.chat.completions.create(model="brief", messages=MESSAGES)
    expect(answer.choices[0].message.content == words(20), answer)


def reuse():
    """One connection for everything, streams and errors included. (The synchronous client itself closes after each stream.)"""
    used = set()
    with httpx2.Client(base_url=BASE_URL, headers={"authorization": "Bearer good"}) as web:
        for _ in range(5):
            for model, as_stream in [("m", True), ("m", False), ("none", True), ("down", False), ("tool", True)]:
                body = {"model": model, "stream": as_stream, "messages": MESSAGES}
                with web.stream("POST", "/chat/completions", json=body) as answer:
                    used.add(address(answer))
                    expect(len(answer.read()) > 0, model)
    expect(len(used) == 1, f"25 requests took {len(used)} connections")


async def asynchronous():
    async with openai.AsyncOpenAI(base_url=BASE_URL, api_key="good", max_retries=0) as api:
        answer = await api.chat.completions.create(model="m", messages=MESSAGES)
        expect(answer.choices[0].message.content == words(20) and answer._request_id, answer)
        used = set()
        for _ in range(5):
            events = await api.chat.completions.create(model="m", messages=MESSAGES, stream=True)
            used.add(address(events.response))
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in events])
            expect(text == words(20), text)
        expect(len(used) == 1, f"5 asynchronous streams took {len(used)} connections")
        expect((await api.models.retrieve("vendor/x")).id == "vendor/x", "a model with a slash")
        try:
            await api.chat.completions.create(model="none", messages=MESSAGES)
        except openai.NotFoundError as error:
            expect(error.code == "model_not_found", error)
        else:
            expect(False, "an unknown model did not raise")


with client() as api:
    chat(api)
    stream(api)
    lists(api)
    vectors(api)
    errors(api)
retries()
reuse()
asyncio.run(asynchronous())
print(json.dumps({"openai": openai.__version__}))
