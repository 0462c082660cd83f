#!/usr/bin/env python3
"""Tries the recipes in config/examples: recipes.py --best BINARY

Proxies run as the real programs, with the recipe's own file but for ports, names and certificates, in front of a gateway with a slow provider; streams
must pass unbuffered. Files for other programs are checked by those programs or their validators. What is not installed is skipped, and said.
"""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "config" / "examples"
results = {"passed": 0, "failed": 0, "skipped": 0}
running = []


def check(what, good, detail=""):
    results["passed" if good else "failed"] += 1
    print(f"{'ok' if good else 'FAILED'}: {what}{'' if good else f' ({detail})'}")


def skip(what, program):
    results["skipped"] += 1
    print(f"skipped: {what} ({program} is not installed)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, **more):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    running.append(process)
    return process


def until_open(port, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on {port}")


def stream(url, key, *options):
    """The times at which events came, in seconds since the request, and the last line."""
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello!"}]})
    begin = time.monotonic()
    process = subprocess.Popen(
        ["curl", "-skN", "-m", "30", *options, url + "/v1/chat/completions", "-H", f"Authorization: Bearer {key}", "-H",
         "Content-Type: application/json", "-d", body], stdout=subprocess.PIPE, text=True)
    times, last = [], ""
    for line in process.stdout:
        if line.startswith("data:"):
            times.append(time.monotonic() - begin)
            last = line.strip()
    process.wait()
    return times, last


def status(url, path, key, *options):
    return subprocess.run(
        ["curl", "-sk", "-m", "10", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", *options, url + path, "-H", f"Authorization: Bearer {key}"],
        capture_output=True, text=True).stdout


def through(name, url, key):
    times, last = stream(url, key, "--http2")
    check(f"{name}: a stream comes to its end", last == "data: [DONE]", last)
    check(f"{name}: its events come as they are made, not together", len(times) > 15 and times[0] < 1.5 and times[-1] - times[1] > 1, str(times[:3] + times[-1:]))
    check(f"{name}: HTTP/2 for clients", status(url, "/v1/models", key, "--http2") == "200 2")
    check(f"{name}: the operator's endpoints are closed", status(url, "/admin/keys", key).startswith("403") and status(url, "/metrics", key).startswith("403"))
    large = "x" * (2 << 20)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": large}]})
    sent = subprocess.run(
        ["curl", "-sk", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}", url + "/v1/chat/completions", "-H", f"Authorization: Bearer {key}", "-H",
         "Content-Type: application/json", "--data-binary", "@-"], input=body, capture_output=True, text=True).stdout
    check(f"{name}: a body of 2 MB passes", sent == "200", sent)


def nginx(work, gateway, key):
    if not shutil.which("nginx"):
        return skip("nginx.conf", "nginx")
    port = free_port()
    text = (EXAMPLES / "nginx.conf").read_text()
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{gateway}").replace("listen 8443", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/ssl/llm.example.pem", f"{work}/cert.pem").replace("/etc/ssl/llm.example.key", f"{work}/key.pem")
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = f"{kind}_temp_path {work}/{kind};\n" + text
    (work / "nginx.conf").write_text(f"pid {work}/nginx.pid;\nerror_log {work}/error.log;\ndaemon off;\nuser root;\nevents {{}}\nhttp {{\naccess_log off;\n{text}}}\n")
    command = ["nginx", "-c", f"{work}/nginx.conf", "-p", str(work)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
    check("nginx.conf: nginx takes it", tested.returncode == 0, tested.stderr)
    if tested.returncode == 0:
        start(command)
        until_open(port)
        through("nginx", f"https://127.0.0.1:{port}", key)


def caddy(work, gateway, key):
    if not shutil.which("caddy"):
        return skip("Caddyfile", "caddy")
    port = free_port()
    text = (EXAMPLES / "Caddyfile").read_text().replace("127.0.0.1:8000", f"127.0.0.1:{gateway}")
    text = text.replace("llm.example {", f"https://127.0.0.1:{port} {{\n\ttls {work}/cert.pem {work}/key.pem", 1)
    (work / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    environment = {**os.environ, "XDG_DATA_HOME": str(work), "XDG_CONFIG_HOME": str(work), "HOME": str(work)}
    tested = subprocess.run(["caddy", "validate", "--config", f"{work}/Caddyfile", "--adapter", "caddyfile"], capture_output=True, text=True, env=environment)
    check("Caddyfile: Caddy takes it", tested.returncode == 0, tested.stderr[-300:])
    if tested.returncode == 0:
        start(["caddy", "run", "--config", f"{work}/Caddyfile", "--adapter", "caddyfile"], env=environment)
        until_open(port)
        through("Caddy", f"https://127.0.0.1:{port}", key)


def providers(best, work, name, text, variables):
    folder = work / f"check-{name}"
    folder.mkdir()
    (folder / "meta-providers.yaml").write_text(text)
    result = subprocess.run([best, "check", "--config", str(folder)], capture_output=True, text=True, cwd=folder, env={"PATH": os.environ["PATH"], **variables})
    check(f"{name}: best check", result.returncode == 0, result.stderr[-300:])


def documents(best, work):
    try:
        import yaml
    except ImportError:
        return skip("compose.yaml, kubernetes.yaml, prometheus.yml", "python3-yaml")
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"]["best"]
    check("compose.yaml: the probe and the drain fit", compose["healthcheck"]["test"][1:3] == ["/usr/bin/best", "health"] and compose["stop_grace_period"] == "40s")
    if shutil.which("docker-compose"):
        result = subprocess.run(["docker-compose", "-f", str(EXAMPLES / "compose.yaml"), "config", "-q"], capture_output=True, text=True,
                                env={**os.environ, "BEST_CLIENT_KEY": "k"})
        check("compose.yaml: docker-compose takes it", result.returncode == 0, result.stderr[-300:])
    else:
        skip("compose.yaml", "docker-compose")
    objects = list(yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text()))
    kinds = [item["kind"] for item in objects]
    check("kubernetes.yaml: what belongs together", set(kinds) == {"Secret", "ConfigMap", "PersistentVolumeClaim", "Deployment", "Service", "PodDisruptionBudget"})
    files = objects[kinds.index("ConfigMap")]["data"]
    folder = work / "kubernetes"
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text)
    secrets = objects[kinds.index("Secret")]["stringData"]
    result = subprocess.run([best, "check", "--config", str(folder)], capture_output=True, text=True, cwd=folder,
                            env={"PATH": os.environ["PATH"], "HOST": "0.0.0.0", **secrets})
    check("kubernetes.yaml: best check takes its files", result.returncode == 0, result.stderr[-300:])
    try:
        import kubernetes_validate
        for item in objects:
            kubernetes_validate.validate(item, "1.29", strict=True)
        check("kubernetes.yaml: the schemas of Kubernetes", True)
    except ImportError:
        skip("kubernetes.yaml", "kubernetes-validate")
    except Exception as error:  # the validator's own kinds of errors
        check("kubernetes.yaml: the schemas of Kubernetes", False, str(error)[:300])


def prometheus(work):
    if not shutil.which("promtool"):
        return skip("prometheus.yml, best-alerts.yml", "promtool")
    (work / "key").write_text("k")
    text = (EXAMPLES / "prometheus.yml").read_text().replace("/etc/prometheus/best-admin-key", f"{work}/key")
    (work / "prometheus.yml").write_text(text)
    shutil.copy(EXAMPLES / "best-alerts.yml", work)
    result = subprocess.run(["promtool", "check", "config", f"{work}/prometheus.yml"], capture_output=True, text=True)
    check("prometheus.yml, best-alerts.yml: promtool takes them", result.returncode == 0, result.stderr[-300:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--best", required=True)
    best = os.path.abspath(parser.parse_args().best)
    work = Path(tempfile.mkdtemp())
    try:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{work}/key.pem", "-out", f"{work}/cert.pem", "-days", "2",
                        "-subj", "/CN=llm.example", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        mock, gateway = free_port(), free_port()
        (work / "config").mkdir()
        (work / "config/meta-providers.yaml").write_text(f"providers:\n  - {{name: a, base_url: 'http://127.0.0.1:{mock}/v1', models: [m]}}\n")
        start([best, "mock", "--port", str(mock), "--behaviour", "tokens=20;gap=80"])
        start([best, "serve", "--config", "config", "--port", str(gateway)], cwd=work,
              env={"PATH": os.environ["PATH"], "ALLOWED_BEARER_TOKENS": "client", "LLMGW_ADMIN_API_KEY": "operator"})
        until_open(mock)
        until_open(gateway)
        nginx(work, gateway, "client")
        caddy(work, gateway, "client")
        for name, variables in {"free-tiers.yaml": {"GROQ_API_KEY": "k", "GEMINI_API_KEY": "k", "OPENROUTER_API_KEY": "k"}, "local-gpus.yaml": {"TOGETHER_API_KEY": "k"}}.items():
            providers(best, work, name, (EXAMPLES / name).read_text(), variables)
        documents(best, work)
        prometheus(work)
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(work, ignore_errors=True)
    print(f"{results['passed']} passed, {results['failed']} failed, {results['skipped']} skipped")
    sys.exit(1 if results["failed"] else 0)


main()
