#!/usr/bin/env python3
"""Ten thousand clients, each in the middle of a stream, are killed at once: how long until no provider works for them any more?

    kill_clients.py --best .build/release/best --clients 10000

The clients are one process that is ended by SIGKILL. A gateway needs two descriptors for each; where the system allows fewer for one process
(`ulimit -Hn`), the clients are shared over several gateways. Exit code 0 when every upstream connection is gone within a second.
"""
import argparse, json, os, re, resource, select, signal, socket, subprocess, sys, tempfile, time, urllib.request


def start(arguments, pattern, folder):
    process = subprocess.Popen(arguments, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
                               env={"PATH": os.environ.get("PATH", ""), "HOME": folder})
    while True:
        line = process.stderr.readline().decode()
        if not line:
            sys.exit(f"{arguments[1]} did not start")
        found = re.search(pattern, line)
        if found:
            return process, int(found.group(1))


def be_clients(ports, count):
    """Opens the streams, waits for the first content of each, and then reads until it is killed."""
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}).encode()
    request = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
    poll = select.epoll()
    sockets, waiting = {}, set()
    for number in range(count):
        client = socket.create_connection(("127.0.0.1", ports[number % len(ports)]))
        client.sendall(request)
        sockets[client.fileno()] = client
        waiting.add(client.fileno())
        poll.register(client, select.EPOLLIN)
        if number % 200 == 199:
            drain(poll, sockets, waiting, 0)
    while waiting:
        drain(poll, sockets, waiting, 5)
    print("ready", flush=True)
    while True:
        drain(poll, sockets, waiting, 5)


def drain(poll, sockets, waiting, timeout):
    for descriptor, _ in poll.poll(timeout):
        data = sockets[descriptor].recv(65536)
        if not data:
            sys.exit("a stream ended by itself")
        if b'"content":"w' in data:
            waiting.discard(descriptor)


def statistics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/mock/stats") as answer:
        return json.load(answer)


def descriptors_of(process):
    """How many descriptors a process has open. Since Linux 6.2 that is the size of their folder (proc_pid_fd(5)); to list thousands of them again and
    again would take a processor away from what is measured."""
    folder = f"/proc/{process.pid}/fd"
    return os.stat(folder).st_size or len(os.listdir(folder))


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--best", required=True)
    parser.add_argument("--clients", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=1.0, help="within which everything must be gone")
    parser.add_argument("--as-clients", type=int, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    # A client is a descriptor here and one at the mock, and two at a gateway.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < options.clients + 200:
        sys.exit(f"{options.clients + 200} descriptors are needed, {hard} are allowed: ulimit -Hn")
    count = -(-options.clients * 2 // (hard - 400))
    if options.as_clients:
        return be_clients(options.as_clients, options.clients)
    best = os.path.abspath(options.best)
    with tempfile.TemporaryDirectory() as folder:
        running = []
        try:
            mock, mock_port = start([best, "mock", "--port", "0", "--behaviour", "tokens=100000,gap=3000,usage=never"],
                                    r"listens on http://127\.0\.0\.1:(\d+)", folder)
            running.append(mock)
            with open(f"{folder}/meta-providers.yaml", "w") as file:
                file.write(f"providers:\n  - name: a\n    base_url: http://127.0.0.1:{mock_port}/v1\n    models: [{{id: a, aliases: [m]}}]\n")
            gateways = [start([best, "serve", "--config", folder, "--port", "0", "--quiet"], r" on http://127\.0\.0\.1:(\d+)", folder)
                        for _ in range(count)]
            running += [gateway for gateway, _ in gateways]
            descriptors = lambda: sum(descriptors_of(gateway) for gateway, _ in gateways)
            work = lambda: [sum(processor_seconds(gateway) for gateway, _ in gateways), processor_seconds(mock)]
            idle = descriptors()
            began = time.monotonic()
            clients = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--best", best, "--clients", str(options.clients),
                                        "--as-clients", *(str(port) for _, port in gateways)], stdout=subprocess.PIPE)
            running.append(clients)
            if clients.stdout.readline() != b"ready\n":
                sys.exit("the clients did not get their streams")
            before = statistics(mock_port)
            print(f"{options.clients} streams through {count} gateway(s) after {time.monotonic() - began:.1f} s; open at the provider: {before['open'] - 1}")
            if before["open"] - 1 < options.clients:
                sys.exit("not every client has an upstream connection")
            used = work()
            killed = time.monotonic()
            clients.send_signal(signal.SIGKILL)
            closed = dead = None
            while True:
                if dead is None and clients.poll() is not None:
                    dead = time.monotonic() - killed
                if closed is None and descriptors() <= idle + 5:
                    closed = time.monotonic() - killed
                    used = [after - before for after, before in zip(work(), used)]
                now = statistics(mock_port) if closed else before
                gone = time.monotonic() - killed
                # The question itself is a connection.
                if now["open"] <= 1 or gone > 30:
                    break
                time.sleep(0.01)
            left = descriptors() - idle
            # The kernel closes the sockets of a killed process one after the other; the last client is gone when it is.
            print(f"the last client was gone {dead or gone:.2f} s after the kill")
            print(f"the gateways have closed every upstream connection {closed or gone:.2f} s after the kill, with {used[0]:.2f} s of processor time; "
                  f"the mock used {used[1]:.2f} s; load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
            print(f"open at the provider: {now['open'] - 1} after {gone:.2f} s; cancelled: {now['cancelled']}; "
                  f"the gateways' descriptors: {left:+d} against before")
            alive = all(urllib.request.urlopen(f"http://127.0.0.1:{port}/ok").status == 200 for _, port in gateways)
            failed = (closed or gone) - (dead or 0) > options.seconds or not alive or left > 5
            print("FAILED" if failed else "passed")
            return 1 if failed else 0
        finally:
            for process in reversed(running):
                if process.poll() is None:
                    process.terminate()
            for process in running:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


if __name__ == "__main__":
    sys.exit(main())
