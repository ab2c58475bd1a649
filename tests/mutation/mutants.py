"""The mutants of a source: each is one small change, in one place, that a test of its file should notice.

An operator of a comparison, of arithmetic or of logic is exchanged, a condition negated, a constant one more, a factor, a
keyword argument or a statement (the guards above all) left out, a returned value None, a function exchanged with its opposite.
Annotations, decorators, f-strings and what an exception says stay as they are.
"""

import ast
import dataclasses
import re

EXCHANGED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
OPPOSITES = [
    *(("reduce_sum", "reduce_mean"), ("minimum", "maximum"), ("min", "max"), ("any", "all"), ("reduce_any", "reduce_all")),
    *(("zeros_like", "ones_like"), ("zeros", "ones"), ("floor", "ceil"), ("high", "low"), ("softplus", "sigmoid")),
]
OPPOSITE = {name: other for pair in OPPOSITES for name, other in (pair, pair[::-1])}
UNTOUCHED = (ast.JoinedStr, ast.Raise)
# Names, what asserts something that holds, and what concerns speed alone.
UNTOUCHED_ARGUMENTS = ("name", "strict", "autograph", "reduce_retracing", "watch_accessed_variables")
UNTOUCHED_FIELDS = ("annotation", "returns", "decorator_list")
# Functions whose numbers are names: other ones give other noise of the same distribution.
NAMING = ("seed_for",)


@dataclasses.dataclass(frozen=True)
class Mutant:
    """`path` from the root; the qualified name of the function around it; its lines before and after; the whole new source."""

    path: str
    function: str
    line: int
    before: str
    after: str
    source: str = dataclasses.field(repr=False)

    @property
    def key(self):
        """What stays when lines elsewhere in the file move."""
        return (self.path, self.function, " ".join(self.before.split()), " ".join(self.after.split()))

    @property
    def diff(self):
        """Readable: the place, then the lines with - and +."""
        lines = [f"- {line}" for line in self.before.splitlines()] + [f"+ {line}" for line in self.after.splitlines()]
        return "\n".join([f"{self.path}:{self.line} {self.function}", *lines])


def mutants(path, source):
    """All mutants of a source, in the order of their places."""
    found, tree = {}, ast.parse(source)
    text = source.encode()
    starts = [0, *(match.end() for match in re.finditer(rb"\n", text))]
    for node, function in _places(tree, ()):
        for target, replacement in _changes(node):
            begin = starts[target.lineno - 1] + target.col_offset
            end = starts[target.end_lineno - 1] + target.end_col_offset
            if replacement is None:
                begin, end, replacement = *_with_comma(text, begin, end), ""
            found[begin, end, replacement] = function
    return [_mutant(path, text, function, *change) for change, function in sorted(found.items())]


def _mutant(path, text, function, begin, end, replacement):
    first = text.rfind(b"\n", 0, begin) + 1
    last = (text + b"\n").index(b"\n", end)
    after = text[first:begin] + replacement.encode() + text[end:last]
    source = text[:first] + after + text[last:]
    line = text.count(b"\n", 0, begin) + 1
    return Mutant(path, function, line, text[first:last].decode(), after.decode(), source.decode())


def _with_comma(text, begin, end):
    """The range of a keyword argument with the comma that goes with it."""
    if comma := re.match(rb"\s*,\s*", text[end:]):
        return begin, end + comma.end()
    return len(text[:begin].rstrip(b", \n")), end


def _places(node, names):
    """(node, qualified name) of all that may change."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, UNTOUCHED) or field in UNTOUCHED_FIELDS:
                continue
            if isinstance(child, ast.keyword) and child.arg in UNTOUCHED_ARGUMENTS:
                continue
            if isinstance(child, ast.Constant) and _names(node):
                continue
            inner = isinstance(child, ast.FunctionDef | ast.ClassDef)
            # Defaults are values of the place where a function is defined.
            outside = isinstance(node, ast.FunctionDef) and field == "args"
            below = (*names, child.name) if inner else names[:-1] if outside else names
            yield child, ".".join(below)
            yield from _places(child, below)


def _names(node):
    """Whether it is a call of a function whose numbers are names."""
    return isinstance(node, ast.Call) and getattr(node.func, "attr", None) in NAMING


def _changes(node):
    """(node to be replaced, its replacement), of one node; None leaves an argument out."""
    yield from _operators(node)
    match node:
        case ast.If(orelse=[], body=[ast.Raise()]):
            yield node, "pass"
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield test, f"(not ({ast.unparse(test)}))"
        case ast.comprehension(ifs=[test, *_]):
            yield test, f"(not ({ast.unparse(test)}))"
        case ast.Constant(value=bool() as value):
            yield node, str(not value)
        case ast.Constant(value=int() | float() as value):
            yield node, str(value + 1)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Assert():
            yield node, "pass"
        case ast.Return(value=ast.AST() as value) if ast.unparse(value) != "None":
            yield node, "return None"
        case ast.Call(func=ast.Attribute(attr="stop_gradient"), args=[inner]):
            yield node, f"({ast.unparse(inner)})"
        case ast.Call(keywords=keywords):
            yield from ((keyword, None) for keyword in keywords if keyword.arg not in (None, *UNTOUCHED_ARGUMENTS))
        case ast.Name(id=name, ctx=ast.Load()) if name in OPPOSITE:
            yield node, OPPOSITE[name]
        case ast.Attribute(value=inner, attr=name, ctx=ast.Load()) if name in OPPOSITE:
            yield node, f"({ast.unparse(inner)}).{OPPOSITE[name]}"


def _operators(node):
    """Each operator exchanged, one at a time."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in EXCHANGED:
            yield node, _unparsed(ast.BinOp(left, EXCHANGED[type(op)](), right))
            if isinstance(op, ast.Mult):
                yield node, _unparsed(right)
        case ast.BoolOp(op=op, values=values):
            yield node, _unparsed(ast.BoolOp(EXCHANGED[type(op)](), values))
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield node, _unparsed(operand)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for index, op in enumerate(ops):
                changed = [*ops[:index], EXCHANGED[type(op)](), *ops[index + 1 :]]
                yield node, _unparsed(ast.Compare(left, changed, comparators))


def _unparsed(node):
    """In brackets, so that it may stand wherever an expression may."""
    return f"({ast.unparse(node)})"
