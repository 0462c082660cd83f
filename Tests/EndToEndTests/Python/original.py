"""The examples of the original project's README for the client of the time before 1.0, save host and key, which are argv[1] and argv[2]."""

import sys

import openai
from check import BASE_URL, expect, words

# Configure the base URL to point to your LLM Gateway instance
openai.api_base = BASE_URL

# Set your API key obtained from the LLM Gateway admin interface
openai.api_key = sys.argv[2]

# Make a request
try:
    chat_completion = openai.ChatCompletion.create(
        model="priority-auto", # Or a specific model available through the gateway
        messages=[{"role": "user", "content": "Translate 'hello' to French."}]
    )
    print(chat_completion.choices[0].message.content)
except openai.error.OpenAIError as e:
    print(f"An API error occurred: {e}")
    expect(False, e)
expect(chat_completion.choices[0].message.content == words(20), chat_completion)
