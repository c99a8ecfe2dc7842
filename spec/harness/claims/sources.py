"""The code of a question, read without importing it: what a test reaches, and what it asks of an implementation."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import get_type_hints

from spec.contract import TOPICS

from ..errors import SpecificationError


@dataclass(frozen=True)
class Module:
    """One file, which is parsed when it is asked for."""

    file: Path

    @cached_property
    def tree(self) -> ast.Module:
        """Its code; a file that cannot be parsed raises `SpecificationError`."""
        try:
            return ast.parse(self.file.read_bytes(), str(self.file))
        except SyntaxError as error:
            raise SpecificationError(f"{self.file}:{error.lineno}: cannot be read: {error.msg}") from error

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Functions, classes and constants of the module, by name."""
        definitions: dict[str, ast.stmt] = {}
        for statement in self.tree.body:
            if isinstance(statement, ast.FunctionDef | ast.ClassDef):
                definitions[statement.name] = statement
            elif isinstance(statement, ast.Assign):
                definitions |= {target.id: statement for target in statement.targets if isinstance(target, ast.Name)}
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                definitions[statement.target.id] = statement
        return definitions

    @cached_property
    def imports(self) -> dict[str, tuple[str, str | None]]:
        """What other modules of the specification lend: (module, name there), or (module, None) for a module itself."""
        imports: dict[str, tuple[str, str | None]] = {}
        package = self.file.parent.name
        for node in nodes(self.tree):
            if isinstance(node, ast.ImportFrom):
                source = _imported_from(package, node)
                for alias in node.names:
                    is_module = (self.file.parent.parent / source / f"{alias.name}.py").exists()
                    target = (f"{source or package}.{alias.name}", None) if is_module else (source, alias.name)
                    imports[alias.asname or alias.name] = target
        return imports


def modules_of(folder: Path) -> dict[str, Module]:
    """Every `.py` file of a folder, as "folder.module"."""
    return {f"{folder.name}.{file.stem}": Module(file) for file in sorted(folder.glob("*.py"))}


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree, parents first and as they are written; in half the time of `ast.walk`."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in reversed(node._fields):
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [part for part in reversed(value) if isinstance(part, ast.AST)]
            elif isinstance(value, ast.AST):
                waiting.append(value)


class Sources:
    """The modules of one question, and those of `spec/common`, which it may use."""

    def __init__(self, folder: Path, common: dict[str, Module]) -> None:
        self.folder = folder
        self._mentions: dict[int, _Mentions] = {}
        self.modules = modules_of(folder) | common

    def tests(self) -> Iterator[Module]:
        """The modules whose names begin with "test_", in alphabetical order."""
        return (
            module
            for module in self.modules.values()
            if module.file.parent == self.folder and module.file.name.startswith("test_")
        )

    def resolve(self, module: Module, name: str) -> tuple[Module, ast.stmt] | None:
        """The definition that a name stands for in a module, or in the module from which that imports it."""
        if name in module.definitions:
            return module, module.definitions[name]
        source, original = module.imports.get(name, ("", None))
        if original is not None and source in self.modules and self.modules[source] is not module:
            definition = self.modules[source].definitions.get(original)
            return (self.modules[source], definition) if definition else None
        return None

    def experiments(self, module: Module, function: ast.FunctionDef) -> list[str]:
        """The experiments that a function takes: parameters annotated with a class that `@experiment` marks."""
        names = []
        for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs):
            resolved = self.annotated(module, argument.annotation)
            if resolved and isinstance(resolved[1], ast.ClassDef) and _is_experiment(resolved[1]):
                names.append(resolved[1].name)
        return names

    def annotated(self, module: Module, annotation: ast.expr | None) -> tuple[Module, ast.stmt] | None:
        """The definition that an annotation names, `Class` or `module.Class`, written out or as a text."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = ast.parse(annotation.value, mode="eval").body
        if isinstance(annotation, ast.Name):
            return self.resolve(module, annotation.id)
        if isinstance(annotation, ast.Attribute) and isinstance(annotation.value, ast.Name):
            source, original = module.imports.get(annotation.value.id, ("", ""))
            if original is None and source in self.modules:
                return self.resolve(self.modules[source], annotation.attr)
        return None

    def mentions(self, module: Module, tree: ast.AST) -> "_Mentions":
        """What code itself mentions; it is read once, as many tests reach the same."""
        if id(tree) not in self._mentions:
            self._mentions[id(tree)] = self._read(module, tree)
        return self._mentions[id(tree)]

    def _read(self, module: Module, tree: ast.AST) -> "_Mentions":
        all_nodes = list(nodes(tree))
        attributes = [node for node in all_nodes if isinstance(node, ast.Attribute)]
        arguments = [node for node in all_nodes if isinstance(node, ast.arg)]
        named = [node for node in all_nodes if isinstance(node, ast.Name)]
        local = {node.arg for node in arguments} | {node.id for node in named if isinstance(node.ctx, ast.Store)}
        of_topics = {id(node.value): node for node in attributes if _is_topic(node.value)}
        resolved = [self.resolve(module, name) for name in sorted({node.id for node in named} - local)]
        for argument in arguments:
            resolved.append(self.annotated(module, argument.annotation))
            if _is_fixture(module.definitions.get(argument.arg)):
                resolved.append((module, module.definitions[argument.arg]))
        resolved += [
            self.annotated(module, node)
            for node in attributes
            if isinstance(node.value, ast.Name) and node.value.id not in local
        ]
        return _Mentions(
            {node.attr for node in attributes},
            {(_last_name(node.value), node.attr) for node in of_topics.values()},
            {node.attr for node in attributes if _is_topic(node) and id(node) not in of_topics},
            [definition for definition in resolved if definition],
        )

    def asked_by_experiments(self) -> dict[str, frozenset[str]]:
        """The same of everything that an experiment of the question may compute, by the name of its class."""
        asked = {}
        for module in self.modules.values():
            for name, definition in module.definitions.items():
                if isinstance(definition, ast.ClassDef) and _is_experiment(definition):
                    reach = _Reach(self)
                    for where, node in self._with_bases(module, definition):
                        reach.follow(where, node)
                        for part in node.body:
                            reach.follow(where, part)
                    asked[name] = reach.contract_names()
        return asked

    def _with_bases(self, module: Module, definition: ast.ClassDef) -> Iterator[tuple[Module, ast.ClassDef]]:
        """A class, and those of the question or of `spec/common` that it inherits from."""
        yield module, definition
        for base in definition.bases:
            resolved = self.annotated(module, base)
            if resolved and isinstance(resolved[1], ast.ClassDef):
                yield from self._with_bases(resolved[0], resolved[1])

    def asked_by(self, module: Module, function: ast.FunctionDef) -> frozenset[str]:
        """The contract's functions and methods that a test calls, as "metrics.f1", also through what it reaches."""
        reach = _Reach(self)
        reach.follow(module, function)
        return reach.contract_names()


@dataclass(frozen=True)
class _Mentions:
    """What one piece of code itself speaks of."""

    attributes: set[str]
    """Every attribute."""
    functions: set[tuple[str, str]]
    """(topic, function) of the contract, where written as `impl.topic.function`."""
    topics: set[str]
    """Topics that are passed on as a whole."""
    definitions: list[tuple[Module, ast.stmt]]
    """Functions, classes and constants of the question, and of `spec/common`."""


@dataclass
class _Reach:
    """What can run when a test does: definitions by name, and of classes only the methods that are mentioned."""

    sources: Sources
    attributes: set[str] = field(default_factory=set)
    functions: set[tuple[str, str]] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    _visited: set[int] = field(default_factory=set)
    _classes: list[tuple[Module, ast.ClassDef]] = field(default_factory=list)

    def follow(self, module: Module, node: ast.stmt) -> None:
        """Reach a definition, and whatever it mentions."""
        if id(node) in self._visited:
            return
        self._visited.add(id(node))
        if isinstance(node, ast.ClassDef):
            self._classes.append((module, node))
            body = [*node.bases, *(part for part in node.body if not isinstance(part, ast.FunctionDef))]
        else:
            body = [node]
        for part in body:
            self._read(module, part)
        self._follow_methods()

    def _read(self, module: Module, tree: ast.AST) -> None:
        mentions = self.sources.mentions(module, tree)
        self.attributes |= mentions.attributes
        self.functions |= mentions.functions
        self.topics |= mentions.topics
        for definition in mentions.definitions:
            self.follow(*definition)

    def _follow_methods(self) -> None:
        for module, definition in list(self._classes):
            for part in definition.body:
                mentioned = isinstance(part, ast.FunctionDef) and (
                    part.name in self.attributes or part.name.startswith("__")
                )
                if mentioned:
                    self.follow(module, part)

    def contract_names(self) -> frozenset[str]:
        functions = set(self.functions)
        for topic in self.topics:
            functions |= {(topic, name) for name in contract_functions()[topic] if name in self.attributes}
        names = set()
        for topic, function in functions:
            if function in contract_functions()[topic]:
                names.add(f"{topic}.{function}")
                handle = contract_functions()[topic][function]
                names |= {f"{topic}.{method}" for method in handle & self.attributes}
        return frozenset(names)


@cache
def contract_functions() -> dict[str, dict[str, frozenset[str]]]:
    """The functions of each topic, and the methods of the handle that each returns (none where it returns data)."""
    functions: dict[str, dict[str, frozenset[str]]] = {}
    for topic, protocol in TOPICS.items():
        functions[topic] = {}
        for function in (name for name in vars(protocol) if not name.startswith("_")):
            returned = get_type_hints(getattr(protocol, function)).get("return")
            methods = vars(returned) if getattr(returned, "_is_protocol", False) else {}
            functions[topic][function] = frozenset(name for name in methods if not name.startswith("_"))
    return functions


def _imported_from(package: str, node: ast.ImportFrom) -> str:
    """The module that names come from, as `Sources` calls it: "q1_….measures", "common.digits", or a package alone."""
    source = node.module or ""
    if node.level == 1:
        return f"{package}.{source}" if source else package
    return source.removeprefix("spec.") if source.startswith("spec.") else source


def _is_topic(node: ast.expr) -> bool:
    """Whether an expression is `impl.topic` or `self.impl.topic`."""
    if not isinstance(node, ast.Attribute) or node.attr not in TOPICS:
        return False
    return _last_name(node.value) == "impl"


def _is_experiment(definition: ast.ClassDef) -> bool:
    return any(_called(decorator) == "experiment" for decorator in definition.decorator_list)


def _is_fixture(definition: ast.stmt | None) -> bool:
    return isinstance(definition, ast.FunctionDef) and any(
        _called(decorator) == "fixture" for decorator in definition.decorator_list
    )


def _called(decorator: ast.expr) -> str:
    """The last name of a decorator: "fixture" of `@pytest.fixture(scope="module")`."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _last_name(node: ast.expr) -> str:
    """What a name or an attribute ends in."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
