"""The description of the API, judged by an independent validator and by its own schemas."""

import json
import sys
import urllib.request

from check import BASE_URL, expect
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

root = BASE_URL.removesuffix("/v1")
headers = {"authorization": "Bearer good", "x-admin-api-key": "adm1n", "content-type": "application/json"}


def call(path, body=None):
    request = urllib.request.Request(root + path, data=None if body is None else json.dumps(body).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


_, document = call("/openapi.json")
errors = list(OpenAPIV31SpecValidator(document).iter_errors())
expect(not errors, errors)


def matches(name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    problems = [error.message for error in Draft202012Validator(schema).iter_errors(value)]
    expect(not problems, (name, problems, value))


status, answer = call("/v1/chat/completions", {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
expect(status == 200, answer)
matches("ChatCompletion", answer)
for path, schema in [("/v1/models", "ModelList"), ("/v1/models/m", "Model"), ("/readyz", "Readiness"), ("/ok", "Liveness"), ("/stats", "Stats")]:
    status, answer = call(path)
    expect(status == 200, (path, answer))
    matches(schema, answer)
for path, body, wanted in [("/nowhere", None, 404), ("/v1/chat/completions", {}, 400), ("/v1/chat/completions", {"model": "none", "messages": []}, 404), ("/v1/chat/completions", {"model": "locked", "messages": []}, 502)]:
    status, answer = call(path, body)
    expect(status == wanted, (path, status, answer))
    matches("Error", answer)
# A limit for everybody, and a key that one client alone found rejected.
status, answer = call("/v1/chat/completions", {"model": "limited", "messages": [{"role": "user", "content": "hi"}]})
expect(status == 429, (status, answer))
status, answer = call("/admin/rests")
expect(status == 200 and {rest["for"] for rest in answer["data"]} >= {"everybody"}, answer)
matches("RestList", answer)
status, answer = call("/stats")
expect(any(row["rest_reason"] for row in answer["stats"]["providers"]), answer)
matches("Stats", answer)
status, answer = call("/admin/rests/clear", {"provider": None})
expect(status == 200 and answer["cleared"] > 0, answer)
matches("ClearedRests", answer)
print(f"valid; {len(document['paths'])} paths")
sys.exit(0)
