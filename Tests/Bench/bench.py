#!/usr/bin/env python3
"""Measures BEST beside nginx and the direct way, and writes the table into the README.

    bench.py --best PATH [--readme README.md] [--pairs 7]

The upstream is `best mock`, the load is `best bench`; both share core 0, and the gateways have core 1. What is compared is the processor time of the
gateway's process for one request or one chunk, in adjacent pairs whose order changes: wall-clock figures on a shared machine say little, processor
time compared with nginx's in the same seconds says more. nginx forwards without reading the body; BEST checks the key, validates the JSON, rewrites
the model and routes. Loopback only; every process is stopped at the end. Python's standard library only; it takes four to five minutes.
"""
import argparse, json, os, platform, re, shutil, signal, statistics, string, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
NGINX = """
daemon off; worker_processes 1; pid ${TMP}/nginx.pid; error_log ${TMP}/nginx.log error; worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; client_body_buffer_size 256k; tcp_nodelay on;
  client_body_temp_path ${TMP}/b; proxy_temp_path ${TMP}/p; fastcgi_temp_path ${TMP}/f; uwsgi_temp_path ${TMP}/u; scgi_temp_path ${TMP}/s;
  upstream mock { server 127.0.0.1:${MOCK}; keepalive 1024; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${PORT} backlog=4096; location / {
    proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer upstream"; proxy_buffering off; } }
}
"""
PROVIDERS = """
providers:
  - api_key_env_var: BENCH_KEY
    base_url: http://127.0.0.1:${MOCK}/v1
    models: [{id: mock-large, aliases: [mock-model]}]
"""


class Scene:
    """What is asked for, how the mock answers, and what the processor time is divided by."""

    def __init__(self, title, counter, unit, load, mock="", seconds=2.2, lead=0.7):
        self.title, self.counter, self.unit, self.load, self.mock = title, counter, unit, load, mock
        self.seconds, self.lead = seconds, lead


SCENES = [
    Scene("request of 1.5 KB, answer of 1 KB, 64 connections", "chat", "request", ["--concurrency", "64", "--prompt-tokens", "256"]),
    Scene("request of 100 KB, answer of 1 KB, 64 connections", "chat", "request", ["--concurrency", "64", "--prompt-tokens", "17500"]),
    # One generation of streams: a hundred chunks, one each 50 ms on average, the streams out of step with each other.
    Scene("chunk of 256 bytes, 1,000 streams, one each 50 ms", "chunks", "chunk",
          ["--stream", "--concurrency", "1000", "--requests", "1000", "--prompt-tokens", "256"], "gap=uniform:25-75", 3.3, 1.2),
]
ALONE = ["--concurrency", "1", "--duration", "1s", "--warm-up", "200ms", "--prompt-tokens", "256"]


def tree(pid):
    """The process and its children."""
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry.name))
            except OSError:
                pass
    return found


def processor_us(pids):
    """Processor time of all threads of some processes, in microseconds: from the scheduler's own count, where the kernel keeps it, not from its ticks."""
    total = 0.0
    for pid in pids:
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0]) / 1000
        except OSError:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) * 1_000_000 / TICK
    return total


def resident_mb(pids):
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return sum(int(line.split()[1]) for line in lines) / 1024


def http(port, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers={"Authorization": "Bearer bench"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        return (done.stdout + done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return "unknown"


class Rig:
    """The mock and the gateways, all up for the whole run."""

    def __init__(self, best, folder):
        self.best, self.folder = best, folder
        self.processes = {}
        self.pinned = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1
        self.environment = {**os.environ, "ALLOWED_BEARER_TOKENS": "bench", "BENCH_KEY": "upstream", "OPENAI_API_KEY": "bench"}

    def pin(self, core, command):
        return ["taskset", "-c", str(core), *command] if self.pinned else command

    def start(self, name, core, command, port=None):
        """Starts a process and waits until it answers; the port is the one it tells, unless it is given."""
        log = self.folder / f"{name}.start.log"
        with open(log, "w") as output:
            process = subprocess.Popen(self.pin(core, command), env=self.environment, stdout=output, stderr=output)
        self.processes[name] = process
        end = time.time() + 15
        while time.time() < end and process.poll() is None:
            told = re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())
            try:
                if port or told:
                    found = port or int(told.group(1))
                    http(found, "/v1/models")
                    return found
            except OSError:
                pass
            time.sleep(0.05)
        raise SystemExit(f"{name} does not answer:\n{log.read_text()}")

    def start_all(self):
        self.mock = self.start("mock", 0, [self.best, "mock", "--port", "0", "--bench"])
        names = {"TMP": self.folder, "MOCK": self.mock, "PORT": free_port()}
        for name, text in (("nginx.conf", NGINX), ("meta-providers.yaml", PROVIDERS)):
            (self.folder / name).write_text(string.Template(text).substitute(names))
        self.port = {
            "direct": self.mock,
            "nginx": self.start("nginx", 1, ["nginx", "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "nginx.log")], names["PORT"]),
            "best": self.start("best", 1, [self.best, "serve", "--config", str(self.folder), "--port", "0", "--quiet"]),
        }

    def stop_all(self):
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def pids(self, peer):
        return tree(self.processes["mock" if peer == "direct" else peer].pid)

    def bench(self, peer, load):
        """Starts `best bench` on a peer; its result is read by `result`."""
        output = self.folder / "result.json"
        output.unlink(missing_ok=True)
        command = [self.best, "bench", f"http://127.0.0.1:{self.port[peer]}", "--model", "mock-model", "--json", str(output), *load]
        return subprocess.Popen(self.pin(0, command), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def result(self, process):
        try:
            text = process.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            raise SystemExit("best bench did not end")
        if process.returncode != 0:
            raise SystemExit(f"best bench failed:\n{text}")
        return json.loads((self.folder / "result.json").read_text())["targets"]["target"]

    def measure(self, peer, scene):
        """Processor time for each unit in the middle of a run of load, and what the load generator saw."""
        http(self.mock, "/mock/config?" + (scene.mock or "gap=0"), b"")
        load = list(scene.load)
        if "--requests" not in load:
            load += ["--warm-up", f"{int(scene.lead * 1000)}ms", "--duration", f"{int(scene.seconds * 1000 + 300)}ms"]
        process, pids = self.bench(peer, load), self.pids(peer)
        time.sleep(scene.lead + 0.2)
        count, used = json.loads(http(self.mock, "/mock/stats"))[scene.counter], processor_us(pids)
        time.sleep(scene.seconds)
        count, used = json.loads(http(self.mock, "/mock/stats"))[scene.counter] - count, processor_us(pids) - used
        resident = resident_mb(pids)
        seen = self.result(process)
        if count == 0:
            raise SystemExit(f"{scene.title}: nothing passed through {peer}")
        return {"cpu": used / count, "rate": count / scene.seconds, "resident": resident, **seen}


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def versions(best):
    def package(name):
        return first_line(["pkg-config", "--modversion", name])
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    system = next((line.split("=", 1)[1].strip('"') for line in Path("/etc/os-release").read_text().splitlines() if line.startswith("PRETTY_NAME=")), "Linux")
    nginx = first_line(["nginx", "-v"]).rsplit("/", 1)[-1].split()[0]
    commit = first_line(["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"])
    return (f"{first_line([best, '--version'])} ({commit}), nginx {nginx}, libuv {package('libuv')}, libcurl {package('libcurl')}; "
            f"{os.cpu_count()} cores of {model}, {system}, Linux {platform.release().split('-')[0]}; {time.strftime('%Y-%m-%d')}")


def figure(values, digits=1):
    return f"{statistics.median(values):,.{digits}f}"


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}–{max(values):.{digits}f}]"


def write(readme, text):
    """Puts the text between the markers; where there are none, they are made at the end of `## How fast`, or of the file."""
    block = f"{BEGIN}\n{text}\n{END}"
    old = readme.read_text() if readme.exists() else ""
    if BEGIN in old and END in old and old.index(BEGIN) < old.index(END):
        new = old[:old.index(BEGIN)] + block + old[old.index(END) + len(END):]
    else:
        heading = re.search(r"^## How fast[^\n]*\n", old, re.M)
        if heading:
            following = re.search(r"^## ", old[heading.end():], re.M)
            place = heading.end() + following.start() if following else len(old)
            new = old[:place].rstrip("\n") + "\n\n" + block + "\n" + ("\n" if following else "") + old[place:]
        else:
            new = old.rstrip("\n") + "\n\n## How fast\n\n" + block + "\n"
    readme.write_text(new)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--best", required=True, help="the program to measure")
    options.add_argument("--readme", help="where the table goes; it is printed in any case")
    options.add_argument("--pairs", type=int, default=7, help="adjacent pairs for each scene (default: 7)")
    a = options.parse_args()
    best, began = str(Path(a.best).resolve()), time.time()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(best, Path(folder))
        os.chmod(folder, 0o755)  # nginx's worker is another user
        try:
            rig.start_all()
            time.sleep(0.5)
            at_start = resident_mb(rig.pids("best"))
            rows = {scene: {"nginx": [], "best": [], "direct": []} for scene in SCENES}
            alone = {peer: [] for peer in rig.port}
            for pair in range(a.pairs):
                order = ["nginx", "best"] if pair % 2 == 0 else ["best", "nginx"]
                for scene in SCENES:
                    # The direct way is there for the times, which three looks tell well enough.
                    for peer in order + (["direct"] if pair in (0, a.pairs // 2, a.pairs - 1) else []):
                        say(f"pair {pair + 1} of {a.pairs}: {peer}, {scene.title}")
                        rows[scene][peer].append(rig.measure(peer, scene))
                http(rig.mock, "/mock/config?gap=0", b"")
                for peer in order + ["direct"]:
                    say(f"pair {pair + 1} of {a.pairs}: {peer}, one connection")
                    alone[peer].append(rig.result(rig.bench(peer, ALONE))["latency_ms"]["p50"] * 1000)
            say("")
        finally:
            rig.stop_all()
        text = report(rows, alone, at_start, versions(best), a.pairs)
    print(text)
    print(f"\n{time.time() - began:.0f} s", file=sys.stderr)
    if a.readme:
        write(Path(a.readme), text)
        print(f"written into {a.readme}", file=sys.stderr)


def report(rows, alone, at_start, made_with, pairs):
    lines = ["| processor time of the gateway for one | nginx | BEST | BEST / nginx | p50 direct / nginx / BEST |", "| --- | --- | --- | --- | --- |"]
    for scene, peers in rows.items():
        ratios = [b["cpu"] / n["cpu"] for b, n in zip(peers["best"], peers["nginx"])]
        what = "transit_ms" if scene.unit == "chunk" else "latency_ms"
        times = " / ".join(f"{statistics.median(r[what]['p50'] for r in peers[peer]):.2f}" for peer in ("direct", "nginx", "best"))
        lines.append(f"| {scene.title} | {figure([r['cpu'] for r in peers['nginx']])} µs |"
                     f" {figure([r['cpu'] for r in peers['best']])} µs | {spread(ratios)} | {times} ms |")
    added = {peer: [x - d for x, d in zip(alone[peer], alone["direct"])] for peer in ("nginx", "best")}
    streams = [rows[SCENES[2]][peer] for peer in ("nginx", "best")]
    lines += ["", f"One request at a time takes {figure(alone['direct'], 0)} µs directly (p50); nginx adds {spread(added['nginx'], 0)} µs, "
              f"BEST {spread(added['best'], 0)} µs. BEST has {at_start:.0f} MB resident when serving begins and "
              f"{max(r['resident'] for r in streams[1]):.0f} MB with 1,000 streams open (nginx {max(r['resident'] for r in streams[0]):.0f} MB).",
              f"Median and range of {pairs} adjacent pairs; load and mock on one core, the gateway on the other; p50 of chunks is the time from the mock's "
              f"write to the client's read. Made by `make bench` with {made_with}."]
    return "\n".join(lines)


def say(text):
    if sys.stderr.isatty():
        print("\r\033[K" + text, end="", file=sys.stderr, flush=True)


main()
