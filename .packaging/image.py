#!/usr/bin/env python3
"""Writes an OCI image as an archive, without a daemon: image.py BINARY VERSION OUT

One layer: the program, the libraries it loads with their loader, the certificates of authorities, /etc/best, a user, and places for data. The archive
is an OCI image layout (image-spec, "OCI Image Layout Specification") in a tar, as `podman load`, `skopeo copy oci-archive:` and `ctr image import` take
it; it also has the manifest.json that `docker load` looks for.
"""
import gzip
import hashlib
import io
import json
import os
import platform
import subprocess
import sys
import tarfile
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USER = 65532  # as in other images without a shell: no user of a host has it
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def entry(name, kind=tarfile.REGTYPE, mode=0o644, size=0, owner=0, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.mtime, info.uid, info.gid, info.linkname = kind, mode, size, EPOCH, owner, owner, link
    return info


class Layer:
    def __init__(self):
        self.entries = {}

    def directory(self, path, mode=0o755, owner=0):
        parts = path.strip("/").split("/")
        for count in range(1, len(parts)):
            self.entries.setdefault("/".join(parts[:count]), (entry("/".join(parts[:count]), tarfile.DIRTYPE, 0o755), None))
        self.entries[path.strip("/")] = (entry(path.strip("/"), tarfile.DIRTYPE, mode, owner=owner), None)

    def file(self, path, data, mode=0o644):
        path = path.strip("/")
        if "/" in path and path.rsplit("/", 1)[0] not in self.entries:
            self.directory(path.rsplit("/", 1)[0])
        self.entries[path] = (entry(path, mode=mode, size=len(data)), data)

    def link(self, path, to):
        self.entries[path.strip("/")] = (entry(path.strip("/"), tarfile.SYMTYPE, 0o777, link=to), None)

    def tar(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(self.entries):
                info, data = self.entries[path]
                archive.addfile(info, io.BytesIO(data) if data is not None else None)
        return buffer.getvalue()


def certificates():
    for path in ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"):
        if os.path.exists(path):
            return Path(path).read_bytes()
    sys.exit("no certificates of authorities on this machine: install ca-certificates")


def root(binary):
    layer = Layer()
    for path in ("bin", "sbin", "lib", "lib64"):
        layer.directory(f"usr/{path}")
        layer.link(path, f"usr/{path}")
    layer.file("usr/bin/best", Path(binary).read_bytes(), 0o755)
    listed = subprocess.run([str(ROOT / ".packaging/libraries"), "--all", binary], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        _, file = line.split("\t")
        # Merged /usr: a loader's path is /lib64/…, a library's may be /lib/….
        place = file if file.startswith("/usr/") else "/usr" + file
        layer.file(place, Path(os.path.realpath(file)).read_bytes(), 0o755)
    layer.file("etc/ssl/certs/ca-certificates.crt", certificates())
    layer.link("usr/lib/ssl", "/etc/ssl")
    layer.file("etc/passwd", f"root:x:0:0:root:/:/sbin/nologin\nbest:x:{USER}:{USER}:BEST:/var/lib/best:/sbin/nologin\n".encode())
    layer.file("etc/group", f"root:x:0:\nbest:x:{USER}:\n".encode())
    layer.file("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    for file in sorted((ROOT / "config").glob("*")):
        if file.is_file():
            layer.file(f"etc/best/{file.name}", file.read_bytes())
    layer.file("usr/share/doc/best/copyright", subprocess.run([str(ROOT / ".packaging/notices")], capture_output=True, check=True).stdout)
    layer.directory("tmp", 0o1777)
    layer.directory("var/lib/best", 0o700, USER)
    return layer


def main():
    binary, version, out = sys.argv[1:4]
    commit = os.environ.get("BEST_COMMIT", "")
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    created = datetime.fromtimestamp(EPOCH, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    plain = root(binary).tar()
    packed = gzip.compress(plain, 9, mtime=0)
    labels = {
        "org.opencontainers.image.title": "BEST", "org.opencontainers.image.version": version, "org.opencontainers.image.created": created,
        "org.opencontainers.image.description": "One OpenAI-compatible endpoint in front of many LLM providers.",
    }
    if commit:
        labels["org.opencontainers.image.revision"] = commit
    blobs = {}

    def blob(data, media):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    layer = blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip")
    probe = {"Test": ["CMD", "/usr/bin/best", "health", "--config", "/etc/best", "--quiet"], "Interval": 30_000_000_000, "Timeout": 6_000_000_000}
    config = {
        "created": created, "architecture": architecture, "os": "linux",
        "config": {
            "User": f"{USER}:{USER}", "ExposedPorts": {"8000/tcp": {}}, "Volumes": {"/var/lib/best": {}}, "WorkingDir": "/var/lib/best",
            # A container's address is not this machine's, so that a key is needed: ALLOWED_BEARER_TOKENS, LLMGW_ADMIN_API_KEY, or keys in the volume.
            "Env": ["PATH=/usr/bin", "HOST=0.0.0.0", "PORT=8000", "STATE_DIRECTORY=/var/lib/best"],
            "Entrypoint": ["/usr/bin/best"], "Cmd": ["serve", "--config", "/etc/best"], "StopSignal": "SIGTERM", "Labels": labels,
            # Docker's own; what follows the specification alone leaves it out.
            "Healthcheck": probe,
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
        "history": [{"created": created, "created_by": "image.py", "comment": "BEST"}],
    }
    encode = lambda value: json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    described = blob(encode(config), "application/vnd.oci.image.config.v1+json")
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described, "layers": [layer], "annotations": labels,
    }
    index = blob(encode(manifest), "application/vnd.oci.image.manifest.v1+json")
    index["annotations"] = {"org.opencontainers.image.ref.name": version, "io.containerd.image.name": f"localhost/best:{version}"}
    index["platform"] = {"architecture": architecture, "os": "linux"}
    files = {f"blobs/sha256/{digest}": data for digest, data in blobs.items()}
    files["oci-layout"] = encode({"imageLayoutVersion": "1.0.0"})
    files["index.json"] = encode({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [index]})
    path = lambda item: f"blobs/sha256/{item['digest'].removeprefix('sha256:')}"
    files["manifest.json"] = encode([{"Config": path(described), "RepoTags": [f"best:{version}"], "Layers": [path(layer)]}])
    target = Path(out) / f"best-{version}-{architecture}.oci.tar"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for directory in ("blobs", "blobs/sha256"):
            archive.addfile(entry(directory, tarfile.DIRTYPE, 0o755))
        for name in sorted(files):
            archive.addfile(entry(name, size=len(files[name])), io.BytesIO(files[name]))
    print(target)


main()
