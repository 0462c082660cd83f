"""What every script here shares: expectations that end it with a reason, and its arguments."""

import sys


def expect(is_true, reason):
    """Ends the script unless something is as it should be."""
    if not is_true:
        sys.exit(f"not as expected: {reason}")


def words(count):
    """The text of the mock's answers."""
    return "".join(f"w{number} " for number in range(count))


BASE_URL = sys.argv[1] if len(sys.argv) > 1 else ""
