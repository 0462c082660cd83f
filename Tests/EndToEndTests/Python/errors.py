"""Every failure of the table in the documentation as the official client sees it: the class it raises, the error object, the header
fields, and how often and after what pauses the client tries again by itself.

The gateway is at argv[1], its process is argv[2] and its admin key argv[3]; its models are in `PythonTests.swift`. One row of the documentation has
none here: a 500 is a mistake of the gateway's, which nobody can ask it for.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import time

import httpx2
import openai
from check import BASE_URL, expect

MESSAGES = [{"role": "user", "content": "Hi"}]


class Watch:
    """Notes when each try of a client leaves and what comes back."""

    def __init__(self):
        self.tries, self.answers = [], []

    def client(self, **options):
        hooks = {"request": [lambda _: self.tries.append(time.monotonic())], "response": [self.answers.append]}
        web = openai.DefaultHttpxClient(event_hooks=hooks)
        # The gateway is not to wait for capacity itself: what it tells the client is the matter here.
        patience = {"x-best-wait": "0"}
        return openai.OpenAI(
            base_url=BASE_URL, **{"api_key": "good", "max_retries": 2, "http_client": web, "default_headers": patience, **options})


def chat(model, fresh=False, **more):
    """A chat request; `fresh` asks for another model in each form, so that none rests from the form before."""

    def call(api, stream):
        name = f"{model}-stream" if fresh and stream else model
        return api.chat.completions.create(model=name, messages=MESSAGES, stream=stream, **more)

    return call


def post(path, body):
    return lambda api, stream: api.post(path, cast_to=httpx2.Response, body=body)


def admin(body):
    """A new key of the gateway's."""
    answer = httpx2.post(f"{BASE_URL.removesuffix('/v1')}/admin/keys", json=body, headers={"x-admin-api-key": sys.argv[3]}, trust_env=False)
    expect(answer.status_code == 201, answer.text)
    return answer.json()["plaintext_key"]


def keyed(call, used=0, **limits):
    """The same call with a key of its own, of which `used` requests have been made before."""
    key = admin({"name": "of a row", **limits})
    with openai.OpenAI(base_url=BASE_URL, api_key=key, max_retries=0) as api:
        for _ in range(used):
            call(api, False)
    return lambda api, stream: call(api.with_options(api_key=key), stream)


def beside(other, call):
    """A call while a stream of another one is open."""

    def both(api, stream):
        with contextlib.closing(other(api.with_options(http_client=httpx2.Client(trust_env=False)), True)):
            return call(api, stream)

    return both


class Slowly(httpx2.HTTPTransport):
    """Sends the first half of a request's body, does something else, and then sends the rest."""

    def __init__(self, meanwhile):
        super().__init__()
        self.meanwhile = meanwhile

    def handle_request(self, request):
        body = request.read()

        def pieces():
            yield body[: len(body) // 2]
            self.meanwhile()
            yield body[len(body) // 2 :]

        return super().handle_request(httpx2.Request(request.method, request.url, headers=request.headers, content=pieces(), extensions=request.extensions))


def slowly(meanwhile):
    return lambda api, stream: chat("m")(api.with_options(http_client=httpx2.Client(transport=Slowly(meanwhile))), stream)


def drain():
    """Tells the gateway to end, and waits until it takes nobody in any more."""
    os.kill(int(sys.argv[2]), signal.SIGTERM)
    url = httpx2.URL(BASE_URL)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection((url.host, url.port), timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)
    expect(False, "the gateway goes on after SIGTERM")


OPTIONAL = object()
# A time within a minute, which a client may wait for, and one that it should not.
SOON = {"retry-after": OPTIONAL, "retry-after-ms": OPTIONAL, "x-should-retry": None}
LATE = {"retry-after": OPTIONAL, "retry-after-ms": OPTIONAL, "x-should-retry": "false"}
# name, call, class, status, type, code, param, header fields (None: must be absent), tries of a client with the default two retries; OPTIONAL
# stands for any value, and for tries: a client without retries
ROWS = [
    ("a body that is no object", post("/chat/completions", "text"), openai.BadRequestError, 400, "invalid_request_error", None, None, {}, 1),
    ("no model", post("/chat/completions", {"messages": MESSAGES}), openai.BadRequestError, 400, "invalid_request_error", None, "model", {}, 1),
    ("no messages", post("/chat/completions", {"model": "m"}), openai.BadRequestError, 400, "invalid_request_error", None, "messages", {}, 1),
    ("rejected with 400", chat("rejects"), openai.BadRequestError, 400, "invalid_request_error", "invalid_value", OPTIONAL, {"x-should-retry": "false"}, 1),
    ("rejected with 422", chat("odd"), openai.UnprocessableEntityError, 422, "invalid_request_error", OPTIONAL, OPTIONAL, {"x-should-retry": "false"}, 1),
    ("too long for every model", chat("bad"), openai.BadRequestError, 400, "invalid_request_error", "context_length_exceeded", OPTIONAL, {"x-should-retry": "false"}, 1),
    ("no key", chat("m", extra_headers={"Authorization": ""}), openai.AuthenticationError, 401, "invalid_request_error", "invalid_api_key", None, {"www-authenticate": "Bearer"}, 1),
    ("a wrong key", lambda api, stream: chat("m")(api.with_options(api_key="bad"), stream), openai.AuthenticationError, 401, "invalid_request_error", "invalid_api_key", None, {"www-authenticate": "Bearer"}, 1),
    ("a slow upload", slowly(lambda: time.sleep(2.5)), openai.APIStatusError, 408, "invalid_request_error", "request_timeout", None, {}, OPTIONAL),
    ("a key without the model", keyed(chat("m"), models=["other"]), openai.PermissionDeniedError, 403, "permission_error", "model_not_allowed", "model", {}, 1),
    ("the key's requests of a minute", keyed(chat("m"), used=1, requests_per_minute=1), openai.RateLimitError, 429, "requests", "rate_limit_exceeded", None, SOON | {"x-ratelimit-limit-requests": "1", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": OPTIONAL}, OPTIONAL),
    ("the key's tokens of a minute", keyed(chat("m", max_tokens=5), used=1, tokens_per_minute=40), openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", None, SOON | {"x-ratelimit-limit-tokens": "40"}, OPTIONAL),
    ("more tokens than the key ever has", keyed(chat("m"), tokens_per_minute=1), openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", None, {"retry-after": None, "x-should-retry": "false"}, 1),
    ("the key's requests in work", keyed(beside(chat("endless"), chat("m")), concurrency=1), openai.RateLimitError, 429, "requests", "rate_limit_exceeded", None, {"x-should-retry": None}, OPTIONAL),
    ("the key's requests of a day", keyed(chat("m"), used=1, requests_per_day=1), openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", None, LATE, 1),
    ("the key's tokens of a day", keyed(chat("m", max_tokens=5), used=1, tokens_per_day=40), openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", None, LATE, 1),
    ("the key's budget", keyed(chat("dear", max_tokens=5), used=1, budget=2), openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", None, {"x-should-retry": "false"}, 1),
    ("an unknown model", chat("none"), openai.NotFoundError, 404, "invalid_request_error", "model_not_found", "model", {}, 1),
    ("a model that is gone everywhere", chat("gone", fresh=True), openai.NotFoundError, 404, "invalid_request_error", "model_not_found", "model", {}, 1),
    ("an unknown path", post("/nowhere", {"model": "m"}), openai.NotFoundError, 404, "invalid_request_error", "unknown_url", None, {}, 1),
    ("a wrong method", lambda api, stream: api.get("/chat/completions", cast_to=httpx2.Response), openai.APIStatusError, 405, "invalid_request_error", "unknown_url", None, {"allow": "POST, OPTIONS"}, 1),
    ("a body that is too large", chat("m", extra_body={"x": "x" * (33 << 20)}), openai.APIStatusError, 413, "invalid_request_error", "request_too_large", None, {}, 1),
    ("every provider limited for long", chat("limited"), openai.RateLimitError, 429, "requests", "pool_exhausted", None, {"retry-after": OPTIONAL, "retry-after-ms": OPTIONAL, "x-should-retry": "false"}, 1),
    ("every provider limited, nobody says until when", chat("mum", fresh=True), openai.RateLimitError, 429, "requests", "pool_exhausted", None, SOON, OPTIONAL),
    ("every provider busy", beside(chat("single"), chat("single")), openai.InternalServerError, 503, "server_error", "overloaded", None, {"retry-after": "1", "retry-after-ms": "1000", "x-should-retry": None}, OPTIONAL),
    ("every credential rejected", chat("locked"), openai.InternalServerError, 502, "server_error", "upstream_credentials_exhausted", None, {"x-should-retry": "false"}, 1),
    ("no money anywhere", chat("poor", fresh=True), openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", None, LATE, 1),
    ("every key forbidden", chat("barred", fresh=True), openai.InternalServerError, 502, "server_error", "upstream_credentials_exhausted", None, {"x-should-retry": "false"}, 1),
    ("failures of several kinds", chat("mixed", fresh=True), openai.InternalServerError, 502, "server_error", "upstream_error", None, {"x-should-retry": None}, OPTIONAL),
    ("no answer in time", chat("slow", fresh=True), openai.InternalServerError, 504, "server_error", "upstream_timeout", None, {"x-should-retry": None}, OPTIONAL),
]


def check(row, stream):
    name, call, kind, status, error_type, code, param, fields, tries = row
    name = f"{name}{' (stream)' if stream else ''}"
    watch = Watch()
    with watch.client(max_retries=0 if tries is OPTIONAL else 2) as api:
        try:
            answer = call(api, stream)
            expect(False, f"{name} did not raise: {answer!r}")
        except openai.APIStatusError as error:
            expect(type(error) is kind and error.status_code == status, f"{name}: {error!r}")
            body = error.response.json()["error"]
            expect(set(body) - {"best"} == {"message", "type", "param", "code"}, f"{name}: {body}")
            expect(isinstance(body["message"], str) and body["message"], f"{name}: {body}")
            expect(body["code"] is None or isinstance(body["code"], str), f"{name}: {body}")
            expect(error.type == error_type, f"{name}: type {error.type}")
            expect(code is OPTIONAL or error.code == code, f"{name}: code {error.code}")
            expect(param is OPTIONAL or error.param == param, f"{name}: param {error.param}")
            expect(error.request_id, f"{name}: no request id")
            expect(error.response.headers["content-type"] == "application/json", f"{name}: {dict(error.response.headers)}")
            for field, value in fields.items():
                found = error.response.headers.get(field)
                expect(found is not None if value is OPTIONAL else found == value, f"{name}: {field} is {found}")
            if fields.get("retry-after"):
                seconds, milliseconds = (int(error.response.headers[field]) for field in ("retry-after", "retry-after-ms"))
                expect(seconds == -(-milliseconds // 1000), f"{name}: {seconds} s and {milliseconds} ms")
        expect(tries is OPTIONAL or len(watch.tries) == tries, f"{name}: {len(watch.tries)} tries")


def waits():
    """A pause of some seconds is slept through exactly as long as the header fields say, and the next try succeeds."""
    watch = Watch()
    with watch.client() as api:
        answer = api.chat.completions.create(model="brief", messages=MESSAGES)
    expect(answer.choices[0].message.content, answer)
    expect(len(watch.tries) == 2, f"{len(watch.tries)} tries")
    asked = int(watch.answers[0].headers["retry-after-ms"]) / 1000
    waited = watch.tries[1] - watch.tries[0]
    # Its own back-off would have been half a second.
    expect(1 < asked <= 1.6, f"asked for {asked} s")
    expect(asked <= waited < asked + 5, f"asked for {asked} s, waited {waited} s")


def waits_for_room():
    """A gateway that has no room names a second: its clients wait that long and not half of it, and are served when there is room."""
    watch = Watch()
    with watch.client() as api:
        held = chat("single")(api.with_options(http_client=httpx2.Client(trust_env=False)), True)
        watch.answers.clear()
        hook = lambda answer: held.close() if answer.status_code == 503 else None
        api._client.event_hooks["response"].append(hook)
        answer = api.chat.completions.create(model="single", messages=MESSAGES, max_tokens=2)
    expect(answer.choices[0].message.content, answer)
    expect([answer.status_code for answer in watch.answers] == [503, 200], watch.answers)
    waited = watch.tries[-1] - watch.tries[-2]
    expect(1 <= waited < 6, f"asked for 1 s, waited {waited} s")


def drains():
    """A request that comes whole only when the gateway ends: the last row, since nobody is served after it."""
    check(("a gateway that ends", slowly(drain), openai.InternalServerError, 503, "server_error", "overloaded", None, {"retry-after": "1"}, OPTIONAL), False)


for row in ROWS:
    for stream in (False, True):
        check(row, stream)
waits()
waits_for_room()
drains()
print(json.dumps({"openai": openai.__version__, "rows": len(ROWS) + 1}))
