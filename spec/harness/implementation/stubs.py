"""`claims new DIR`: the contract as an implementation in which every function is still to be written.

A README.md has the rules that hold for all functions. Each function names the claims that ask for it; what is trained,
also the budgets that it is given there.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

from spec import contract

from .. import files
from ..claims.inventory import Inventory
from ..errors import SpecificationError

WIDTH = 110
Serving = Callable[[str], list[str]]
"""Returns the claims that ask for a function of the contract, such as "metrics.f1"."""
Budgets = Callable[[str], list[str]]
"""Returns a line for each budget that a function is given."""
LEARNS = "seeds"
"""The argument by which a function that learns is known."""
CLASSES = {node.name: node for node in ast.parse(inspect.getsource(contract)).body if isinstance(node, ast.ClassDef)}
"""The contract's protocols and result types, as source."""


def write(directory: Path, inventory: Inventory, claims: Iterable[str] | None = None) -> list[Path]:
    """Write one module of stubs per topic and the contract's rules into a new folder; return the modules.

    Each stub names its claims.

    If there are `claims`, only the functions that they ask for are written. Raises `SpecificationError` where the
    directory is a file, or is not empty.
    """
    if directory.exists() and not directory.is_dir():
        raise SpecificationError(f"claims new {directory}: this is a file; expected a new or an empty folder")
    if directory.exists() and any(directory.iterdir()):
        raise SpecificationError(f"claims new {directory}: the folder is not empty; expected a new or an empty one")
    selection = None if claims is None else set(claims)

    def serving(function: str) -> list[str]:
        return [claim for claim in inventory.serving(function) if selection is None or claim in selection]

    def budgets(function: str) -> list[str]:
        lines = []
        for name, serves in inventory.experiments_with(function).items():
            wanted = [claim for claim in serves if selection is None or claim in selection]
            given = inventory.registry.experiment(name).given
            if wanted and given:
                lines.append(f"{name}: {given} — for {', '.join(wanted)}")
        return lines

    modules = {
        topic: _module(topic, protocol.__name__, methods, serving, budgets)
        for topic, protocol in contract.TOPICS.items()
        if (methods := _wanted(topic, protocol.__name__, serving, everything=selection is None))
    }
    rules = f"# {inspect.cleandoc(contract.__doc__ or '')}\n"
    contents = {f"{topic}.py": text for topic, text in modules.items()} | {"README.md": rules}
    return files.write_folder(directory, contents)[:-1]


def _wanted(topic: str, protocol: str, serving: Serving, everything: bool) -> list[ast.FunctionDef]:
    """The functions of a topic that any claim asks for, or all of them."""
    return [method for method in _methods(CLASSES[protocol]) if everything or serving(f"{topic}.{method.name}")]


def _module(topic: str, protocol: str, methods: list[ast.FunctionDef], serving: Serving, budgets: Budgets) -> str:
    """The stubs of one topic: functions for its primitives, and a class for each result type and handle."""
    parts = [_function(method, topic, serving, budgets, is_method=False) for method in methods]
    names = {name for method in methods for name in _class_names(method)}
    for handle in sorted(name for name in names if _has_base(CLASSES[name], "Protocol")):
        names |= {name for method in _methods(CLASSES[handle]) for name in _class_names(method)}
        parts.insert(0, _handle(CLASSES[handle], topic, _of_handle(topic, handle, methods, serving), budgets))
    for result in sorted((name for name in names if _has_base(CLASSES[name], "TypedDict")), reverse=True):
        parts.insert(0, ast.unparse(CLASSES[result]) + "\n")
    # The contract's own name for a type, as an annotation; in prose it is a word.
    body = re.sub(r"(?<=: )Labels\b|(?<=-> )Labels\b", "Integer[np.ndarray, ' n']", "\n\n".join(parts))
    body = re.sub(r"\[np\.ndarray, '([^']*)'\]", r'[np.ndarray, "\1"]', body)
    doc = ast.get_docstring(CLASSES[protocol]) or ""
    legend = 'Array types read `Float[np.ndarray, "n d"]`: a NumPy array of floats of shape (n, d).'
    return f'"""{doc}\n\n{legend}\n"""\n\n{_imports(body)}\n\n\n{body}'


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [child for child in node.body if isinstance(child, ast.FunctionDef)]


def _has_base(node: ast.ClassDef, name: str) -> bool:
    return any(isinstance(base, ast.Name) and base.id == name for base in node.bases)


def _class_names(method: ast.FunctionDef) -> set[str]:
    """The contract's classes that a method's annotations name."""
    return {node.id for node in ast.walk(method) if isinstance(node, ast.Name)} & set(CLASSES)


def _of_handle(topic: str, handle: str, functions: list[ast.FunctionDef], serving: Serving) -> Serving:
    """The claims that ask for a method of a handle: of another one, a method may have the same name."""
    makers = [f"{topic}.{function.name}" for function in functions if handle in _class_names(function)]

    def serving_handle(method: str) -> list[str]:
        having = {claim for maker in makers for claim in serving(maker)}
        return [claim for claim in serving(method) if claim in having]

    return serving_handle


def _handle(node: ast.ClassDef, topic: str, serving: Serving, budgets: Budgets) -> str:
    methods = [_function(method, topic, serving, budgets, is_method=True) for method in _methods(node)]
    body = "\n".join(textwrap.indent(method, "    ") for method in methods)
    return f'class {node.name}:\n    """{ast.get_docstring(node)}"""\n\n{body}'


def _function(node: ast.FunctionDef, topic: str, serving: Serving, budgets: Budgets, is_method: bool) -> str:
    """One stub: the contract's signature and docstring, and an error that names the claims that ask for it."""
    claims = ", ".join(serving(f"{topic}.{node.name}")) or "no claim yet"
    doc = ast.get_docstring(node) or ""
    if LEARNS in {argument.arg for argument in node.args.kwonlyargs} and (lines := budgets(f"{topic}.{node.name}")):
        items = [
            "\n".join(textwrap.wrap(f"- {line}", WIDTH - 4, subsequent_indent="  ", break_on_hyphens=False))
            for line in lines
        ]
        doc = "\n".join([f"{doc}\n\nIts training budgets, and the claims that use them:\n", *items])
    docstring = f'"""{doc}\n"""' if "\n" in doc else f'"""{doc}"""'
    lines = textwrap.wrap(f"needed by {claims}", WIDTH - 20, break_on_hyphens=False)
    message = "\n".join([*(f'"{line} "' for line in lines[:-1]), f'"{lines[-1]}"'])
    statement = f"raise NotImplementedError(\n{textwrap.indent(message, '    ')}\n)"
    return f"{_signature(node, is_method)}\n{textwrap.indent(f'{docstring}{chr(10)}{statement}', '    ')}\n"


def _signature(node: ast.FunctionDef, is_method: bool) -> str:
    """The head of a function, with one argument per line where it would be too long for one line."""
    positional = [argument for argument in node.args.args if is_method or argument.arg != "self"]
    defaults = [None] * (len(node.args.args) - len(node.args.defaults)) + list(node.args.defaults)
    defaults = defaults[len(node.args.args) - len(positional) :]
    arguments = [_argument(argument, default) for argument, default in zip(positional, defaults, strict=True)]
    if node.args.kwonlyargs:
        arguments += ["*", *(_argument(argument, None) for argument in node.args.kwonlyargs)]
    returns = f" -> {ast.unparse(node.returns)}:" if node.returns else ":"
    line = f"def {node.name}({', '.join(arguments)}){returns}"
    if len(line) <= WIDTH:
        return line
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return f"def {node.name}(\n{lines}){returns}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    annotation = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    return f"{argument.arg}{annotation}" + (f" = {ast.unparse(default)}" if default else "")


def _imports(body: str) -> str:
    """The import lines that the annotations need."""
    names = ("Annotated", "Any", "Literal", "TypedDict")
    typing = [name for name in names if any(use in body for use in (f"{name}[", f"({name})", f", {name}]"))]
    arrays = [name for name in ("Bool", "Float", "Float64", "Integer") if f"{name}[" in body]
    lines = [f"from typing import {', '.join(typing)}\n"] if typing else []
    lines.append("import numpy as np")
    lines += [f"from jaxtyping import {', '.join(arrays)}"] if arrays else []
    return "\n".join(lines)
