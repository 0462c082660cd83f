#!/usr/bin/env python3
"""Checks a bill of materials against CycloneDX's schema: validate-sbom.py FILE (needs cyclonedx-python-lib with json-validation)"""
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
print(error or "valid CycloneDX 1.5")
sys.exit(1 if error else 0)
