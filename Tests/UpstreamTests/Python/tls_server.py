"""HTTP/1.1 servers on TLS for tests: one for each certificate, on ports of the system's choice.

Usage: tls_server.py FOLDER NAME...   Takes FOLDER/NAME.pem and FOLDER/NAME.key. Prints the ports in one line. Ends, and removes the folder,
when its standard input ends.

Paths: /hash answers the SHA-256 of the body, read in `x-pace` pauses; /bytes/N answers N bytes of a counter in one write; /cut answers
half of what it announces and closes; /stream writes without end; anything else answers the path. Each answer has the connection's number
(x-connection), the ALPN protocol (x-alpn), the TLS version (x-tls) and whether the session was resumed (x-resumed).
"""
import hashlib
import shutil
import socket
import ssl
import sys
import threading
import time


PERIOD = bytes((index * 31 ^ index >> 8) & 255 for index in range(65536))


def pattern(count):
    return (PERIOD * (count // len(PERIOD) + 1))[:count]


def serve(raw, context, number):
    raw.settimeout(10)
    try:
        connection = context.wrap_socket(raw, server_side=True)
        reader = connection.makefile("rb")
        while True:
            line = reader.readline()
            if not line:
                break
            path = line.split()[1].decode()
            fields = {}
            while (line := reader.readline().strip()):
                name, value = line.split(b":", 1)
                fields[name.lower().decode()] = value.strip().decode()
            left = int(fields.get("content-length", 0))
            digest = hashlib.sha256()
            while left:
                piece = reader.read(min(left, 400_000))
                if not piece:
                    return
                digest.update(piece)
                left -= len(piece)
                time.sleep(float(fields.get("x-pace", 0)))
            body = path.encode()
            if path == "/hash":
                body = digest.hexdigest().encode()
            elif path.startswith("/bytes/"):
                body = pattern(int(path[7:]))
            length = len(body) * 2 if path == "/cut" else len(body)
            head = (
                f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nx-connection: {number}\r\nx-alpn: {connection.selected_alpn_protocol()}\r\n"
                f"x-tls: {connection.version()}\r\nx-resumed: {connection.session_reused}\r\n\r\n"
            ).encode()
            if path == "/stream":
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while True:
                    connection.sendall(pattern(16_000))
            connection.sendall(head + body)
            if path == "/cut":
                break
    except (OSError, ValueError):
        pass
    finally:
        raw.close()


def accept(listener, context):
    number = 0
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number += 1
        threading.Thread(target=serve, args=(raw, context, number), daemon=True).start()


def main():
    ports = []
    folder = sys.argv[1]
    for name in sys.argv[2:]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
        context.set_alpn_protocols(["h2", "http/1.1"])
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        ports.append(listener.getsockname()[1])
        threading.Thread(target=accept, args=(listener, context), daemon=True).start()
    try:
        print(*ports, flush=True)
        sys.stdin.read()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
