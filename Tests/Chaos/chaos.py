#!/usr/bin/env python3
"""Thousands of seeded requests through the real gateway, against twelve mock providers that fail in every way at once.

Each provider is, by a plan made from the seed, bad for about 30 % of the time: down, limited, silent, broken or lying. Checked, for every request:
it ends; it has exactly one outcome; no byte of an answer is lost, doubled or out of order; a client's own mistake is tried nowhere else and counts
for nobody; nothing is tried after the first content; its deadline is kept within 100 ms. And for every provider: once it has named a pause it is not
asked before that is over. The same seed makes the same plan.

    chaos.py --best .build/release/best --requests 50000 --seed 1

Exit code 0 when nothing was violated and the targets are met, otherwise 1 with what was wrong and the seed. Needs nothing but Python 3.9.
"""
import argparse, asyncio, bisect, json, os, random, re, shutil, signal, statistics, sys, tempfile, time

PROVIDERS = 12
BAD_SHARE = 0.3
# Seconds a client thinks between two requests, on average: so that the run is long enough for each provider to be well and ill many times.
THINKING = 0.06
TOKENS = 8
WORDS = "".join(f"w{i} " for i in range(TOKENS))
FIRST_TOKEN_TIMEOUT = 1.0  # of every provider, in the configuration
DEADLINE = 2.0  # what the clients in a hurry say
# What arrives within this long of a refusal was sent before the gateway knew of it: both programs share the machine with the driver.
IN_FLIGHT = 0.3

# A refusal that speaks of a day's limit. Its provider rightly rests for longer than the run, whatever else the body says.
DAY = "status=429,retry-after=google:2,window=day"
# The language of `x-mock` (best mock). Early failures can be made good elsewhere; late ones come after the first content.
EARLY = [
    "status=500", "status=502,body=html", "status=503", "status=529", "status=408", "status=500,body=text", "status=503,body=empty",
    "status=429,retry-after=1", "status=429,retry-after=ms:1.5", "status=429,retry-after=google:2,window=minute", DAY, "status=429,retry-after=groq:1",
    "status=429,retry-after=prose:1.5", "status=429,retry-after=openrouter:2", "status=429", "status=429,retry-after=3",
    "quota=rolling:20/10,retry-after=1", "quota=aligned:10/2,retry-after=1",
    "reset=head", "reset=0", "stall=head", "stall=0", "early-head,stall=0", "role-first,stall=0", "cut=0", "role-first,cut=0",
    "error-event=0", "status=500,body=in-200", "empty", "empty=body", "malformed=json", "malformed=truncated",
    "malformed=headers", "nostream", "fail=0.5:500,reset=0.2:head", "down", "down",
]
LATE = ["reset=half", "cut=half", "error-event=half", "stall=half", "fail=0.3:500,reset=0.3:half"]
LATE_SHARE = 0.1
ALWAYS = f"tokens={TOKENS},ttft=exp:8,delay=exp:8,gap=0.5"


def plan(seed, seconds):
    """For each provider when it changes to what: a list of (second, script)."""
    plans = []
    for provider in range(PROVIDERS):
        r = random.Random(f"{seed} provider {provider}")
        at, ill, steps = 0.0, 0.0, []
        while at < seconds:
            length = r.uniform(0.4, 2.0)
            # Chance with a memory: whoever was well for longer than its share falls ill sooner, so that each run has its share of trouble.
            bad = r.random() < BAD_SHARE + (BAD_SHARE * (at + length) - ill) / 4
            script = "" if not bad else r.choice(LATE) if r.random() < LATE_SHARE else r.choice(EARLY)
            steps.append((at, script))
            at += length
            ill += length if bad else 0
        plans.append(steps)
    return plans


class Violations:
    def __init__(self):
        self.texts = []

    def add(self, text):
        self.texts.append(text)
        if len(self.texts) <= 20:
            print("VIOLATION:", text, flush=True)


class Mock:
    """One `best mock`."""

    def __init__(self, best, index, seed):
        self.best, self.index, self.seed = best, index, seed
        self.port, self.process, self.journal = 0, None, []
        self.script = None
        # When it began to do what.
        self.phases = []

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            self.best, "mock", "--port", str(self.port), "--seed", str(self.seed * 100 + self.index), "--behaviour", ALWAYS,
            stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL)
        while True:
            line = (await self.process.stderr.readline()).decode()
            found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
            if not line:
                raise SystemExit(f"mock {self.index} did not start")
        await self.take_journal()

    async def stop(self):
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def ask(self, method, target):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head.lower()).group(1))
        body = await reader.readexactly(length)
        writer.close()
        if b" 200 " not in head.split(b"\r\n")[0] + b" ":
            raise SystemExit(f"{method} {target}: {head!r} {body!r}")
        return body

    async def take_journal(self):
        for line in (await self.ask("GET", "/mock/journal")).decode().splitlines():
            at, _, model, user, status, wait = line.split("\t")
            self.journal.append((int(at) / 1e6, model, user, int(status), int(wait) / 1e3))

    async def become(self, script):
        if script == self.script:
            return
        was_down = self.script == "down"
        self.script = script
        self.phases.append((time.monotonic(), script))
        if script == "down":
            await self.take_journal()
            await self.stop()
            return
        if was_down:
            await self.start()
        await self.ask("POST", "/mock/reset")
        if script != "ok":
            await self.ask("POST", f"/mock/config?{script}")
        # What it answered in between was still the phase before.
        self.phases[-1] = (time.monotonic(), script)

    def has_spoken_of_day(self):
        """Whether a request of the journal was refused with a body that speaks of the day."""
        begins = [at for at, _ in self.phases]
        for at, model, _, status, _ in self.journal:
            place = bisect.bisect(begins, at) - 1
            # Between the order to change and its answer nobody knows which of the two it was.
            scripts = {self.phases[max(0, i)][1] for i in (place, min(place + 1, len(begins) - 1)) if i == place or begins[i] - at < 0.05}
            if model == "chat" and status == 429 and DAY in scripts:
                return True
        return False


class Client:
    """One keep-alive connection to the gateway; answers are read byte for byte."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)

    def close(self):
        if self.writer:
            self.writer.close()
        self.reader = self.writer = None

    async def send(self, body, fields):
        if self.writer is None:
            await self.connect()
        data = json.dumps(body).encode()
        head = ["POST /v1/chat/completions HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {len(data)}"] + fields
        self.writer.write(("\r\n".join(head) + "\r\n\r\n").encode() + data)

    async def head(self):
        text = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = text.split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), {k.lower(): v for k, v in fields.items()}

    async def chunks(self):
        """The pieces of a chunked body; the last one is None when the coding was broken off."""
        while True:
            try:
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                data = await self.reader.readexactly(size + 2)
            except (asyncio.IncompleteReadError, ConnectionError):
                yield None
                return
            if size == 0:
                return
            yield data[:-2]


class Outcome:
    __slots__ = ("kind", "status", "attempts", "trail", "began", "first", "ended", "detail", "code")

    def __init__(self):
        self.kind, self.status, self.attempts, self.first, self.ended, self.detail, self.code = None, 0, 0, None, None, "", None
        self.trail = ""


class Run:
    def __init__(self, options):
        self.options, self.violations = options, Violations()
        self.outcomes, self.lags = {}, []
        self.begun = self.finished = 0
        # Attempts that reached their provider when another one had answered already.
        self.overdue = 0
        self.is_over = False

    async def main(self):
        options = self.options
        self.mocks = [Mock(options.best, i, options.seed) for i in range(PROVIDERS)]
        self.folder = tempfile.mkdtemp(prefix="best-chaos-")
        try:
            await asyncio.gather(*(mock.start() for mock in self.mocks))
            await self.start_gateway()
            began = time.monotonic()
            self.started = began
            stories = [asyncio.create_task(self.story(mock, steps)) for mock, steps in zip(self.mocks, plan(options.seed, 3600))]
            heart = asyncio.create_task(self.heartbeat())
            log = asyncio.create_task(self.read_log())
            await asyncio.gather(*(self.worker() for _ in range(options.concurrency)))
            self.seconds = time.monotonic() - began
            self.is_over = True
            for task in stories:
                task.cancel()
            await asyncio.gather(*stories, return_exceptions=True)
            for mock in self.mocks:
                await mock.become("ok")
            await self.calm()
            for mock in self.mocks:
                await mock.take_journal()
            heart.cancel()
            if self.gateway.returncode is not None:
                self.violations.add(f"the gateway ended with {self.gateway.returncode}")
            else:
                self.gateway.terminate()
                code = await asyncio.wait_for(self.gateway.wait(), 20)
                if code != 0:
                    self.violations.add(f"the gateway's exit code is {code}")
            log.cancel()
        finally:
            for mock in self.mocks:
                await mock.stop()
            if self.gateway and self.gateway.returncode is None:
                self.gateway.kill()
            shutil.rmtree(self.folder, ignore_errors=True)
        self.judge()
        return self.report()

    async def start_gateway(self):
        self.gateway = None
        lines = ["providers:"]
        for mock in self.mocks:
            lines += [
                f"  - name: p{mock.index}", f"    base_url: http://127.0.0.1:{mock.port}/v1",
                f"    timeouts: {{connect: 1s, first_byte: {FIRST_TOKEN_TIMEOUT:g}s, idle: 700ms, total: 20s}}",
                "    models:", "      - {id: chat, aliases: [m]}", '      - {id: "mistake:status=400", aliases: [mistake]}']
        open(f"{self.folder}/meta-providers.yaml", "w").write("\n".join(lines) + "\n")
        open(f"{self.folder}/best.yaml", "w").write("failure:\n  first_token_least: 300ms\n  cooldown_most: 8s\n  wait: 3s\n")
        self.gateway = await asyncio.create_subprocess_exec(
            self.options.best, "serve", "--config", self.folder, "--port", "0", "--quiet", cwd=self.folder,
            env={"PATH": os.environ.get("PATH", ""), "HOME": self.folder}, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL)
        while True:
            line = (await self.gateway.stderr.readline()).decode()
            found = re.search(r" on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return
            if not line:
                raise SystemExit("the gateway did not start")
            print("gateway:", line, end="")

    async def read_log(self):
        while True:
            line = (await self.gateway.stderr.readline()).decode()
            if not line:
                return
            if "Fatal" in line or "crash" in line.lower():
                self.violations.add("the gateway said: " + line.strip())

    async def story(self, mock, steps):
        for at, script in steps:
            await asyncio.sleep(max(0, self.started + at - time.monotonic()))
            await mock.become(script or "ok")

    async def heartbeat(self):
        """How late this process itself is, which must not be taken for the gateway's."""
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            self.lags.append((before, time.monotonic() - before - 0.01))

    def lag(self, start, end):
        low = bisect.bisect_left(self.lags, (start - 0.2, 0))
        return max((lag for at, lag in self.lags[low:] if at <= end + 0.2), default=0)

    async def worker(self):
        client = Client(self.port)
        while self.begun < self.options.requests:
            number = self.begun
            self.begun += 1
            outcome = self.outcomes[number] = Outcome()
            outcome.began = time.monotonic()
            try:
                await asyncio.wait_for(self.request(client, number, outcome), 60)
            except asyncio.TimeoutError:
                self.violations.add(f"request {number} has not ended after 60 s")
                outcome.kind = "never ended"
                client.close()
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                self.violations.add(f"request {number}: the connection ended without an answer ({error!r})")
                outcome.kind = "no answer"
                client.close()
            outcome.ended = time.monotonic()
            self.finished += 1
            await asyncio.sleep(random.Random(f"{self.options.seed} pause {number}").expovariate(1 / THINKING))
            if self.options.progress and self.finished % 1000 == 0:
                print(f"{self.finished} of {self.options.requests}", flush=True)
        client.close()

    def make(self, number):
        r = random.Random(f"{self.options.seed} request {number}")
        kind = r.random()
        stream = r.random() < 0.6
        model = "mistake" if kind < 0.02 else "m"
        hurry = 0.02 <= kind < 0.06
        leaves = 0.06 <= kind < 0.08 and stream
        body = {"model": model, "user": f"r{number}", "messages": [{"role": "user", "content": "x" * int(r.expovariate(1 / 300))}]}
        # Each request has its own order of providers, so that all of them have work.
        body["provider"] = {"order": [f"p{i}" for i in r.sample(range(PROVIDERS), 6)]}
        if stream:
            body["stream"] = True
        fields = [f"x-stainless-read-timeout: {DEADLINE:g}"] if hurry else []
        return body, fields, stream, model == "mistake", hurry, leaves

    async def request(self, client, number, outcome):
        body, fields, stream, is_mistake, hurry, leaves = self.make(number)
        await client.send(body, fields)
        status, head = await client.head()
        outcome.status = status
        outcome.attempts = int(head.get("x-best-attempts", "0"))
        outcome.trail = head.get("x-best-trail", "")
        if leaves and status == 200:
            client.close()
            outcome.kind = "left"
            return
        if head.get("transfer-encoding") == "chunked":
            await self.read_stream(client, number, outcome)
        else:
            data = await client.reader.readexactly(int(head["content-length"]))
            outcome.first = time.monotonic()
            self.read_whole(data, number, outcome, stream)
        if head.get("connection") == "close":
            client.close()
        now = time.monotonic()
        if hurry:
            late = (outcome.first or now) if stream else now
            over = late - outcome.began - DEADLINE
            if over > 0.1 + self.lag(outcome.began, now):
                self.violations.add(f"request {number}: {over:.3f} s over its deadline of {DEADLINE} s ({outcome.kind}, {outcome.status})")
        if is_mistake and not (outcome.kind == "refused" and status == 400) and outcome.code != "pool_exhausted":
            if outcome.kind == "whole":
                self.violations.add(f"request {number}: a mistake was answered with {status}")

    def read_whole(self, data, number, outcome, stream):
        try:
            answer = json.loads(data)
        except ValueError:
            self.violations.add(f"request {number}: the body of a {outcome.status} is not JSON: {data[:200]!r}")
            outcome.kind = "garbage"
            return
        if outcome.status == 200:
            content = answer["choices"][0]["message"]["content"] if answer.get("choices") else None
            if content != WORDS or stream:
                self.violations.add(f"request {number}: a 200 that is not the whole answer: {data[:300]!r}")
            outcome.kind = "whole"
            return
        error = answer.get("error")
        if not isinstance(error, dict) or set(error) - {"best"} != {"message", "type", "param", "code"}:
            self.violations.add(f"request {number}: status {outcome.status} without the error object: {data[:200]!r}")
        outcome.kind, outcome.code = "refused", (error or {}).get("code")
        outcome.detail = json.dumps((error or {}).get("best", {}).get("attempts", []))

    async def read_stream(self, client, number, outcome):
        text, buffer, dones, errors, finished = "", b"", 0, 0, False
        broken_off = False
        async for chunk in client.chunks():
            if chunk is None:
                broken_off = True
                client.close()
                break
            buffer += chunk
            *events, buffer = buffer.split(b"\n\n")
            for event in events:
                data = b"\n".join(line[6:] for line in event.split(b"\n") if line.startswith(b"data: "))
                if not data:
                    continue
                if dones or errors:
                    self.violations.add(f"request {number}: something follows the end: {event[:100]!r}")
                if data == b"[DONE]":
                    dones += 1
                    continue
                try:
                    value = json.loads(data)
                except ValueError:
                    self.violations.add(f"request {number}: an event that is not JSON: {event[:100]!r}")
                    continue
                if value.get("error"):
                    errors += 1
                    continue
                for choice in value.get("choices", []):
                    piece = choice["delta"].get("content")
                    if piece:
                        outcome.first = outcome.first or time.monotonic()
                        text += piece
                    finished = finished or choice.get("finish_reason") is not None
        is_whole = (dones == 1 or finished) and not errors and not broken_off
        if not WORDS.startswith(text) or (is_whole and text != WORDS):
            self.violations.add(f"request {number}: the content is {text!r} (whole: {is_whole})")
        if is_whole:
            outcome.kind = "whole"
        elif errors == 1 and not dones or broken_off:
            outcome.kind = "broken"
        else:
            self.violations.add(f"request {number}: a stream without an end: {dones} DONE, {errors} errors, finished {finished}, {text!r}")
            outcome.kind = "endless"

    async def calm(self):
        """With every provider well again, each comes back; then mistakes, which must count for nobody."""
        client = Client(self.port)
        for mock in self.mocks:
            for attempt in range(3):
                await client.send({"model": f"p{mock.index}/chat", "messages": [{"role": "user", "content": "x"}]}, ["x-best-wait: 60s"])
                status, head = await client.head()
                data = await client.reader.readexactly(int(head["content-length"]))
                if status == 200:
                    break
            await mock.take_journal()
            if mock.has_spoken_of_day():
                # At least an hour, at most until the next midnight.
                if status != 429 or not 3000 < int(head.get("retry-after", 0)) <= 17 * 3600:
                    self.violations.add(f"p{mock.index} spoke of a day's limit and does not rest for it: {status} {data[:300]!r}")
            elif status != 200:
                self.violations.add(f"p{mock.index} is well again but not used: {status} {data[:300]!r}")
        for mock in self.mocks:
            for _ in range(5):
                await client.send({"model": f"p{mock.index}/mistake:status=400", "messages": []}, [])
                status, head = await client.head()
                await client.reader.readexactly(int(head["content-length"]))
                # On a machine that is busy with other things even a mistake may not be noticed in time.
                if (status != 400 or head.get("x-best-attempts") != "1") and not (self.options.lenient and status == 504):
                    self.violations.add(f"a mistake at p{mock.index} gave {status} after {head.get('x-best-attempts')} attempts")
            await client.send({"model": f"p{mock.index}/chat", "messages": []}, ["x-best-wait: 0"])
            status, head = await client.head()
            await client.reader.readexactly(int(head["content-length"]))
            # One that has refused by a limit may be asked at a measured pace, and mistakes are calls too.
            await mock.take_journal()
            if status != 200 and not any(entry[3] == 429 for entry in mock.journal):
                self.violations.add(f"p{mock.index} rests after a client's mistakes: {status}")
        client.close()

    def judge(self):
        """What the providers saw."""
        arrivals = {}
        for mock in self.mocks:
            rests, cause = 0.0, 0.0
            for at, model, user, status, wait in sorted(mock.journal):
                if user.startswith("r"):
                    arrivals.setdefault(int(user[1:]), []).append((at, mock.index))
                if model != "chat":
                    continue
                if at < rests - 0.01 and at > cause + IN_FLIGHT:
                    self.violations.add(f"p{mock.index} was asked {rests - at:.3f} s before the end of the pause it had named {at - cause:.3f} s ago")
                if status == 429 and wait > 0 and at + wait > rests:
                    rests, cause = at + wait, at
        for number, seen in arrivals.items():
            outcome = self.outcomes.get(number)
            if outcome is None or outcome.kind == "left":
                continue
            # A request whose kept connection turned out dead is sent once more to the same provider; that is no attempt.
            seen.sort()
            turns = sum(1 for i, (_, index) in enumerate(seen) if i == 0 or seen[i - 1][1] != index)
            if outcome.attempts and (turns > outcome.attempts or len(seen) > 2 * outcome.attempts):
                self.violations.add(f"request {number} was made {len(seen)} times in {outcome.attempts} attempts: {seen}")
            if outcome.first and outcome.kind in ("whole", "broken"):
                # The head that came with the first content names every attempt so far. One of these may reach its provider later than it was given
                # up, when the provider's process is stopped by others; an attempt that the head does not know was made after it.
                tried = {place.split("/")[0] for place in outcome.trail.split("; ")} if outcome.trail else None
                for at, index in seen:
                    if at <= outcome.first:
                        continue
                    self.overdue += 1
                    if tried is None or f"p{index}" not in tried:
                        self.violations.add(f"request {number} was tried again at p{index}, {at - outcome.first:.3f} s after its first content: {outcome.trail}")

    def report(self):
        kinds = {}
        for outcome in self.outcomes.values():
            kinds[outcome.kind] = kinds.get(outcome.kind, 0) + 1
        mistakes = [o for n, o in self.outcomes.items() if self.make(n)[3]]
        good = [o for n, o in self.outcomes.items() if not self.make(n)[3] and o.kind != "left"]
        whole = sum(o.kind == "whole" for o in good)
        broken = sum(o.kind == "broken" for o in good)
        refused = [o for o in good if o.kind == "refused"]
        share = whole / max(1, len(good) - broken)
        first = sorted(o.first - o.began for o in good if o.kind == "whole" and o.attempts == 1 and o.first)
        usual = statistics.median(first) if first else 0
        # How far apart answers are that need no failover: the provider that answers in the end has that in it as well.
        spread = first[int(len(first) * 0.99)] - usual if first else 0
        # What one failover adds: who met two failing providers had two.
        added = sorted(max(0, o.first - o.began - usual) / (o.attempts - 1) for o in good if o.kind == "whole" and o.attempts > 1 and o.first)
        p99 = added[int(len(added) * 0.99)] if added else 0
        seen = sum(len(mock.journal) for mock in self.mocks)
        print(f"seed {self.options.seed}: {len(self.outcomes)} requests in {self.seconds:.1f} s, {seen} calls seen by {PROVIDERS} providers")
        bad = [(at, min(end, self.seconds), script) for steps in plan(self.options.seed, self.seconds)
               for (at, script), (end, _) in zip(steps, steps[1:] + [(self.seconds, "")]) if script]
        print(f"bad for {sum(end - at for at, end, _ in bad) / PROVIDERS / self.seconds:.0%} of the time, {len({s for _, _, s in bad})} kinds of trouble in "
              f"{len(bad)} phases; resting for the day: {sum(mock.has_spoken_of_day() for mock in self.mocks)}")
        print(f"outcomes: {kinds}; {len(mistakes)} were clients' mistakes")
        print(f"whole answers: {whole} of {len(good) - broken} ({share:.4%}); {broken} broke after their first content and said so")
        for o in refused[:5]:
            print(f"refused: {o.status} {o.code} after {o.attempts} attempts in {o.ended - o.began:.3f} s: {o.detail[:300]}")
        print(f"first content after one attempt: median {usual * 1000:.1f} ms, p99 {spread * 1000:.1f} ms more; added by each failover of {len(added)} requests: "
              f"median {statistics.median(added) * 1000 if added else 0:.1f} ms, p99 {p99 * 1000:.1f} ms; the first-token timeout is {FIRST_TOKEN_TIMEOUT * 1000:.0f} ms")
        for o in sorted((o for o in good if o.kind == "whole" and o.attempts > 1), key=lambda o: o.began - o.first)[:5]:
            print(f"slow: {(o.first - o.began) * 1000:.0f} ms after {o.attempts} attempts, the driver itself {self.lag(o.began, o.first) * 1000:.0f} ms late: {o.trail}")
        print(f"violations: {len(self.violations.texts)}; attempts that were given up before their provider's process read them: {self.overdue}")
        failed = bool(self.violations.texts)
        if share < self.options.success:
            print(f"FAILED: fewer than {self.options.success:.2%} of the answers are whole")
            failed = True
        if p99 > FIRST_TOKEN_TIMEOUT + spread and not self.options.lenient:
            print("FAILED: a failover takes longer than one first-token timeout")
            failed = True
        if failed:
            print(f"to replay: {sys.argv[0]} --best {self.options.best} --requests {self.options.requests} --seed {self.options.seed} "
                  f"--concurrency {self.options.concurrency}")
        return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", required=True, help="the program under test")
    parser.add_argument("--requests", type=int, default=50000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=48)
    parser.add_argument("--success", type=float, default=0.999, help="the least share of whole answers")
    parser.add_argument("--lenient", action="store_true", help="do not judge latencies: the machine is busy")
    parser.add_argument("--progress", action="store_true")
    options = parser.parse_args()
    options.best = os.path.abspath(options.best)
    sys.exit(asyncio.run(Run(options).main()))


if __name__ == "__main__":
    main()
