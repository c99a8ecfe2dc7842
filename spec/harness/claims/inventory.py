"""Which tests serve which claim, and what they ask of an implementation: read from the source, without importing it.

Knowing this without a run is what keeps denominators honest: a test file that cannot be imported still counts.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import get_type_hints

from spec.contract import TOPICS

from ..errors import SpecificationError
from .binding import ROLES
from .registry import Registry

Definitions = dict[str, list[ast.FunctionDef | ast.ClassDef]]
"""What a folder defines under each name; an experiment under "@" and its fixture's name."""


@dataclass(frozen=True)
class SpecifiedTest:
    """One test function: the claim it serves, its role, and where it stands."""

    claim: str
    role: str
    file: Path
    line: int
    name: str
    summary: str
    asks: frozenset[str] = field(compare=False)
    """The contract's functions that it calls, as "metrics.f1", also through experiments and helpers."""
    trains: bool = field(compare=False)
    """Whether it reads an experiment that trains."""


class Inventory:
    """All tests of a registry's questions."""

    def __init__(self, registry: Registry) -> None:
        """Read every `q*/test_*.py`; a test of no registered claim, and a claim without tests, raise an error."""
        self.registry = registry
        self.tests = [test for folder in registry.questions for test in _tests(registry.root / folder)]
        for test in self.tests:
            if test.claim not in registry.claims:
                raise SpecificationError(f"{test.file}:{test.line}: {test.name}: {_unknown(registry, test.claim)}")
            if test.role == "amended" and registry[test.claim].amended is None:
                raise SpecificationError(
                    f"{test.file}:{test.line}: {test.name}: role = 'amended', but the verdict of {test.claim!r} is "
                    f"{registry[test.claim].verdict!r}; only a refuted claim is amended"
                )
        for claim, tests in self.by_claim.items():
            roles = {test.role for test in tests}
            file = registry.root / registry.question_of[claim] / "claims.toml"
            if "claim" not in roles:
                raise SpecificationError(
                    f"{file}: no test decides claim {claim!r}; expected one with @claim({claim!r}) in a test_*.py there"
                )
            if registry[claim].amended is not None and "amended" not in roles:
                raise SpecificationError(
                    f"{file}: claim {claim!r} is refuted and states what is true instead, but no test has the role "
                    "'amended'"
                )

    @cached_property
    def by_claim(self) -> dict[str, list[SpecifiedTest]]:
        """The tests of every registered claim."""
        return {claim: [test for test in self.tests if test.claim == claim] for claim in self.registry.claims}

    def serving(self, function: str) -> list[str]:
        """The claims that need a function of the contract, such as "metrics.f1"."""
        return [claim for claim, tests in self.by_claim.items() if any(function in test.asks for test in tests)]

    def trains(self, claim: str) -> bool:
        """Whether deciding a claim takes training; its boundary may train all the same."""
        return any(test.trains for test in self.by_claim[claim] if test.role in ("claim", "control"))


def _unknown(registry: Registry, claim: str) -> str:
    try:
        registry[claim]
    except SpecificationError as error:
        return str(error)
    raise AssertionError(claim)


def _tests(folder: Path) -> Iterator[SpecifiedTest]:
    trees = {file: _tree(file) for file in sorted(folder.glob("*.py"))}
    # Two modules may define one name: a test that says it may ask for either's.
    definitions: Definitions = {}
    for tree in trees.values():
        for defined in tree.body:
            if isinstance(defined, ast.FunctionDef | ast.ClassDef) and not defined.name.startswith("test_"):
                definitions.setdefault(_key(defined), []).append(defined)
    for file, tree in trees.items():
        if not file.name.startswith("test_"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                # Any other would be collected by pytest without being counted here.
                if node not in tree.body or not isinstance(node, ast.FunctionDef):
                    raise SpecificationError(
                        f"{file}:{node.lineno}: {node.name}: expected a plain function at the top level of its module"
                    )
                claim, role = _binding(file, node)
                summary = (ast.get_docstring(node) or "").partition("\n\n")[0].replace("\n", " ")
                asks = frozenset(_asks(node, definitions, set()))
                trains = _trains(node, definitions)
                yield SpecifiedTest(claim, role, file, node.lineno, node.name, summary, asks, trains)


def _tree(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"), str(file))
    except SyntaxError as error:
        raise SpecificationError(f"{file}:{error.lineno}: cannot be read: {error.msg}") from error


def _binding(file: Path, node: ast.FunctionDef) -> tuple[str, str]:
    """The claim id and role in a test's `@claim(...)`."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "claim":
            given = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
            words = [word.value for word in given if isinstance(word, ast.Constant) and isinstance(word.value, str)]
            claim, role = [*words, "claim"][:2] if words else ("", "")
            if len(words) == len(given) <= 2 and role in ROLES:
                return claim, role
            raise SpecificationError(
                f"{file}:{decorator.lineno}: {node.name}: expected @claim('id') or @claim('id', role='…'), "
                f"written out, with a role out of {', '.join(ROLES)}"
            )
    raise SpecificationError(f"{file}:{node.lineno}: {node.name} serves no claim; decorate it with @claim('id')")


def _asks(node: ast.AST, definitions: Definitions, seen: set[str]) -> Iterator[str]:
    """Names "topic.function" of the contract found in a definition, and in those of its folder that it names."""
    functions, names = _mentioned(node)
    yield from functions
    keys = {name if name in definitions else name.removeprefix("@") for name in names}
    for name in keys & definitions.keys() - seen:
        seen.add(name)
        for definition in definitions[name]:
            yield from _asks(definition, definitions, seen)


@cache
def _mentioned(node: ast.AST) -> tuple[frozenset[str], frozenset[str]]:
    """The contract's functions that a definition itself speaks of, and all names in it; many tests ask the same.

    An argument's name begins with "@": it is an experiment's where there is one, whatever else is called so.
    """
    children = list(ast.walk(node))
    attributes = {child.attr for child in children if isinstance(child, ast.Attribute)}
    functions = (f"{topic}.{name}" for topic, names in offered_names().items() for name in names & attributes)
    arguments = {child.arg for child in children if isinstance(child, ast.arg)}
    names = {child.id for child in children if isinstance(child, ast.Name)} - arguments
    return frozenset(functions), frozenset(names | {f"@{argument}" for argument in arguments})


def _trains(node: ast.FunctionDef, definitions: Definitions) -> bool:
    """Whether a test, or a fixture that it takes, reads an experiment."""
    return any(
        f"@{argument.arg}" in definitions
        or any(
            _trains(each, definitions)
            for each in definitions.get(argument.arg, [])
            if isinstance(each, ast.FunctionDef)
        )
        for argument in node.args.args
    )


@cache
def offered_names() -> dict[str, set[str]]:
    """The names of each topic's functions, and of the methods of the handles that they return."""
    names = {}
    for topic, protocol in TOPICS.items():
        names[topic] = {name for name in vars(protocol) if not name.startswith("_")}
        for function in list(names[topic]):
            returned = get_type_hints(getattr(protocol, function)).get("return")
            if getattr(returned, "_is_protocol", False):
                names[topic] |= {name for name in vars(returned) if not name.startswith("_")}
    return names


def _key(node: ast.FunctionDef | ast.ClassDef) -> str:
    """A definition's name; for an experiment "@" and its fixture's, which some function beside it may have as well."""
    from ..evidence.experiments import fixture_name

    is_experiment = isinstance(node, ast.ClassDef) and any(
        isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "experiment"
        for decorator in node.decorator_list
    )
    return f"@{fixture_name(node.name)}" if is_experiment else node.name
