"""`claims new DIR`: an implementation that has everything to do, written from the contract."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

from spec import contract

from ..claims.inventory import Inventory
from ..errors import SpecificationError

WIDTH = 110
Serving = Callable[[str], list[str]]
"""The claims that a function of the contract, such as "metrics.f1", is written for."""
CLASSES = {node.name: node for node in ast.parse(inspect.getsource(contract)).body if isinstance(node, ast.ClassDef)}
"""The contract's protocols and result types, as source."""


def write(directory: Path, inventory: Inventory, claims: Iterable[str] | None = None) -> list[Path]:
    """Write one module of stubs per topic into a new folder; each stub names the claims that it serves.

    Where `claims` are given, only what they ask for is written.
    """
    if directory.exists() and not directory.is_dir():
        raise SpecificationError(f"claims new {directory}: this is a file; expected a new or an empty folder")
    if directory.exists() and any(directory.iterdir()):
        raise SpecificationError(f"claims new {directory}: the folder is not empty; expected a new or an empty one")
    chosen = None if claims is None else set(claims)

    def serving(function: str) -> list[str]:
        return [claim for claim in inventory.serving(function) if chosen is None or claim in chosen]

    modules = {
        topic: _module(topic, protocol.__name__, methods, serving)
        for topic, protocol in contract.TOPICS.items()
        if (methods := _wanted(topic, protocol.__name__, serving, everything=chosen is None))
    }
    directory.mkdir(parents=True, exist_ok=True)
    files = [directory / f"{topic}.py" for topic in modules]
    for file, text in zip(files, modules.values(), strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def _wanted(topic: str, protocol: str, serving: Serving, everything: bool) -> list[ast.FunctionDef]:
    """The functions of a topic that any claim asks for, or all of them."""
    return [method for method in _methods(CLASSES[protocol]) if everything or serving(f"{topic}.{method.name}")]


def _module(topic: str, protocol: str, methods: list[ast.FunctionDef], serving: Serving) -> str:
    """The stubs of one topic: functions for its primitives, and a class for each result type and handle."""
    parts = [_function(method, topic, serving, is_method=False) for method in methods]
    named = {name for method in methods for name in _class_names(method)}
    for handle in sorted(name for name in named if _is(CLASSES[name], "Protocol")):
        named |= {name for method in _methods(CLASSES[handle]) for name in _class_names(method)}
        parts.insert(0, _handle(CLASSES[handle], topic, serving))
    for result in sorted((name for name in named if _is(CLASSES[name], "TypedDict")), reverse=True):
        parts.insert(0, ast.unparse(CLASSES[result]) + "\n")
    body = "\n\n".join(parts).replace("Labels", "Integer[np.ndarray, ' n']")
    body = re.sub(r"\[np\.ndarray, '([^']*)'\]", r'[np.ndarray, "\1"]', body)
    doc = ast.get_docstring(CLASSES[protocol]) or ""
    about_types = 'Array types read `Float[np.ndarray, "n d"]`: a NumPy array of floats of shape (n, d).'
    return f'"""{doc}\n\n{about_types}\n"""\n\n{_imports(body)}\n\n\n{body}'


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [child for child in node.body if isinstance(child, ast.FunctionDef)]


def _is(node: ast.ClassDef, base: str) -> bool:
    return any(isinstance(name, ast.Name) and name.id == base for name in node.bases)


def _class_names(method: ast.FunctionDef) -> set[str]:
    """The contract's classes that a method's annotations name."""
    return {node.id for node in ast.walk(method) if isinstance(node, ast.Name)} & set(CLASSES)


def _handle(node: ast.ClassDef, topic: str, serving: Serving) -> str:
    methods = [_function(method, topic, serving, is_method=True) for method in _methods(node)]
    body = "\n".join(textwrap.indent(method, "    ") for method in methods)
    return f'class {node.name}:\n    """{ast.get_docstring(node)}"""\n\n{body}'


def _function(node: ast.FunctionDef, topic: str, serving: Serving, is_method: bool) -> str:
    """One stub: the contract's signature and docstring, and an error that names the claims waiting for it."""
    claims = ", ".join(serving(f"{topic}.{node.name}")) or "no claim yet"
    doc = ast.get_docstring(node) or ""
    docstring = f'"""{doc}\n"""' if "\n" in doc else f'"""{doc}"""'
    lines = textwrap.wrap(f"{topic}.{node.name} serves {claims}", WIDTH - 20, break_on_hyphens=False)
    words = "\n".join(f'"{line} "' for line in lines[:-1]) + f'\n"{lines[-1]}"'
    raising = f"raise NotImplementedError(\n{textwrap.indent(words.strip(), '    ')}\n)"
    return f"{_signature(node, is_method)}\n{textwrap.indent(f'{docstring}{chr(10)}{raising}', '    ')}\n"


def _signature(node: ast.FunctionDef, is_method: bool) -> str:
    """The `def` line, with one argument per line where it would be too long."""
    positional = [argument for argument in node.args.args if is_method or argument.arg != "self"]
    defaults = [None] * (len(node.args.args) - len(node.args.defaults)) + list(node.args.defaults)
    defaults = defaults[len(node.args.args) - len(positional) :]
    words = [_argument(argument, default) for argument, default in zip(positional, defaults, strict=True)]
    if node.args.kwonlyargs:
        words += ["*", *(_argument(argument, None) for argument in node.args.kwonlyargs)]
    returns = f" -> {ast.unparse(node.returns)}:" if node.returns else ":"
    line = f"def {node.name}({', '.join(words)}){returns}"
    if len(line) <= WIDTH:
        return line
    listed = "".join(f"    {word},\n" for word in words)
    return f"def {node.name}(\n{listed}){returns}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}" + (f" = {ast.unparse(default)}" if default else "")


def _imports(body: str) -> str:
    """The import lines that the annotations need."""
    words = ("Annotated", "Any", "Literal", "TypedDict")
    typing = [word for word in words if any(use in body for use in (f"{word}[", f"({word})", f", {word}]"))]
    arrays = [word for word in ("Bool", "Float", "Float64", "Integer") if f"{word}[" in body]
    lines = [f"from typing import {', '.join(typing)}\n"] if typing else []
    lines.append("import numpy as np")
    lines += [f"from jaxtyping import {', '.join(arrays)}"] if arrays else []
    return "\n".join(lines)
