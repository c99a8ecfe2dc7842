"""Which tests serve which claim, and what they read and ask: from the source, without importing it.

Knowing this without a run is what keeps denominators honest: a test file that cannot be imported still counts. And a
comparison that is registered but read by no test, or read but not registered, is refused before anything runs.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeGuard

from ..errors import SpecificationError
from .binding import ROLES
from .registry import Registry
from .sources import Module, Sources, modules_of, nodes

PLAIN = "expected a plain function at the top level of its module"
DECIDING_VERBS = ("exceeds", "within")
"""The verbs of `evidence` that decide a registered comparison."""


@dataclass(frozen=True)
class SpecifiedTest:
    """One test function: the claim it serves, its role, and where it stands."""

    claim: str
    role: str
    file: Path
    line: int
    name: str
    summary: str
    comparisons: frozenset[str]
    """The registered comparisons that it decides."""
    experiments: tuple[str, ...]
    """The experiments that it takes; it trains if there is one."""
    _asked: Callable[[], frozenset[str]] = field(compare=False, repr=False)

    @cached_property
    def asks(self) -> frozenset[str]:
        """The contract's functions that it calls, as "metrics.f1", also through experiments and helpers."""
        return self._asked()

    @property
    def trains(self) -> bool:
        """Whether it reads an experiment."""
        return bool(self.experiments)

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


class Inventory:
    """All tests of a registry's questions."""

    def __init__(self, registry: Registry) -> None:
        """Read every `q*/test_*.py`; a test of no registered claim, and a claim without tests, raise an error."""
        self.registry = registry
        common = modules_of(registry.root / "common")
        self._sources = [Sources(registry.root / folder, common) for folder in registry.questions]
        self.tests = [test for sources in self._sources for test in read_tests(sources)]
        for test in self.tests:
            if test.claim not in registry.claims:
                raise SpecificationError(f"{test.place}: {test.name}: {_unknown(registry, test.claim)}")
            if test.role == "amended" and registry[test.claim].amended is None:
                raise SpecificationError(
                    f"{test.place}: {test.name}: role = 'amended', but the verdict of {test.claim!r} is "
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
            self._check_comparisons(claim, tests)

    def _check_comparisons(self, claim: str, tests: list[SpecifiedTest]) -> None:
        registered = self.registry[claim].comparison
        for test in tests:
            if unknown := sorted(test.comparisons - registered.keys()):
                raise SpecificationError(
                    f"{test.place}: {test.name}: decides the comparison {unknown[0]!r}, which claim {claim!r} does not "
                    f"register (registered: {', '.join(registered) or 'none'})"
                )
            for name in sorted(test.comparisons):
                if registered[name].experiment not in test.experiments:
                    raise SpecificationError(
                        f"{test.place}: {test.name}: decides {name!r}, which is registered for the experiment "
                        f"{registered[name].experiment}; expected a parameter annotated with that class "
                        f"(its experiments: {', '.join(test.experiments) or 'none'})"
                    )
            for name in sorted(test.comparisons):
                if test.role == "control" and registered[name].within and not registered[name].controls:
                    raise SpecificationError(
                        f"{test.place}: {test.name}: the control {name!r} of claim {claim!r} does not say what it "
                        'controls; expected the names of comparisons, as controls = ["…"], whose margins lie outside '
                        "its interval"
                    )
        deciding = [(name, test) for test in tests for name in test.comparisons]
        read = dict(reversed(deciding))
        for name, test in deciding:
            if read[name] is not test:
                raise SpecificationError(
                    f"{test.place}: {test.name}: decides {name!r}, as does {read[name].name}; expected one test for "
                    "each comparison"
                )
        if unread := [name for name in registered if name not in read]:
            file = self.registry.root / self.registry.question_of[claim] / "claims.toml"
            raise SpecificationError(
                f"{file}: claim {claim!r}: comparison {unread[0]!r} is decided by no test; expected "
                f"evidence.exceeds or evidence.within with that name in a test of the claim"
            )

    @cached_property
    def by_claim(self) -> dict[str, list[SpecifiedTest]]:
        """The tests of every registered claim."""
        return {claim: [test for test in self.tests if test.claim == claim] for claim in self.registry.claims}

    @cached_property
    def _asked_by_experiments(self) -> dict[str, frozenset[str]]:
        """The contract's functions that each experiment asks for."""
        return {name: asked for sources in self._sources for name, asked in sources.asked_by_experiments().items()}

    def serving(self, function: str) -> list[str]:
        """The claims that need a function of the contract, such as "metrics.f1"."""
        return [claim for claim, tests in self.by_claim.items() if any(function in test.asks for test in tests)]

    def experiments_with(self, function: str) -> dict[str, list[str]]:
        """The experiments that ask for a function of the contract, and the claims that they serve with it."""
        serves: dict[str, list[str]] = {}
        for claim, tests in self.by_claim.items():
            for test in tests:
                for name in test.experiments if function in test.asks else ():
                    if function in self._asked_by_experiments[name] and claim not in serves.setdefault(name, []):
                        serves[name].append(claim)
        return {name: claims for name, claims in serves.items() if claims}

    def trains(self, claim: str) -> bool:
        """Whether deciding a claim takes training; its boundary may train all the same."""
        return any(test.trains for test in self.by_claim[claim] if test.role in ("claim", "control"))


def _unknown(registry: Registry, claim: str) -> str:
    try:
        registry[claim]
    except SpecificationError as error:
        return str(error)
    raise AssertionError(claim)


def read_tests(sources: Sources) -> Iterator[SpecifiedTest]:
    """The tests of one question; what is wrong with one raises `SpecificationError` with its file and line."""
    for module in sources.tests():
        names: set[str] = set()
        for statement in module.tree.body:
            inside = list(nodes(statement))
            calls = [node for node in inside if _decides(node)]
            tests = [node for node in inside if _is_test(node)]
            if not tests and calls:
                raise SpecificationError(
                    f"{module.file}:{calls[0].lineno}: a comparison is decided outside a test; expected "
                    "evidence.exceeds and evidence.within in the tests themselves, where they can be seen"
                )
            # Any other would be collected by pytest without being counted here.
            for node in tests[1:] if tests[:1] == [statement] else tests:
                raise SpecificationError(f"{module.file}:{node.lineno}: {node.name}: {PLAIN}")
            if not tests:
                continue
            if not isinstance(statement, ast.FunctionDef):
                raise SpecificationError(f"{module.file}:{tests[0].lineno}: {tests[0].name}: {PLAIN}")
            if statement.name in names:
                raise SpecificationError(
                    f"{module.file}:{statement.lineno}: {statement.name} is defined twice in this file"
                )
            names.add(statement.name)
            claim, role = _binding(module.file, statement)
            yield SpecifiedTest(
                claim,
                role,
                module.file,
                statement.lineno,
                statement.name,
                (ast.get_docstring(statement) or "").partition("\n\n")[0].replace("\n", " "),
                frozenset(_comparisons(module, statement, calls)),
                tuple(sources.experiments(module, statement)),
                partial(sources.asked_by, module, statement),
            )


def _binding(file: Path, node: ast.FunctionDef) -> tuple[str, str]:
    """The claim id and role in a test's `@claim(...)`."""
    claims = [
        decorator
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "claim"
    ]
    if len(claims) > 1:
        raise SpecificationError(f"{file}:{claims[1].lineno}: {node.name}: serves two claims; expected one")
    for decorator in claims:
        arguments = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
        words = [word.value for word in arguments if isinstance(word, ast.Constant) and isinstance(word.value, str)]
        claim, role = [*words, "claim"][:2] if words else ("", "")
        if len(words) == len(arguments) <= 2 and role in ROLES:
            return claim, role
        raise SpecificationError(
            f"{file}:{decorator.lineno}: {node.name}: expected @claim('id') or @claim('id', role='…'), "
            f"written out, with a role out of {', '.join(ROLES)}"
        )
    raise SpecificationError(f"{file}:{node.lineno}: {node.name} serves no claim; decorate it with @claim('id')")


def _is_test(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _decides(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether this is a call of `evidence` that decides a comparison."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in DECIDING_VERBS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "evidence"
    )


def _comparisons(module: Module, test: ast.FunctionDef, calls: list[ast.Call]) -> Iterator[str]:
    """The names of the comparisons that a test decides, each of which has to be written out somewhere.

    A call names it; or names a parameter, whose values `parametrize` lists; or names none, where the ids of the only
    `parametrize` (or its values, if they are texts) are the names.
    """
    parameters = [_Parameters(module, decorator) for decorator in test.decorator_list if _is_parametrize(decorator)]
    for call in calls:
        name = call.args[1] if len(call.args) > 1 else None
        name = next((keyword.value for keyword in call.keywords if keyword.arg == "comparison"), name)
        names: list[str] | None = None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            names = [name.value]
        elif isinstance(name, ast.Name):
            names = next((listed.values_of(name.id) for listed in parameters if name.id in listed.names), None)
        elif name is None and len(parameters) == 1:
            names = parameters[0].ids
        if names is None:
            raise SpecificationError(
                f"{module.file}:{call.lineno}: {test.name}: the comparison's name is not written literally; expected "
                "its name, or a parameter whose values parametrize lists, or none where the ids of the only "
                "parametrize are the names"
            )
        yield from names


class _Parameters:
    """One `@pytest.mark.parametrize(...)`, as far as it is written out; constants of the module may stand in it."""

    def __init__(self, module: Module, decorator: ast.expr) -> None:
        assert isinstance(decorator, ast.Call)
        arguments = dict(zip(("argnames", "argvalues", "ids"), decorator.args, strict=False))
        arguments |= {keyword.arg: keyword.value for keyword in decorator.keywords if keyword.arg}
        self._module = module
        names = self._literal(arguments.get("argnames"))
        self.names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names or ())
        self._values = self._items(arguments.get("argvalues"))
        ids = self._items(arguments.get("ids")) if "ids" in arguments else self._values
        texts = [self._id(item) for item in ids or ()]
        self.ids = texts if texts and all(isinstance(text, str) for text in texts) else None

    def _id(self, item: ast.expr) -> Any:
        """The id of an item, if it is written out: itself, if that is a text, or as pytest.param says."""
        if not _is_param(item):
            return self._literal(item)
        assert isinstance(item, ast.Call)
        written = next((keyword.value for keyword in item.keywords if keyword.arg == "id"), None)
        return self._literal(written or (item.args[0] if len(item.args) == 1 else None))

    def values_of(self, name: str) -> list[str] | None:
        """The values of a parameter, if all are texts that are written out."""
        values = []
        for item in self._values or ():
            if _is_param(item):
                assert isinstance(item, ast.Call)
                parts = item.args
            else:
                parts = item.elts if len(self.names) > 1 and isinstance(item, ast.Tuple | ast.List) else [item]
            if len(parts) != len(self.names):
                return None
            values.append(self._literal(parts[self.names.index(name)]))
        return values if values and all(isinstance(value, str) for value in values) else None

    def _items(self, node: ast.expr | None) -> list[ast.expr] | None:
        if isinstance(node, ast.Name):
            definition = self._module.definitions.get(node.id)
            node = definition.value if isinstance(definition, ast.Assign | ast.AnnAssign) else None
        return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else None

    def _literal(self, node: ast.expr | None) -> Any:
        try:
            return ast.literal_eval(node) if node is not None else None
        except ValueError:
            return None


def _is_param(item: ast.expr) -> bool:
    """Whether an item of `parametrize` is `pytest.param(…)` or `param(…)`."""
    function = item.func if isinstance(item, ast.Call) else None
    return (isinstance(function, ast.Attribute) and function.attr == "param") or (
        isinstance(function, ast.Name) and function.id == "param"
    )


def _is_parametrize(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "parametrize"
    )
