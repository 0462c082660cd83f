#!/usr/bin/env python3
"""Reloads under load: the gateway's files are changed and read again, a third of the times spoiled, while requests come at a steady rate and
streams are open. Nothing may fail, no stream may break, and neither memory nor descriptors may grow.

    python3 Tests/Soak/reloads.py --best .build/release/best

Needs nothing but Python: the provider is `best mock`, the clients are below. Prints the figures and exits 0 when all is well, 1 when not.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOKENS = 100  # of a stream
SPOILED = [
    "providers: [\n",
    "providers:\n  - base_ulr: http://127.0.0.1:9/v1\n",
    "providers:\n  - {name: a, base_url: 'http://127.0.0.1:9'}\n  - {name: a, base_url: 'http://127.0.0.1:9'}\n",
    "providers:\n  - {name: a, base_url: ftp://127.0.0.1}\n",
    "",
    "\x00\xff\x1b nonsense\n",
    None,  # the file is gone
]


class Service:
    """A running `best`, whose log is kept."""

    def __init__(self, binary, arguments, folder, pattern, environment=None):
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [os.path.abspath(binary), *arguments], cwd=folder, env={**base, **(environment or {})}, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.lines, self.changed = [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()
        self.port = int(re.search(pattern, self.wait(pattern, 1)[0]).group(1))

    def read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def wait(self, pattern, count, limit=30):
        """The lines with `pattern`, as soon as there are `count`."""
        found = lambda: [line for line in self.lines if re.search(pattern, line)]
        with self.changed:
            if not self.changed.wait_for(lambda: len(found()) >= count, limit):
                raise SystemExit(f"no line {count} with {pattern!r} within {limit} s; the last lines:\n" + "\n".join(self.lines[-20:]))
            return found()

    def resident(self):
        """Resident memory in KiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


def body(model, stream):
    return json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "Hi"}]}).encode()


def request(model, stream=False):
    data = body(model, stream)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


class Load:
    """Clients on an event loop of their own thread."""

    def __init__(self, port, rate, streams, gap):
        self.port, self.rate, self.stream_count, self.gap = port, rate, streams, gap
        self.requests = self.answered = self.opened = self.whole = self.open = 0
        self.failures, self.slowest = [], 0.0
        self.ends, self.drains = False, False
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)
        self.thread.start()

    async def run(self):
        connections = max(1, self.rate // 20)
        await asyncio.gather(
            *(self.request_loop(index, connections) for index in range(connections)), *(self.stream_loop(i) for i in range(self.stream_count)))

    async def request_loop(self, index, connections):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        data, pause = request("m"), connections / self.rate
        due = time.monotonic() + pause * index / connections
        while not self.ends:
            await asyncio.sleep(max(0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - 1)
            self.requests += 1
            begun = time.monotonic()
            try:
                writer.write(data)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                length = int(re.search(rb"content-length: (\d+)", head).group(1))
                answer = await asyncio.wait_for(reader.readexactly(length), 30)
                if not head.startswith(b"HTTP/1.1 200 ") or b'"content"' not in answer:
                    self.failures.append(f"request: {head[:60]!r} {answer[:300]!r}")
                else:
                    self.answered += 1
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, AttributeError) as error:
                self.failures.append(f"request: {error!r}")
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.slowest = max(self.slowest, time.monotonic() - begun)
        writer.close()

    async def stream_loop(self, index):
        # Not all in step: they begin over the length of one stream.
        await asyncio.sleep(index / max(1, self.stream_count) * TOKENS * self.gap / 1000)
        while not self.ends and not self.drains:
            self.opened += 1
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(request("long", stream=True))
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
                self.open += 1
                data = b""
                while not data.endswith(b"0\r\n\r\n"):
                    piece = await asyncio.wait_for(reader.read(65536), 30)
                    if not piece:
                        break
                    data += piece
                self.open -= 1
                words = len(re.findall(rb'"content":"w\d+ "', data))
                if head.startswith(b"HTTP/1.1 200 ") and words == TOKENS and data.count(b"data: [DONE]") == 1 and b'"error"' not in data:
                    self.whole += 1
                else:
                    self.failures.append(f"stream: {head[:60]!r}, {words} of {TOKENS} words, ends in {data[-200:]!r}")
                writer.close()
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as error:
                self.failures.append(f"stream: {error!r}")


def provider(name, url, key, gap, lines):
    text = f"  - name: {name}\n    base_url: {url}\n" + "".join(f"    {line}\n" for line in lines)
    text += f'    api_key_env_var: {key}\n    models:\n      - {{id: "{name}-short", aliases: [m]}}\n'
    return text + f'      - {{id: "{name}-long:gap={gap};tokens={TOKENS}", aliases: [long]}}\n'


def good(round, url, gap):
    """A configuration that differs from the one before: a provider is gone, another came first, a key and a factor are others."""
    guest = provider(f"guest{round % 7}", url, "GUEST_KEY", gap, ["base_priority: 2", f"headers: {{x-round: r{round}}}"])
    both = [provider("stays", url, "STAYS_KEY", gap, [f"base_priority: {1 + round % 2}"]), guest if round % 4 else ""]
    return "providers:\n" + "".join(both if round % 3 else reversed(both))


def write(folder, name, text):
    """Replaces a file in one step, as editors and configuration tools do."""
    with open(f"{folder}/{name}.new", "w", encoding="latin-1") as file:
        file.write(text)
    os.replace(f"{folder}/{name}.new", f"{folder}/{name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", required=True, help="the program")
    parser.add_argument("--reloads", type=int, default=200)
    parser.add_argument("--rate", type=int, default=1000, help="requests per second")
    parser.add_argument("--streams", type=int, default=200, help="streams that are open at a time")
    parser.add_argument("--gap", type=int, default=100, help=f"milliseconds between the {TOKENS} tokens of a stream")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two reloads")
    parser.add_argument("--growth", type=int, default=2048, help="KiB of resident memory that count as no growth")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        mock = Service(options.best, ["mock", "--port", "0"], folder, r"listens on http://127\.0\.0\.1:(\d+)")
        url = f"http://127.0.0.1:{mock.port}/v1"
        write(folder, ".env", "STAYS_KEY=s0\nGUEST_KEY=g0\n")
        write(folder, "meta-providers.yaml", good(0, url, options.gap))
        arguments = ["serve", "--config", ".", "--port", "0", "--quiet"]
        gateway = Service(options.best, arguments, folder, r" on http://127\.0\.0\.1:(\d+)")
        before = gateway.descriptors()
        load = Load(gateway.port, options.rate, options.streams, options.gap)
        deadline = time.monotonic() + TOKENS * options.gap / 1000 + 30
        while load.open < options.streams * 0.95 and time.monotonic() < deadline:
            time.sleep(0.1)
        print(f"{load.open} streams are open, {load.answered} requests answered; reloading", flush=True)

        applied = refused = 0
        memory, fewest = [], load.open
        begun, requests = time.monotonic(), load.requests
        for round in range(1, options.reloads + 1):
            if round % 3 == 0:
                spoiled = SPOILED[round // 3 % len(SPOILED)]
                if spoiled is None:
                    os.remove(f"{folder}/meta-providers.yaml")
                else:
                    write(folder, "meta-providers.yaml", spoiled)
                refused += 1
                pattern, count = "reload refused", refused
            else:
                write(folder, ".env", f"STAYS_KEY=s{round % 5}\nGUEST_KEY=g{round % 3}\n")
                write(folder, "meta-providers.yaml", good(round, url, options.gap))
                applied += 1
                pattern, count = r"reloaded \(", applied
            gateway.process.send_signal(signal.SIGHUP)
            gateway.wait(pattern, count)
            fewest = min(fewest, load.open)
            if round % max(1, options.reloads // 10) == 0:
                memory.append(gateway.resident())
            time.sleep(options.pause)
        seconds, requests = time.monotonic() - begun, load.requests - requests
        load.drains = True
        load_fds = gateway.descriptors()
        while load.open > 0:
            time.sleep(0.1)
        load.ends = True
        load.thread.join(30)
        resident = gateway.resident()
        # With other keys, no connection that is kept for the next request can serve it, so all of them close.
        write(folder, ".env", "STAYS_KEY=last\nGUEST_KEY=last\n")
        write(folder, "meta-providers.yaml", good(options.reloads + 1, url, options.gap))
        gateway.process.send_signal(signal.SIGHUP)
        gateway.wait(r"reloaded \(", applied + 1)
        limit = time.monotonic() + 10
        while gateway.descriptors() > before and time.monotonic() < limit:
            time.sleep(0.1)
        after = gateway.descriptors()
        slow = [line for line in gateway.lines if "the loop's turn took" in line]
        code = gateway.stop()
        mock.stop()

    # The first tenth warms the pools up.
    growth = max(memory[-3:]) - max(memory[1:4]) if len(memory) >= 6 else max(memory[-2:]) - memory[0]
    print(f"reloads            {applied} applied, {refused} refused, in {seconds:.1f} s")
    print(f"requests           {requests / seconds:.0f}/s; {load.requests} in all, {load.requests - load.answered} failed, slowest {load.slowest * 1000:.0f} ms")
    print(f"streams            {load.opened} opened, {load.opened - load.whole} broken, at least {fewest} open during the reloads")
    print(f"resident KiB       {' '.join(map(str, memory))}; after the load {resident}; growth {growth}")
    print(f"descriptors        {before} before, {load_fds} under load, {after} after")
    print(f"slow turns         {len(slow)} over 10 ms" + "".join(f"\n  {line}" for line in slow[:5]))
    print(f"exit code          {code}")
    wrong = load.failures[:5]
    if load.requests != load.answered or load.opened != load.whole:
        wrong.append("requests failed or streams broke")
    if growth > options.growth:
        wrong.append(f"resident memory grew by {growth} KiB")
    if after > before:
        wrong.append(f"{after - before} descriptors more than before")
    if code != 0:
        wrong.append("the gateway did not end in peace")
    for line in wrong:
        print("WRONG:", line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
