#!/usr/bin/env python3
"""Writes a CycloneDX 1.5 bill of materials of the program: sbom.py BINARY VERSION COMMIT

What is linked into it is told by the pins of Package.swift and the packages of the libraries' sources; what it loads by the packages of Debian that
the files belong to. Licences are those that the packages' own copyright files name first; a name that SPDX does not have stands as a name.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# SPDX's names for the words in Debian's copyright files (https://spdx.org/licenses/).
SPDX = {
    "expat": "MIT", "mit": "MIT", "curl": "curl", "zlib": "Zlib", "apache-2.0": "Apache-2.0", "bsd-3-clause": "BSD-3-Clause", "isc": "ISC",
    "bsd-2-clause": "BSD-2-Clause", "openldap-2.8": "OLDAP-2.8", "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3+": "LGPL-3.0-or-later", "gpl-2+": "GPL-2.0-or-later", "gpl-3+": "GPL-3.0-or-later", "lgpl-2+": "LGPL-2.0-or-later",
}
SWIFT_PACKAGES = {
    "swift-argument-parser": ("Apache-2.0", "Swift project"), "Yams": ("MIT", "JP Simard"), "GRDB.swift": ("MIT", "Gwendal Roué"),
}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def licence(name):
    known = SPDX.get(name.lower())
    return [{"license": {"id": known}}] if known else [{"license": {"name": name}}]


def debian_licence(package):
    try:
        text = Path(f"/usr/share/doc/{package}/copyright").read_text(errors="replace")
    except OSError:
        return "see the package's copyright file"
    found = re.search(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else "see the package's copyright file"


def linked():
    manifest = (ROOT / "Package.swift").read_text()
    for url, version in re.findall(r'\.package\(url: "([^"]+)", exact: "([^"]+)"\)', manifest):
        name = url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
        spdx, supplier = SWIFT_PACKAGES.get(name, ("NOASSERTION", None))
        owner = url.rstrip("/").rsplit("/", 2)[-2]
        yield component(name, version, spdx, f"pkg:github/{owner.lower()}/{name.lower()}@{version}", supplier)
    yams = next(version for url, version in re.findall(r'url: "([^"]+)", exact: "([^"]+)"', manifest) if url.endswith("Yams"))
    yield component("libyaml", f"as in Yams {yams}", "MIT", None, "The YAML project")
    swift = re.search(r"Swift version (\S+)", output("swift", "--version") or "")
    version = swift.group(1) if swift else "unknown"
    for name in ["swift-standard-library", "swift-corelibs-libdispatch", "swift-corelibs-foundation", "swift-foundation"]:
        yield component(name, version, "Apache-2.0", None, "Swift project")
    yield component("swift-foundation-icu", version, "Unicode-3.0", None, "Unicode, Inc.")
    llhttp = output("dpkg-query", "-W", "-f", "${Version}", "node-llhttp") or "unknown"
    yield component("llhttp", llhttp, "MIT", f"pkg:deb/debian/node-llhttp@{llhttp}", "Fedor Indutny")


def loaded(binary):
    seen = {}
    for line in output(str(ROOT / ".packaging/libraries"), "--all", binary).splitlines():
        library, file = line.split("\t")
        real = os.path.realpath(file)
        owner = ""
        for path in (real, real.removeprefix("/usr"), file):
            owner = output("dpkg", "-S", path).split(": ")[0].split(":")[0]
            if owner:
                break
        seen.setdefault(owner or library, []).append(library)
    for package, libraries in sorted(seen.items()):
        version = output("dpkg-query", "-W", "-f", "${Version}\\n", package).splitlines()
        version = version[0] if version else "unknown"
        part = component(package, version, None, f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace(':', '%3A')}", "Debian")
        part["licenses"] = licence(debian_licence(package))
        part["properties"] = [{"name": "best:library", "value": library} for library in sorted(libraries)]
        yield part


def component(name, version, spdx, purl, supplier):
    made = {"type": "library", "bom-ref": purl or f"{name}@{version}", "name": name, "version": version}
    if supplier:
        made["supplier"] = {"name": supplier}
    if spdx:
        made["licenses"] = [{"license": {"id": spdx}}]
    if purl:
        made["purl"] = purl
    return made


def main():
    binary, version, commit = sys.argv[1:4]
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    digest = hashlib.sha256(Path(binary).read_bytes()).hexdigest()
    inside, beside = list(linked()), list(loaded(binary))
    program = {
        "type": "application", "bom-ref": f"best@{version}", "name": "best", "version": version, "hashes": [{"alg": "SHA-256", "content": digest}],
        "properties": [{"name": "best:commit", "value": commit or "unknown"}],
    }
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5",
        # The same program, the same number.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, digest)}", "version": 1,
        "metadata": {"timestamp": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "component": program},
        "components": inside + beside,
        "dependencies": [{"ref": program["bom-ref"], "dependsOn": sorted({part["bom-ref"] for part in inside + beside})}],
    }
    json.dump(bill, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
