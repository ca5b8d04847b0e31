"""The kernel as machine code, by numba: the same functions, compiled once and kept on disk.

The compiler is given a copy of the kernel's source in which
``T.person[p, MAX_DAY]`` reads the flat buffer instead (``flat``). Not here: the functions themselves (``kernel``), and
when they are compiled (``engine``).
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import Any

from scheduler.planning import kernel
from scheduler.planning.flat import ENTRY
from scheduler.planning.state import State
from scheduler.planning.tables import Tables

_FIELDS = {"T": Tables._fields, "S": State._fields}


class _Flat(ast.NodeTransformer):
    """Turns ``T.name[i, j]`` into an element, and ``T.name[i:j]`` into a slice, of the buffer ``T``.

    What a function needs of the directory it reads once, at its beginning.
    """

    def __init__(self) -> None:
        self.used: dict[str, str] = {}

    def entry(self, owner: str, field: str, part: int) -> str:
        """The name under which a number of the directory stands in the function."""
        name = f"{owner}_{field}_{part}"
        self.used[name] = f"{owner}[{ENTRY * _FIELDS[owner].index(field) + part}]"
        return name

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """The same element of the buffer."""
        self.generic_visit(node)
        array = node.value
        if not (isinstance(array, ast.Attribute) and isinstance(array.value, ast.Name) and array.value.id in _FIELDS):
            return node
        owner, field = array.value.id, array.attr
        begin = self.entry(owner, field, 0)
        if isinstance(node.slice, ast.Slice):
            low = f"{begin} + {ast.unparse(node.slice.lower)}" if node.slice.lower else begin
            high = ast.unparse(node.slice.upper) if node.slice.upper else self.entry(owner, field, 3)
            place: ast.expr = ast.Slice(_expression(low), _expression(f"{begin} + {high}"))
        else:
            indexes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            terms = [f"({ast.unparse(index)})" for index in indexes]
            for i in range(len(terms) - 1):
                terms[i] += f" * {self.entry(owner, field, 1 + i)}"
            place = _expression(" + ".join([begin, *terms]))
        return ast.copy_location(ast.Subscript(ast.Name(owner, ast.Load()), place, node.ctx), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """The function for the compiler: its types in a signature, so that it is compiled once and at once."""
        self.used = {}
        self.generic_visit(node)
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.body = [*(ast.parse(f"{name} = {place}").body[0] for name, place in self.used.items()), *node.body]
        takes = ", ".join(_TYPES[ast.unparse(one.annotation)] for one in node.args.args if one.annotation)
        signature = f"{_TYPES[ast.unparse(node.returns or ast.Constant(None))]}({takes})"
        for argument in node.args.args:
            argument.annotation = None
        node.returns = None
        node.decorator_list = [_expression(f"machine('{signature}')")]
        return node


_TYPES = {
    "Tables": "i8[::1]", "State": "i8[::1]", "Ints": "i8[::1]", "int": "i8", "bool": "b1", "None": "void",
    "tuple[int, int]": "UniTuple(i8, 2)",
}  # fmt: skip


#: When building, every function is compiled at once, by its signature; later only those that Python calls are read.
_HEAD = """
from numba import njit
from numba.core.sigutils import normalize_signature
def machine(signature):
    def decorated(function):
        found = njit(cache=True, nogil=True, error_model='numpy')(function)
        if BUILDING:
            found.compile(normalize_signature(signature)[0])
        return found
    return decorated
"""


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _callees_first(functions: dict[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    found: list[ast.FunctionDef] = []

    def add(name: str) -> None:
        function = functions[name]
        if function in found:
            return
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
                add(node.func.id)
        found.append(function)

    for name in functions:
        add(name)
    return found


def flat_source() -> str:
    """The kernel's source for the compiler."""
    tree = ast.parse(inspect.getsource(kernel))
    functions = _callees_first({node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)})
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
    flat = _Flat()
    body = [*imports, *(flat.visit(function) for function in functions)]
    module = ast.Module([*ast.parse(_HEAD).body, *body], [])
    return ast.unparse(ast.fix_missing_locations(module))


def load(folder: Path, fingerprint: str, *, building: bool) -> Any:
    """The kernel's functions, out of ``folder``, where ``fingerprint`` names their version.

    With ``building`` all are compiled and kept; without, those that are called are read from there.
    """
    name = f"takt_kernel_{fingerprint}"
    path = folder / f"{name}.py"
    if building:
        path.write_text(flat_source(), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    vars(module)["BUILDING"] = building
    sys.modules[name] = module  # where the compiler looks for what it has kept
    spec.loader.exec_module(module)
    return module
