"""Where the project and its parts lie."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SPEC = PROJECT / "spec"
IMPL = PROJECT / "impl"
MUTANTS = SPEC / "selfcheck" / "mutants"
