#!/usr/bin/env python3
"""Measures BEST beside nginx: the CPU time of the gateway's process for one request, in adjacent pairs.

    compare.py --best PATH [--pairs 7] [--seconds 3] [--connections 64]

The upstream is `best mock`, the load is wrk; both share core 0 and the gateway under test has core 1. Wall-clock figures on a shared machine say
little; CPU time for a request, compared with nginx's in the same minute, says more. Loopback only; every process is stopped at the end.
"""
import argparse, json, os, re, signal, statistics, string, subprocess, sys, tempfile, time, urllib.request
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
MOCK, PORT = 17100, 17101
NGINX = """
daemon off; worker_processes 1; pid ${TMP}/nginx.pid; error_log ${TMP}/nginx.log error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; client_body_buffer_size 256k; tcp_nodelay on;
  client_body_temp_path ${TMP}/b; proxy_temp_path ${TMP}/p; fastcgi_temp_path ${TMP}/f; uwsgi_temp_path ${TMP}/u; scgi_temp_path ${TMP}/s;
  upstream mock { server 127.0.0.1:${MOCK}; keepalive 1024; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${PORT}; location / {
    proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Authorization "Bearer upstream"; proxy_buffering off; } }
}
"""
PROVIDERS = """
providers:
  - api_key_env_var: BENCH_KEY
    base_url: http://127.0.0.1:${MOCK}/v1
    models: [{id: mock-large, aliases: [mock-model]}]
"""
LOAD = """
local f = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"; wrk.body = f:read("*a"); f:close()
wrk.headers["Content-Type"] = "application/json"; wrk.headers["Authorization"] = "Bearer bench"
function done(s, l)
  io.write(string.format('JSON {"requests":%d,"bad":%d,"p50":%d,"p99":%d,"secs":%.3f}\\n', s.requests,
    s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout, l:percentile(50), l:percentile(99), s.duration / 1e6))
end
"""


def body(size):
    turns = [{"role": "system", "content": "You answer questions about tariffs. Quote figures with their unit; keep answers under 120 words.\n"}]
    text = ""
    while len(text) < size:
        turns.append({"role": "user", "content": f"({len(turns)}) Which tariff fits \"{len(turns) * 137} kWh\" a year?\n" * 3})
        text = json.dumps({"model": "mock-model", "messages": turns, "temperature": 0.2, "max_tokens": 256})
    return text


def cpu(pid):
    """User and system time of a process and its children, in microseconds."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if entry.name == str(pid) or fields[1] == str(pid):
                total += int(fields[11]) + int(fields[12])
    return total * 1_000_000 // TICK


def wait(port):
    for _ in range(200):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/models", headers={"Authorization": "Bearer bench"})
            urllib.request.urlopen(request, timeout=1).read()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing answers on port {port}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--best", required=True)
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--connections", type=int, default=64)
    a = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tmp = Path(folder)
        names = {"TMP": tmp, "MOCK": MOCK, "PORT": PORT}
        for name, text in (("nginx.conf", NGINX), ("meta-providers.yaml", PROVIDERS)):
            (tmp / name).write_text(string.Template(text).substitute(names))
        (tmp / "load.lua").write_text(LOAD)
        peers = {
            "nginx": ["nginx", "-c", str(tmp / "nginx.conf"), "-e", str(tmp / "start.log")],
            "best": [a.best, "serve", "--config", str(tmp), "--port", str(PORT), "--quiet"],
        }
        mock = subprocess.Popen(["taskset", "-c", "0", a.best, "mock", "--port", str(MOCK), "--bench"], stderr=subprocess.DEVNULL)
        try:
            wait(MOCK)
            for title, size in (("1.5 KB request", 1536), ("100 KB request", 100_000)):
                (tmp / "body.json").write_text(body(size))
                rows = {name: [] for name in peers}
                for pair in range(a.pairs):
                    for name, command in peers.items():
                        rows[name].append(measure(command, tmp, a))
                        print(f"\r{title}: pair {pair + 1} of {a.pairs}, {name}   ", end="", file=sys.stderr, flush=True)
                print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
                ratios = sorted(b["cpu"] / n["cpu"] for b, n in zip(rows["best"], rows["nginx"]))
                print(f"{title}, {a.connections} connections, {a.pairs} adjacent pairs")
                for name in peers:
                    values = sorted(r["cpu"] for r in rows[name])
                    print(f"  {name:6} CPU us/request {statistics.median(values):7.1f} [{values[0]:.1f}-{values[-1]:.1f}]   requests/s"
                          f" {statistics.median(r['rate'] for r in rows[name]):8.0f}   p50 {statistics.median(r['p50'] for r in rows[name]):6.0f} us"
                          f"   p99 {statistics.median(r['p99'] for r in rows[name]):6.0f} us   failed {sum(r['bad'] for r in rows[name])}")
                print(f"  best / nginx: {statistics.median(ratios):.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]")
        finally:
            mock.send_signal(signal.SIGTERM)
            mock.wait()


def measure(command, tmp, a):
    environment = {**os.environ, "ALLOWED_BEARER_TOKENS": "bench", "BENCH_KEY": "upstream", "BODY": str(tmp / "body.json")}
    gateway = subprocess.Popen(["taskset", "-c", "1", *command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(PORT)
        load = ["taskset", "-c", "0", "wrk", "-t1", f"-c{a.connections}", "-s", str(tmp / "load.lua"), f"http://127.0.0.1:{PORT}/v1/chat/completions"]
        subprocess.run([*load, "-d1s"], env=environment, capture_output=True, check=True)
        before = cpu(gateway.pid)
        text = subprocess.run([*load, f"-d{a.seconds}s"], env=environment, capture_output=True, text=True, check=True).stdout
        after = cpu(gateway.pid)
        result = json.loads(re.search(r"JSON (.*)", text).group(1))
        return {"cpu": (after - before) / result["requests"], "rate": result["requests"] / result["secs"], **result}
    finally:
        gateway.send_signal(signal.SIGTERM)
        gateway.wait()


main()
