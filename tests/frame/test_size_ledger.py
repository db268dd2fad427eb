"""Files and functions stay small; what was too large before is listed and may only shrink.

The ledger beside this file maps what is over the limit to its lines: a file by its path, a function
by `path:qualified.name`. It is no place for new excess.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEDGER = Path(__file__).with_name("size_ledger.json")
LINES_MAX = {"files": 500, "functions": 60}


def functions_of(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    """Yield each function's qualified name and lines, its decorators and docstring left out."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from functions_of(node, inside)
            continue
        if not isinstance(node, ast.ClassDef):
            described = ast.get_docstring(node) is not None
            yield inside + node.name, lines_of(node) - (lines_of(node.body[0]) if described else 0)
        yield from functions_of(node, f"{inside}{node.name}.")


def lines_of(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def measured() -> dict[str, dict[str, int]]:
    sizes: dict[str, dict[str, int]] = {"files": {}, "functions": {}}
    for path in sorted((ROOT / "src").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        place = path.relative_to(ROOT).as_posix()
        sizes["files"][place] = len(text.splitlines())
        for name, lines in functions_of(ast.parse(text)):
            sizes["functions"][f"{place}:{name}"] = lines
    return sizes


def test_what_is_too_large_is_in_the_ledger_with_its_size_of_today():
    sizes = measured()
    too_large = {
        kind: {name: lines for name, lines in sizes[kind].items() if lines > most}
        for kind, most in LINES_MAX.items()
    }
    assert too_large == json.loads(LEDGER.read_text(encoding="utf-8")), (
        "split what is new on the left; lower or remove in size_ledger.json what has shrunk"
    )


def test_a_function_is_measured_without_its_docstring():
    source = '''
class A:
    def f(self):
        """Say.

        More.
        """
        return 1
'''
    assert list(functions_of(ast.parse(source))) == [("A.f", 2)]
