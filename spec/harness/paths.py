"""Where the project and its parts lie."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SPEC = PROJECT / "spec"
IMPL = PROJECT / "impl"
AT_SCALE = SPEC / "at_scale.md"
MUTANTS = SPEC / "selfcheck" / "mutants"
