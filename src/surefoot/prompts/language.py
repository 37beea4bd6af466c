"""The prompt language as data: the parts of Jinja2 a template may use. What is not named is refused."""

ROLES = ("system", "user", "assistant")

# Names of Jinja2's node classes. CallBlock, ExprStmt and ExtensionAttribute are what role tags become.
NODES = frozenset(
    {
        "Add", "And", "Assign", "Call", "CallBlock", "Compare", "Concat", "CondExpr", "Const",
        "ContextReference", "Dict", "Div", "ExprStmt", "ExtensionAttribute", "Filter", "FloorDiv", "For",
        "Getattr", "Getitem", "If", "Include", "Keyword", "List", "Mod", "Mul", "Name", "Neg", "Not",
        "Operand", "Or", "Output", "Pair", "Pos", "Slice", "Sub", "TemplateData", "Test", "Tuple",
    }
)  # fmt: skip

SPELLINGS = {
    "AssignBlock": "{% set %} with a block",
    "Block": "{% block %}",
    "Extends": "{% extends %}",
    "FilterBlock": "{% filter %}",
    "FromImport": "{% from %}",
    "Import": "{% import %}",
    "Macro": "{% macro %}",
    "NSRef": "setting an attribute",
    "Scope": "{% autoescape %}",
    "Pow": "the operator **",
    "With": "{% with %}",
}

FILTERS = (
    "capitalize", "count", "d", "default", "first", "items", "join", "last", "length", "list", "lower", "map",
    "max", "min", "reject", "rejectattr", "replace", "reverse", "select", "selectattr", "sort", "string",
    "title", "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip

TESTS = (
    "boolean", "defined", "divisibleby", "eq", "even", "false", "float", "ge", "gt", "in", "integer",
    "iterable", "le", "lower", "lt", "mapping", "ne", "none", "number", "odd", "sequence", "string", "true",
    "undefined", "upper", "==", "!=", ">", ">=", "<", "<=", "equalto", "greaterthan", "lessthan",
)  # fmt: skip

# Filters and tests that Jinja2 has under two names, and the one that counts.
OTHER_NAMES = {
    "d": "default", "count": "length",
    "==": "eq", "equalto": "eq", "!=": "ne", ">": "gt", "greaterthan": "gt", ">=": "ge", "<": "lt",
    "lessthan": "lt", "<=": "le",
}  # fmt: skip

# Names that mean something to Jinja2 itself, so neither a variable nor a template may use them.
RESERVED = frozenset(
    {
        "and", "caller", "else", "false", "if", "in", "is", "kwargs", "loop", "none", "not", "or", "range",
        "self", "super", "true", "varargs",
    }
)  # fmt: skip

REMEDY = (
    "Use {{ expressions }} with filters, {% for %}, {% if %}, {% set name = value %}, {% include %} "
    "and the role tags."
)
