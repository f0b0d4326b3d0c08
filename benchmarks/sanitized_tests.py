"""The tests named on the command line on a native core with the address and undefined-behaviour sanitizers."""

import sys

import pytest

import report
import sanitized

if __name__ == "__main__":
    if not sanitized.is_loaded():
        sys.exit(sanitized.run_again(report.REPOSITORY / "corpus" / "sanitized"))
    sys.exit(pytest.main(sys.argv[1:]))
