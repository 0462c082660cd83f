"""The official client of the time before 1.0, as the original project's README uses it, against the gateway at argv[1]."""

import json

import openai
from check import BASE_URL, expect, words

openai.api_base = BASE_URL
openai.api_key = "good"

try:
    chat_completion = openai.ChatCompletion.create(
        model="priority-auto",
        messages=[{"role": "user", "content": "Translate 'hello' to French."}],
    )
except openai.error.OpenAIError as e:
    expect(False, f"an API error occurred: {e}")
expect(chat_completion.choices[0].message.content == words(20), chat_completion)

chunks = list(openai.ChatCompletion.create(model="m", messages=[], stream=True))
expect("".join(chunk.choices[0].delta.get("content", "") for chunk in chunks) == words(20), chunks)
expect(openai.Model.list().data[0].id == "priority-auto", "the list of models")

cases = [
    ("bad", openai.error.InvalidRequestError, 400),
    ("none", openai.error.InvalidRequestError, 404),
    ("limited", openai.error.RateLimitError, 429),
    ("down", openai.error.APIError, 502),
]
for model, kind, status in cases:
    try:
        openai.ChatCompletion.create(model=model, messages=[])
    except openai.error.OpenAIError as e:
        expect(type(e) is kind and e.http_status == status and e.headers["x-request-id"], f"{model}: {e!r}, {e.headers}")
    else:
        expect(False, f"{model} did not raise")
openai.api_key = "bad"
try:
    openai.Model.list()
except openai.error.AuthenticationError as e:
    expect(e.http_status == 401, e)
else:
    expect(False, "a wrong key did not raise")
print(json.dumps({"openai": openai.version.VERSION}))
