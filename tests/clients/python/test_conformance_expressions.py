"""Expressions of every kind to the letter: what they refuse, what holds, what an update leaves."""
import re
import unittest
from decimal import Decimal

from conformance import ENVELOPE, INVALID, Rows, item

TABLE = {
    "TableName": "expr", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in [("p", "S"), ("g", "S"), ("h", "N")]],
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{"IndexName": "gsi", "Projection": {"ProjectionType": "ALL"},
                                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "h", "KeyType": "RANGE"}]}]}
ATTRIBUTES = {
    "p": "a", "s": "hello", "n": 5, "b": b"\x01\x02\x80", "t": True, "nul": None, "e": "", "l": [1, "two", [3, {"x": "deep"}]],
    "m": {"x": 1, "y": {"z": [10, 20]}, "dot.ted": "d"}, "ss": {"a", "b"}, "ns": {1, 2}, "bs": {b"a", b"b"}, "n2": 5, "s2": "hello",
    "big": Decimal("12345678901234567890123456789012345678"), "el": [], "em": {}, "neg": -7, "u": "h\u00e9"}
DISTINCT = "The first operand must be distinct from the remaining operands for this operator or function; operator: "
OPERAND_TYPE = "Incorrect operand type for operator or function; operator or function: "
UPDATE_TYPE = "Incorrect operand type for operator or function; operator: "
COUNT = "Incorrect number of operands for operator or function; operator or function: "
NEEDS_PATH = "Operator or function requires a document path; operator or function: "
MISUSED = "The function is not allowed to be used this way in an expression; function: "
UNKNOWN = "Invalid function name; function: "
RESERVED = "Attribute name is a reserved keyword; reserved keyword: "
NO_NAME = "An expression attribute name used in the document path is not defined; attribute name: "
NO_VALUE = "An expression attribute value used in expression is not defined; attribute value: "
OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: "
REDUNDANT = "The expression has redundant parentheses;"
TOO_MANY = "The expression contains too many operators; operator count: "
TOO_DEEP = "The document path has too many nesting levels; nesting levels: "
TOO_LONG = "Expression size has exceeded the maximum allowed size;"
ALL_TYPES = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"
BAD_PATH = "The document path provided in the update expression is invalid for update"
BETWEEN = "The BETWEEN operator requires "
KEY_PATH = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "


def syntax(token, near):
    return f'Syntax error; token: "{token}", near: "{near}"'


# Condition, values, message after the prefix. Each is asked as a condition and as a filter. The name #n is m.
CONDITION_REFUSALS = [
    ("", {}, "The expression can not be empty;"),
    ("n", {}, syntax("<EOF>", "n")),
    (":v", {":v": 1}, syntax("<EOF>", ":v")),
    ("n =", {}, syntax("<EOF>", "=")),
    ("= n", {}, syntax("=", "= n")),
    ("n = = :v", {":v": 1}, syntax("=", "= = :v")),
    ("n == :v", {":v": 1}, syntax("=", "== :v")),
    ("n != :v", {":v": 1}, syntax("!", "n !=")),
    ("n = 5", {}, syntax("5", "= 5")),
    ("n = 'a'", {}, syntax("'", "= 'a")),
    ("n = \"a\"", {}, syntax("\"", "= \"a")),
    ("n = -:v", {":v": 1}, syntax("-", "= -:v")),
    ("n = :v + :v", {":v": 1}, syntax("+", ":v + :v")),
    ("n = :v :v", {":v": 1}, syntax(":v", ":v :v")),
    ("n = :v AND", {":v": 1}, syntax("<EOF>", "AND")),
    ("AND n = :v", {":v": 1}, syntax("AND", "AND n")),
    ("n = :v AND OR n = :v", {":v": 1}, syntax("OR", "AND OR n")),
    ("n = :v && s = :v", {":v": 1}, syntax("&", ":v &&")),
    ("NOT", {}, syntax("<EOF>", "NOT")),
    ("(n = :v", {":v": 1}, syntax("<EOF>", ":v")),
    ("n = :v)", {":v": 1}, syntax(")", ":v)")),
    ("()", {}, syntax(")", "()")),
    ("m. = :v", {":v": 1}, syntax("=", ". = :v")),
    ("m..x = :v", {":v": 1}, syntax(".", "..x")),
    (".m = :v", {":v": 1}, syntax(".", ".m")),
    ("l[] = :v", {":v": 1}, syntax("]", "[] =")),
    ("l[x] = :v", {":v": 1}, syntax("x", "[x]")),
    ("l[:v] = :v", {":v": 1}, syntax(":v", "[:v]")),
    ("l[-1] = :v", {":v": 1}, syntax("-", "[-1")),
    ("l[1 = :v", {":v": 1}, syntax("=", "1 = :v")),
    ("_n = :v", {":v": 1}, syntax("_", "_n")),
    ("1n = :v", {":v": 1}, ...),
    ("# = :v", {":v": 1}, ...),
    ("n = :", {}, ...),
    ("n BETWEEN :v", {":v": 1}, syntax("<EOF>", ":v")),
    ("n BETWEEN :v AND", {":v": 1}, syntax("<EOF>", "AND")),
    ("n BETWEEN :v OR :v", {":v": 1}, syntax("OR", ":v OR :v")),
    ("n IN :v", {":v": 1}, syntax(":v", "IN :v")),
    ("n IN ()", {}, syntax(")", "()")),
    ("n IN (:v", {":v": 1}, syntax("<EOF>", ":v")),
    ("n IN (:v,)", {":v": 1}, syntax(")", ",)")),
    ("n NOT IN (:v)", {":v": 1}, syntax("NOT", "n NOT IN")),
    ("attribute_exists()", {}, syntax(")", "()")),
    ("attribute_exists(n", {}, syntax("<EOF>", "n")),
    ("attribute_exists n", {}, ...),
    ("n = :v; s = :v", {":v": 1}, syntax(";", ":v; s")),
    ("SET n = :v", {":v": 1}, ...),
    ("((n = :v))", {":v": 1}, REDUNDANT),
    ("((n = :v)) AND s = :v", {":v": 1}, REDUNDANT),
    ("((n)) = :v", {":v": 1}, REDUNDANT),
    ("(((n = :v) AND s = :v))", {":v": 1}, REDUNDANT),
    ("Attribute_exists(n)", {}, UNKNOWN + "Attribute_exists"),
    ("ATTRIBUTE_EXISTS(n)", {}, UNKNOWN + "ATTRIBUTE_EXISTS"),
    ("f(n) = :v", {":v": 1}, UNKNOWN + "f"),
    ("f(n)", {}, UNKNOWN + "f"),
    ("if_not_exists(n, :v)", {":v": 1}, "The function is not allowed in a condition expression; function: if_not_exists"),
    ("n = if_not_exists(n, :v)", {":v": 1}, "The function is not allowed in a condition expression; function: if_not_exists"),
    ("list_append(l, :v) = :v", {":v": [1]}, "The function is not allowed in a condition expression; function: list_append"),
    ("size(n)", {}, MISUSED + "size"),
    ("NOT size(n)", {}, MISUSED + "size"),
    ("attribute_exists(n) = :v", {":v": True}, MISUSED + "attribute_exists"),
    (":v = contains(s, :v)", {":v": "a"}, MISUSED + "contains"),
    ("size(attribute_exists(n)) = :v", {":v": 1}, MISUSED + "attribute_exists"),
    ("attribute_exists(n, s)", {}, COUNT + "attribute_exists, number of operands: 2"),
    ("attribute_not_exists(n, s)", {}, COUNT + "attribute_not_exists, number of operands: 2"),
    ("attribute_type(n)", {}, COUNT + "attribute_type, number of operands: 1"),
    ("begins_with(s)", {}, COUNT + "begins_with, number of operands: 1"),
    ("begins_with(s, :v, :v)", {":v": "h"}, COUNT + "begins_with, number of operands: 3"),
    ("contains(s)", {}, COUNT + "contains, number of operands: 1"),
    ("contains(s, :v, :v)", {":v": "h"}, COUNT + "contains, number of operands: 3"),
    ("size(n, s) = :v", {":v": 1}, COUNT + "size, number of operands: 2"),
    ("attribute_exists(:v)", {":v": 1}, NEEDS_PATH + "attribute_exists"),
    ("attribute_not_exists(:v)", {":v": 1}, NEEDS_PATH + "attribute_not_exists"),
    ("attribute_exists(size(n))", {}, NEEDS_PATH + "attribute_exists"),
    ("attribute_type(n, s)", {}, OPERAND_TYPE + "attribute_type, operand type: " + ALL_TYPES),
    ("attribute_type(n, :v)", {":v": 1}, OPERAND_TYPE + "attribute_type, operand type: N"),
    ("attribute_type(n, :v)", {":v": {"S"}}, OPERAND_TYPE + "attribute_type, operand type: SS"),
    ("attribute_type(n, :v)", {":v": "String"}, "Invalid attribute type name found; type: String, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"),
    ("attribute_type(n, :v)", {":v": "s"}, "Invalid attribute type name found; type: s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"),
    *[(f"begins_with({pair})", {":v": v, ":w": "x"} if ":w" in pair else {":v": v}, OPERAND_TYPE + f"begins_with, operand type: {t}")
      for v, t in [(1, "N"), (True, "BOOL"), (None, "NULL"), ({"a"}, "SS"), ({1}, "NS"), ({b"a"}, "BS"), ([1], "L"), ({"x": 1}, "M")]
      for pair in ("s, :v", ":v, :w")],
    *[("size(:v) = n", {":v": v}, OPERAND_TYPE + f"size, operand type: {t}") for v, t in [(1, "N"), (True, "BOOL"), (None, "NULL")]],
    *[(f"n {op} :v", {":v": v}, OPERAND_TYPE + f"{op}, operand type: {t}")
      for v, t in [(True, "BOOL"), (None, "NULL"), ({"a"}, "SS"), ({1}, "NS"), ({b"a"}, "BS"), ([1], "L"), ({"x": 1}, "M")]
      for op in ("<", "<=", ">", ">=")],
    *[(f":v {op} n", {":v": True}, OPERAND_TYPE + f"{op}, operand type: BOOL") for op in ("<", "<=", ">", ">=")],
    *[("n BETWEEN :v AND :w", {":v": v, ":w": v}, OPERAND_TYPE + f"BETWEEN, operand type: {t}")
      for v, t in [(True, "BOOL"), (None, "NULL"), ({"a"}, "SS"), ([1], "L"), ({"x": 1}, "M")]],
    ("n BETWEEN :v AND :w", {":v": 2, ":w": 1}, BETWEEN + "upper bound to be greater than or equal to lower bound; lower bound operand: "
     "AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"),
    ("n BETWEEN :v AND :w", {":v": "b", ":w": "a"}, BETWEEN + "upper bound to be greater than or equal to lower bound; lower bound operand: "
     "AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"),
    ("n BETWEEN :v AND :w", {":v": 2, ":w": "a"}, BETWEEN + "same data type for lower and upper bounds; lower bound operand: "
     "AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:a}"),
    *[(f"n {op} n", {}, DISTINCT + f"{op}, first operand: [n]") for op in ("=", "<>", "<", "<=", ">", ">=")],
    ("m.y.z[1] = m.y.z[1]", {}, DISTINCT + "=, first operand: [m, y, z, [1]]"),
    ("#n = m", {}, DISTINCT + "=, first operand: [m]"),
    ("contains(s, s)", {}, DISTINCT + "contains, first operand: [s]"),
    ("size = :v", {":v": 1}, RESERVED + "size"),
    ("m.Size = :v", {":v": 1}, RESERVED + "Size"),
    ("attribute_exists(NAME)", {}, RESERVED + "NAME"),
    ("n = :v AND data IN (:v)", {":v": 1}, RESERVED + "data"),
    ("#x = :v", {":v": 1}, NO_NAME + "#x"),
    ("m.#x = :v", {":v": 1}, NO_NAME + "#x"),
    ("n = :x", {}, NO_VALUE + ":x"),
    ("n IN (:v, :x)", {":v": 1}, NO_VALUE + ":x"),
    # Several errors: the whole text is looked through for the first four kinds, then condition by condition.
    ("((n = :x))", {}, REDUNDANT),
    ("((n = :v)) AND f(n)", {":v": 1}, REDUNDANT),
    ("size = :v AND f(n)", {":v": 1}, UNKNOWN + "f"),
    ("#x = :v AND size(n)", {":v": 1}, MISUSED + "size"),
    ("#x = :v AND name = :v", {":v": 1}, RESERVED + "name"),
    ("n = n AND #x = :v", {":v": 1}, DISTINCT + "=, first operand: [n]"),
    ("#x = :v AND n = n", {":v": 1}, NO_NAME + "#x"),
    ("#x = :x", {}, NO_NAME + "#x"),
    ("n = :v AND n =", {":v": 1}, syntax("<EOF>", "=")),
    ("((n = :v)) AND", {":v": 1}, syntax("<EOF>", "AND")),
    # Limits.
    ("n = :v" + " " * 4091, {":v": 1}, TOO_LONG),
    ("((n = :v" + " " * 4089, {":v": 1}, TOO_LONG),
    (" OR ".join(["n=:v"] * 151), {":v": 1}, TOO_MANY + "301"),
    ("NOT " * 300 + "n=:v", {":v": 1}, TOO_MANY + "301"),
    ("attribute_exists(m" + ".x" * 32 + ")", {}, TOO_DEEP + "33"),
    ("n IN (" + ",".join([":v"] * 100) + ")", {":v": 1}, COUNT + "IN, number of operands: 101"),
]

# Condition, values, whether it holds for the item. Each is asked of a filter, a put and a condition check.
CONDITIONS = [
    ("attribute_exists(n)", {}, True), ("attribute_exists(lost)", {}, False), ("attribute_exists(m.y.z[1])", {}, True),
    ("attribute_exists(m.y.z[2])", {}, False), ("attribute_exists(n.x)", {}, False), ("attribute_exists(n[0])", {}, False),
    ("attribute_exists(nul)", {}, True), ("attribute_exists(l[2][1].x)", {}, True), ("attribute_exists(m[0])", {}, False),
    ("attribute_exists(l.x)", {}, False), ("attribute_exists(ss[0])", {}, False), ("attribute_exists(l[99999])", {}, False),
    ("attribute_not_exists(lost)", {}, True), ("attribute_not_exists(lost.x[3])", {}, True), ("attribute_not_exists(n)", {}, False),
    *[(f"attribute_type({a}, :v)", {":v": t}, t == of) for a, of in
      [("s", "S"), ("n", "N"), ("b", "B"), ("t", "BOOL"), ("nul", "NULL"), ("l", "L"), ("m", "M"), ("ss", "SS"), ("ns", "NS"), ("bs", "BS"), ("lost", "-")]
      for t in ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")],
    ("attribute_type(:w, :v)", {":w": 1, ":v": "N"}, True), ("attribute_type(m.x, :v)", {":v": "N"}, True),
    ("begins_with(s, :v)", {":v": "he"}, True), ("begins_with(s, :v)", {":v": "hello"}, True), ("begins_with(s, :v)", {":v": "hello!"}, False),
    ("begins_with(s, :v)", {":v": "He"}, False), ("begins_with(s, :v)", {":v": ""}, True), ("begins_with(lost, :v)", {":v": "a"}, False),
    ("begins_with(b, :v)", {":v": b"\x01\x02"}, True), ("begins_with(b, :v)", {":v": b"\x02"}, False), ("begins_with(s, :v)", {":v": b"he"}, False),
    ("begins_with(n, :v)", {":v": "5"}, False), ("begins_with(l, :v)", {":v": "5"}, False), ("begins_with(s, s2)", {}, True),
    ("begins_with(:v, s)", {":v": "hello world"}, True),
    ("contains(s, :v)", {":v": "ell"}, True), ("contains(s, :v)", {":v": "elo"}, False), ("contains(s, :v)", {":v": ""}, True),
    ("contains(s, :v)", {":v": 5}, False), ("contains(b, :v)", {":v": b"\x02\x80"}, True), ("contains(b, :v)", {":v": b"\x80\x02"}, False),
    ("contains(ss, :v)", {":v": "a"}, True), ("contains(ss, :v)", {":v": "c"}, False), ("contains(ns, :v)", {":v": Decimal("1.0")}, True),
    ("contains(ns, :v)", {":v": "1"}, False), ("contains(bs, :v)", {":v": b"a"}, True), ("contains(ss, :v)", {":v": {"a"}}, False),
    ("contains(l, :v)", {":v": 1}, True), ("contains(l, :v)", {":v": "1"}, False), ("contains(l, :v)", {":v": [3, {"x": "deep"}]}, True),
    ("contains(l, :v)", {":v": [3]}, False), ("contains(l[2], :v)", {":v": {"x": "deep"}}, True), ("contains(m, :v)", {":v": "x"}, False),
    ("contains(n, :v)", {":v": 5}, False), ("contains(lost, :v)", {":v": 5}, False), ("contains(s, lost)", {}, False),
    ("contains(:v, n)", {":v": {4, 5}}, True), ("contains(:v, s)", {":v": ["hello"]}, True), ("contains(ss, s)", {}, False),
    *[(f"size({a}) = :v", {":v": size}, True) for a, size in
      [("s", 5), ("b", 3), ("e", 0), ("l", 3), ("m", 3), ("ss", 2), ("ns", 2), ("bs", 2), ("el", 0), ("em", 0), ("m.y.z", 2), ("l[1]", 3)]],
    ("size(n) = :v", {":v": 1}, False), ("size(n) <> :v", {":v": 1}, True), ("size(lost) = :v", {":v": 0}, False),
    ("size(t) >= :v", {":v": 0}, False), ("size(nul) >= :v", {":v": 0}, False), ("size(s) > :v", {":v": "4"}, False),
    ("size(s) = n", {}, True), ("size(s) > size(ss)", {}, True), ("size(ss) = size(ns)", {}, True), ("size(:v) = n", {":v": "12345"}, True),
    ("size(s) BETWEEN :v AND :w", {":v": 5, ":w": 5}, True), ("size(s) IN (:v, n)", {":v": 1}, True), (":v < size(l)", {":v": 2}, True),
    ("n = :v", {":v": 5}, True), ("n = :v", {":v": Decimal("5.00")}, True), ("n = :v", {":v": "5"}, False), ("n <> :v", {":v": "5"}, True),
    ("n <> :v", {":v": 5}, False), ("n < :v", {":v": "6"}, False), ("n > :v", {":v": "4"}, False), ("n = n2", {}, True), ("s = s2", {}, True),
    ("n <> n2", {}, False), ("n < n2", {}, False), ("n <= n2", {}, True), ("s > :v", {":v": "Hello"}, True), ("s < :v", {":v": "hello "}, True),
    ("u > :v", {":v": "hz"}, True), ("b > :v", {":v": b"\x01\x02\x7f"}, True), ("b < :v", {":v": b"\x01\x02\x80\x00"}, True), ("neg < :v", {":v": -6}, True),
    ("neg > :v", {":v": -10}, True), ("t = :v", {":v": True}, True), ("t = :v", {":v": False}, False), ("nul = :v", {":v": None}, True),
    ("e = :v", {":v": ""}, True), ("l = :v", {":v": [1, "two", [3, {"x": "deep"}]]}, True), ("l = :v", {":v": [1, [3, {"x": "deep"}], "two"]}, False),
    ("m = :v", {":v": {"y": {"z": [10, 20]}, "dot.ted": "d", "x": 1}}, True), ("m = :v", {":v": {"x": 1}}, False), ("m.y = :v", {":v": {"z": [10, 20]}}, True),
    ("ns = :v", {":v": {2, 1}}, True), ("ns = :v", {":v": {1}}, False), ("ns = :v", {":v": {"1", "2"}}, False), ("el = :v", {":v": []}, True),
    ("big = :v", {":v": Decimal("12345678901234567890123456789012345678")}, True), ("big < :v", {":v": Decimal("12345678901234567890123456789012345679")}, True),
    ("lost = :v", {":v": 1}, False), ("lost <> :v", {":v": 1}, True), ("lost < :v", {":v": 1}, False), ("lost = gone", {}, False), ("lost <> gone", {}, True),
    ("lost <= gone", {}, False), ("NOT lost = :v", {":v": 1}, True), ("NOT lost < :v", {":v": 1}, True), ("lost IN (:v)", {":v": 1}, False),
    ("n BETWEEN :v AND :w", {":v": 5, ":w": 6}, True), ("n BETWEEN :v AND :w", {":v": 4, ":w": 5}, True), ("n BETWEEN :v AND :w", {":v": 6, ":w": 7}, False),
    ("n BETWEEN :v AND :w", {":v": "1", ":w": "9"}, False), ("n BETWEEN neg AND n2", {}, True), ("n BETWEEN n2 AND neg", {}, False),
    (":v BETWEEN neg AND n", {":v": 0}, True), ("s BETWEEN :v AND :w", {":v": "h", ":w": "i"}, True), ("b BETWEEN :v AND :w", {":v": b"\x01", ":w": b"\x02"}, True),
    ("lost BETWEEN :v AND :w", {":v": 1, ":w": 2}, False), ("NOT n BETWEEN :v AND :w", {":v": 6, ":w": 7}, True),
    ("n IN (:v, :w)", {":v": "5", ":w": 5}, True), ("n IN (:v)", {":v": "5"}, False), ("el IN (:v)", {":v": []}, True),
    ("nul IN (:v)", {":v": None}, True), ("ss IN (:v)", {":v": {"b", "a"}}, True), (":v IN (neg, n)", {":v": 5}, True),
    ("n IN (" + ",".join([":v"] * 98 + [":w"]) + ")", {":v": 1, ":w": 5}, True),
    ("n = :v OR n = :w AND s = :v", {":v": 5, ":w": 1}, True), ("(n = :v OR n = :w) AND s = :v", {":v": 5, ":w": 1}, False),
    ("NOT n = :v OR n = :v", {":v": 5}, True), ("NOT (n = :v OR n = :v)", {":v": 5}, False), ("NOT NOT n = :v", {":v": 5}, True),
    ("not n = :w and s = s2 or n = :w", {":w": 1}, True), ("n between :v aNd :w", {":v": 1, ":w": 9}, True), ("n in (:v)", {":v": 5}, True),
    ("(n) = (:v)", {":v": 5}, True), ("(n = :v)", {":v": 5}, True), ("((n = :v) AND (s = s2))", {":v": 5}, True), ("n=:v", {":v": 5}, True),
    ("\tn\r\n=\n:v ", {":v": 5}, True), ("n = :v" + " " * 4090, {":v": 5}, True), (" OR ".join(["n=:v"] * 150), {":v": 5}, True),
    ("#n.x = :v", {":v": 1}, True), ("m.#d = :v", {":v": "d"}, True), ("#d = :v", {":v": "d"}, False), ("l [ 0 ] = :v", {":v": 1}, True), ("m . x = :v", {":v": 1}, True),
]

# Update, values, message after "Invalid UpdateExpression: ".
UPDATE_REFUSALS = [
    ("", {}, "The expression can not be empty;"),
    ("SET", {}, syntax("<EOF>", "SET")),
    ("n = :v", {":v": 1}, syntax("n", "n =")),
    ("SET n", {}, syntax("<EOF>", "n")),
    ("SET n =", {}, syntax("<EOF>", "=")),
    ("SET n = :v,", {":v": 1}, syntax("<EOF>", ",")),
    ("SET n = :v, , s = :v", {":v": 1}, syntax(",", ", , s")),
    ("SET n = :v s = :v", {":v": 1}, syntax("s", ":v s =")),
    ("SET n = 5", {}, syntax("5", "= 5")),
    ("SET n += :v", {":v": 1}, syntax("+", "n +=")),
    ("SET n = n + :v + :v", {":v": 1}, syntax("+", ":v + :v")),
    ("SET n = n * :v", {":v": 1}, syntax("*", "n * :v")),
    ("SET n = -:v", {":v": 1}, syntax("-", "= -:v")),
    ("SET :v = n", {":v": 1}, syntax(":v", "SET :v =")),
    ("SET n = :v AND s = :v", {":v": 1}, ...),
    ("SET n = if_not_exists(n, :v + :v)", {":v": 1}, syntax("+", ":v + :v")),
    ("SET l = list_append(l, :v", {":v": [1]}, syntax("<EOF>", ":v")),
    ("SET if_not_exists(n, :v) = :v", {":v": 1}, syntax("(", "if_not_exists(n")),
    ("REMOVE", {}, syntax("<EOF>", "REMOVE")),
    ("REMOVE n,", {}, syntax("<EOF>", ",")),
    ("REMOVE n s", {}, syntax("s", "n s")),
    ("REMOVE :v", {":v": 1}, syntax(":v", "REMOVE :v")),
    ("REMOVE l[]", {}, syntax("]", "[]")),
    ("ADD n", {}, syntax("<EOF>", "n")),
    ("ADD n s", {}, syntax("s", "n s")),
    ("ADD n = :v", {":v": 1}, syntax("=", "n = :v")),
    ("ADD n :v + :v", {":v": 1}, syntax("+", ":v + :v")),
    ("DELETE ss", {}, syntax("<EOF>", "ss")),
    ("DELETE ss :v :v", {":v": {"a"}}, syntax(":v", ":v :v")),
    ("SET n = :v REMOVE", {":v": 1}, syntax("<EOF>", "REMOVE")),
    ("PUT n = :v", {":v": 1}, syntax("PUT", "PUT n")),
    ("SET _n = :v", {":v": 1}, syntax("_", "SET _n")),
    ('SET n = :v SET s = :v', {":v": 1}, 'The "SET" section can only be used once in an update expression;'),
    ('REMOVE n remove s', {}, 'The "REMOVE" section can only be used once in an update expression;'),
    ('ADD n :v SET s = :v ADD h :v', {":v": 1}, 'The "ADD" section can only be used once in an update expression;'),
    ('DELETE ss :v DELETE x :v', {":v": {"a"}}, 'The "DELETE" section can only be used once in an update expression;'),
    ("SET n = f(:v)", {":v": 1}, UNKNOWN + "f"),
    ("SET n = IF_NOT_EXISTS(n, :v)", {":v": 1}, UNKNOWN + "IF_NOT_EXISTS"),
    ("SET n = size(s)", {}, ...),
    ("SET n = attribute_exists(s)", {}, ...),
    ("SET name = :v", {":v": 1}, RESERVED + "name"),
    ("REMOVE m.values", {}, RESERVED + "values"),
    ("SET n = status", {}, RESERVED + "status"),
    ("ADD count :v", {":v": 1}, RESERVED + "count"),
    ("SET #x = :v", {":v": 1}, NO_NAME + "#x"),
    ("SET n = :x", {}, NO_VALUE + ":x"),
    ("SET n = if_not_exists(#x, :v)", {":v": 1}, NO_NAME + "#x"),
    ("ADD n :x", {}, NO_VALUE + ":x"),
    ("SET n = :v, n = :v", {":v": 1}, OVERLAP + "[n], path two: [n]"),
    ("SET m = :v, m.x = :v", {":v": 1}, OVERLAP + "[m], path two: [m, x]"),
    ("SET m.x = :v REMOVE m", {":v": 1}, OVERLAP + "[m, x], path two: [m]"),
    ("REMOVE l[0], l[0]", {}, OVERLAP + "[l, [0]], path two: [l, [0]]"),
    ("REMOVE l[0], l[00]", {}, syntax("0", "00]")),
    ("SET l[0].x = :v, l[0] = :v", {":v": 1}, OVERLAP + "[l, [0], x], path two: [l, [0]]"),
    ("SET n = :v ADD n :v", {":v": 1}, OVERLAP + "[n], path two: [n]"),
    ("SET m.x = :v, #n.x = :v", {":v": 1}, OVERLAP + "[m, x], path two: [m, x]"),
    ("SET m.x = :v, m[0] = :v", {":v": 1}, CONFLICT + "[m, x], path two: [m, [0]]"),
    *[("ADD n :v", {":v": v}, UPDATE_TYPE + f"ADD, operand type: {t}, typeSet: ALLOWED_FOR_ADD_OPERAND")
      for v, t in [("a", "STRING"), (b"a", "Binary"), (True, "BOOL"), (None, "NULL"), ([1], "LIST"), ({"x": 1}, "MAP")]],
    *[("DELETE n :v", {":v": v}, UPDATE_TYPE + f"DELETE, operand type: {t}, typeSet: ALLOWED_FOR_ADD_OPERAND")
      for v, t in [(1, "NUMBER"), ("a", "STRING"), (b"a", "Binary"), (True, "BOOL"), (None, "NULL"), ([1], "LIST"), ({"x": 1}, "MAP")]],
    *[(f"SET n = {pair}", {":v": v}, OPERAND_TYPE + f"{op}, operand type: {t}")
      for v, t in [("a", "S"), (b"a", "B"), (True, "BOOL"), (None, "NULL"), ([1], "L"), ({"x": 1}, "M"), ({"a"}, "SS"), ({1}, "NS"), ({b"a"}, "BS")]
      for op, pair in [("+", "n + :v"), ("-", ":v - n")]],
    *[("SET l = " + call, {":v": v}, OPERAND_TYPE + f"list_append, operand type: {t}")
      for v, t in [("a", "S"), (1, "N"), ({"x": 1}, "M"), ({"a"}, "SS")] for call in ("list_append(l, :v)", "list_append(:v, l)")],
    ("SET n = if_not_exists(n)", {}, COUNT + "if_not_exists, number of operands: 1"),
    ("SET n = if_not_exists(n, :v, :v)", {":v": 1}, COUNT + "if_not_exists, number of operands: 3"),
    ("SET l = list_append(l)", {}, COUNT + "list_append, number of operands: 1"),
    ("SET l = list_append(l, l, l)", {}, COUNT + "list_append, number of operands: 3"),
    ("SET n = if_not_exists(:v, :v)", {":v": 1}, NEEDS_PATH + "if_not_exists"),
    ("SET l = list_append(list_append(l, :v), :v)", {":v": [1]}, MISUSED + "list_append"),
    ("SET l = if_not_exists(l, list_append(l, :v))", {":v": [1]}, MISUSED + "list_append"),
    ("REMOVE m" + ".x" * 32, {}, TOO_DEEP + "33"),
    ("SET n = :v" + " " * 4087, {":v": 1}, TOO_LONG),
    # Several errors.
    ("SET name = f(:x), name = :x", {}, RESERVED + "name"),
    ("SET n = f(:x) SET n = :x", {}, UNKNOWN + "f"),
    ("SET n = :x SET #x = :x", {}, 'The "SET" section can only be used once in an update expression;'),
    ("SET #x = :x", {}, NO_NAME + "#x"),
    ("SET n = :x, n = :x", {}, NO_VALUE + ":x"),
    ("SET m.x = :v, m[0] = :v, n = :v, n = :v", {":v": 1}, OVERLAP + "[n], path two: [n]"),
    ("SET n = :v ADD n :v", {":v": "a"}, OVERLAP + "[n], path two: [n]"),
]

# Update, values, message as a whole: what the table or the data refuses. Changes nothing.
DATA_REFUSALS = [
    *[(f"{update}", values, INVALID + "Cannot update attribute p. This attribute is part of the key")
      for update, values in [("SET p = :v", {":v": "a"}), ("REMOVE p", {}), ("ADD p :v", {":v": 1}), ("DELETE p :v", {":v": {"a"}})]],
    ("SET p.x = :v", {":v": 1}, KEY_PATH + "Key: p"),
    ("REMOVE g[0]", {}, KEY_PATH + "IndexKey: g"),
    ("SET g = :v", {":v": 1}, INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"),
    ("SET g = :v", {":v": None}, INVALID + "Type mismatch for Index Key g Expected: S Actual: NULL IndexName: gsi"),
    ("SET h = :v", {":v": "a"}, INVALID + "Type mismatch for Index Key h Expected: N Actual: S IndexName: gsi"),
    ("SET g = :v", {":v": ""}, "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a "
     "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."),
    ("SET g = n", {}, "The update expression attempted to update the secondary index key to unsupported type"),
    ("SET x = lost", {}, NO_ATTRIBUTE), ("SET x = lost + :v", {":v": 1}, NO_ATTRIBUTE), ("SET x = :v - m.lost", {":v": 1}, NO_ATTRIBUTE),
    ("SET x = l[7]", {}, NO_ATTRIBUTE), ("SET x = list_append(lost, :v)", {":v": [1]}, NO_ATTRIBUTE), ("SET x = if_not_exists(lost, gone)", {}, NO_ATTRIBUTE),
    ("SET x = s + :v", {":v": 1}, WRONG_TYPE), ("SET x = :v - l", {":v": 1}, WRONG_TYPE), ("SET x = list_append(n, :v)", {":v": [1]}, WRONG_TYPE),
    ("SET x = list_append(l, ss)", {}, WRONG_TYPE), ("ADD s :v", {":v": 1}, WRONG_TYPE), ("ADD n :v", {":v": {1}}, WRONG_TYPE), ("ADD ss :v", {":v": 1}, WRONG_TYPE),
    ("ADD ss :v", {":v": {1}}, WRONG_TYPE), ("ADD l :v", {":v": {1}}, WRONG_TYPE), ("DELETE ss :v", {":v": {1}}, WRONG_TYPE), ("DELETE n :v", {":v": {1}}, WRONG_TYPE),
    ("DELETE l :v", {":v": {1}}, WRONG_TYPE), ("ADD nul :v", {":v": 1}, WRONG_TYPE),
    ("SET lost.x = :v", {":v": 1}, BAD_PATH), ("SET lost[0] = :v", {":v": 1}, BAD_PATH), ("SET n.x = :v", {":v": 1}, BAD_PATH), ("SET n[0] = :v", {":v": 1}, BAD_PATH),
    ("SET m[0] = :v", {":v": 1}, BAD_PATH), ("SET l.x = :v", {":v": 1}, BAD_PATH), ("SET ss[0] = :v", {":v": 1}, BAD_PATH), ("SET l[9].x = :v", {":v": 1}, BAD_PATH),
    ("SET m.lost.x = :v", {":v": 1}, BAD_PATH), ("REMOVE lost.x", {}, BAD_PATH), ("REMOVE n.x", {}, BAD_PATH), ("REMOVE m.lost.x", {}, BAD_PATH),
    ("REMOVE m[0]", {}, BAD_PATH), ("REMOVE l.x", {}, BAD_PATH), ("ADD lost.x :v", {":v": 1}, BAD_PATH), ("DELETE lost.x :v", {":v": {"a"}}, BAD_PATH),
    ("SET x = :v, y = lost", {":v": 1}, NO_ATTRIBUTE),
]

P38, P37 = Decimal("9" * 38), Decimal("9" * 37 + "8")

# Attributes before, update, values, attributes after.
UPDATES = [
    ({}, "SET a = :v", {":v": 1}, {"a": 1}), ({"a": 1}, "SET a = :v", {":v": "s"}, {"a": "s"}), ({"a": 1}, "SET b = a, a = :v", {":v": 2}, {"a": 2, "b": 1}),
    ({"a": 1, "b": 2}, "SET a = b, b = a", {}, {"a": 2, "b": 1}), ({"a": 1}, "SET b = a + a", {}, {"a": 1, "b": 2}), ({"a": 1}, "SET a = :v - a", {":v": 10}, {"a": 9}),
    ({"a": 1}, "SET a = (a + :v)", {":v": 1}, {"a": 2}), ({"a": 1}, "SET a = (a) - (:v)", {":v": 1}, {"a": 0}), ({"a": 1}, "set a = :v remove b", {":v": 2}, {"a": 2}),
    ({}, "SET a = :v + :v", {":v": 1}, {"a": 2}), ({}, "SET a = if_not_exists(a, :v)", {":v": 1}, {"a": 1}), ({"a": 3}, "SET a = if_not_exists(a, :v)", {":v": 1}, {"a": 3}),
    ({}, "SET a = if_not_exists(a, :v) + :w", {":v": 1, ":w": 2}, {"a": 3}), ({"b": 7}, "SET a = if_not_exists(a, if_not_exists(b, :v))", {":v": 1}, {"a": 7, "b": 7}),
    ({}, "SET a = if_not_exists(a, if_not_exists(b, :v))", {":v": 1}, {"a": 1}), ({"a": None}, "SET b = if_not_exists(a, :v)", {":v": 1}, {"a": None, "b": None}),
    ({"m": {}}, "SET m.a = if_not_exists(m.a, :v)", {":v": []}, {"m": {"a": []}}), ({"b": 1}, "SET a = if_not_exists(b, lost)", {}, {"a": 1, "b": 1}),
    ({}, "SET a = list_append(if_not_exists(a, :e), :v)", {":e": [], ":v": [1]}, {"a": [1]}), ({"a": [0]}, "SET a = list_append(if_not_exists(a, :e), :v)", {":e": [], ":v": [1]}, {"a": [0, 1]}),
    ({"a": [1]}, "SET a = list_append(:v, a)", {":v": [0]}, {"a": [0, 1]}), ({"a": [1]}, "SET a = list_append(a, a)", {}, {"a": [1, 1]}),
    ({"a": [1, 2]}, "SET a[1] = :v", {":v": "x"}, {"a": [1, "x"]}), ({"a": [1, 2]}, "SET a[2] = :v", {":v": 3}, {"a": [1, 2, 3]}), ({"a": [1, 2]}, "SET a[99] = :v", {":v": 3}, {"a": [1, 2, 3]}),
    ({"a": [1]}, "SET a[9] = :v, a[5] = :w", {":v": 9, ":w": 5}, {"a": [1, 5, 9]}), ({"a": []}, "SET a[0] = :v", {":v": 1}, {"a": [1]}),
    ({"a": [1, 2, 3]}, "REMOVE a[0]", {}, {"a": [2, 3]}), ({"a": [1, 2, 3]}, "REMOVE a[0], a[2]", {}, {"a": [2]}), ({"a": [1, 2, 3]}, "REMOVE a[2], a[0]", {}, {"a": [2]}),
    ({"a": [1, 2, 3]}, "REMOVE a[7]", {}, {"a": [1, 2, 3]}), ({"a": [1, 2, 3]}, "SET a[1] = :v REMOVE a[0]", {":v": "x"}, {"a": ["x", 3]}),
    ({"a": [1, 2, 3]}, "SET a[3] = :v REMOVE a[0]", {":v": 4}, {"a": [2, 3, 4]}), ({"a": [1]}, "REMOVE a[0]", {}, {"a": []}), ({"a": [[1, 2], 3]}, "REMOVE a[0][1]", {}, {"a": [[1], 3]}),
    ({"a": [{"x": 1}]}, "SET a[0].y = a[0].x", {}, {"a": [{"x": 1, "y": 1}]}), ({"m": {"x": {"y": 1}}}, "SET m.x.y = m.x.y + :v", {":v": 1}, {"m": {"x": {"y": 2}}}),
    ({"m": {"x": 1}}, "REMOVE m.x", {}, {"m": {}}), ({"m": {"x": 1}}, "REMOVE m.y", {}, {"m": {"x": 1}}), ({"a": 1}, "REMOVE a, b", {}, {}), ({"m": {"x": 1}}, "SET m.#d = :v", {":v": 1}, {"m": {"x": 1, "a.b": 1}}),
    ({}, "ADD a :v", {":v": 3}, {"a": 3}), ({"a": 3}, "ADD a :v", {":v": -5}, {"a": -2}), ({"m": {}}, "ADD m.a :v", {":v": 1}, {"m": {"a": 1}}), ({"a": [1]}, "ADD a[0] :v", {":v": 1}, {"a": [2]}),
    ({}, "ADD a :v", {":v": {"x"}}, {"a": {"x"}}), ({"a": {"x"}}, "ADD a :v", {":v": {"x", "y"}}, {"a": {"x", "y"}}), ({"a": {1}}, "ADD a :v", {":v": {Decimal("1.0"), 2}}, {"a": {1, 2}}),
    ({"a": {b"x"}}, "ADD a :v", {":v": {b"y"}}, {"a": {b"x", b"y"}}), ({"a": {"x", "y"}}, "DELETE a :v", {":v": {"x", "z"}}, {"a": {"y"}}), ({"a": {"x"}}, "DELETE a :v", {":v": {"x"}}, {}),
    ({}, "DELETE a :v", {":v": {"x"}}, {}), ({"m": {"a": {1}}}, "DELETE m.a :v", {":v": {1}}, {"m": {}}), ({"a": {1, 2}}, "DELETE a :v", {":v": {Decimal("1.00")}}, {"a": {2}}),
    ({"a": 1, "b": {"x"}}, "SET c = :v ADD a :v DELETE b :s REMOVE d", {":v": 1, ":s": {"x"}}, {"a": 2, "c": 1}),
    ({"a": P38}, "SET a = a - :v", {":v": 1}, {"a": P37}), ({"a": Decimal("0.1")}, "ADD a :v", {":v": Decimal("0.2")}, {"a": Decimal("0.3")}),
    ({"a": P37}, "ADD a :v", {":v": 1}, {"a": P38}), ({"a": P38}, "ADD a :v", {":v": 1}, {"a": Decimal("1E38")}), ({"a": 5}, "SET a = a - a", {}, {"a": 0}),
    ({"a": Decimal("1E-130")}, "SET a = a + a", {}, {"a": Decimal("2E-130")}), ({"a": Decimal("9E125")}, "SET a = a - :v", {":v": Decimal("8E125")}, {"a": Decimal("1E125")}),
]

# Projection, what is found of the item.
DEEP = {"l": [1, "two", [3, {"x": "deep"}]], "m": {"x": 1, "y": {"z": [10, 20]}, "dot.ted": "d"}}
PROJECTIONS = [
    ("n", {"n": 5}), ("n, s", {"n": 5, "s": "hello"}), ("lost", {}), ("n, lost.x, gone[0]", {"n": 5}), ("m.x", {"m": {"x": 1}}), ("m.y.z[1]", {"m": {"y": {"z": [20]}}}),
    ("m.x, m.y.z[0]", {"m": {"x": 1, "y": {"z": [10]}}}), ("l[0]", {"l": [1]}), ("l[2], l[0]", {"l": [1, [3, {"x": "deep"}]]}), ("l[2][1].x", {"l": [[{"x": "deep"}]]}),
    ("l[2][0], l[2][1]", {"l": [[3, {"x": "deep"}]]}), ("l[9]", {}), ("l[0], l[9]", {"l": [1]}), ("n.x", {}), ("m[0]", {}), ("ss[0]", {}), ("#n.#d", {"m": {"dot.ted": "d"}}), ("el, em", {"el": [], "em": {}}),
    ("m.lost", {}), ("l" + "[0]" * 31, {}), ("m", {"m": DEEP["m"]}), (" n ,\ts\n", {"n": 5, "s": "hello"}),
]
PROJECTION_REFUSALS = [
    ("", {}, "The expression can not be empty;"), (",", {}, syntax(",", ",")), ("n,", {}, syntax("<EOF>", ",")), ("n s", {}, syntax("s", "n s")), ("n,,s", {}, syntax(",", ",,s")),
    (":v", {}, syntax(":v", ":v")), ("size(n)", {}, ...), ("n.", {}, syntax("<EOF>", ".")), ("n[", {}, syntax("<EOF>", "[")), ("n[a]", {}, syntax("a", "[a]")), ("*", {}, syntax("*", "*")),
    ("n = s", {}, syntax("=", "n = s")), ("(n)", {}, syntax("(", "(n")), ("n, n", {}, OVERLAP + "[n], path two: [n]"), ("m.x, m", {}, OVERLAP + "[m, x], path two: [m]"),
    ("l[0], l[0]", {}, OVERLAP + "[l, [0]], path two: [l, [0]]"), ("m.x, m[1]", {}, CONFLICT + "[m, x], path two: [m, [1]]"), ("name, #x, n, n", {}, RESERVED + "name"), ("n, n, #x", {}, NO_NAME + "#x"),
    ("m.x, m[1], n, n", {}, OVERLAP + "[n], path two: [n]"), ("n" + " " * 4096, {}, TOO_LONG),
    ("l" + "[0]" * 32, {}, TOO_DEEP + "33"), ("l" + "[0]" * 299, {}, TOO_DEEP + "300"),
]


class Expressions(Rows, unittest.TestCase):
    TABLES = [TABLE]
    ITEMS = [("expr", item(ATTRIBUTES))]
    NAMES = {"#n": "m", "#d": "dot.ted"}

    def parameters(self, kind, expression, values, names=None):
        used = {name: path for name, path in (names or self.NAMES).items() if re.search(name + r"\b", expression)}
        return {kind: expression, **({"ExpressionAttributeNames": used} if used else {}),
                **({"ExpressionAttributeValues": item(values)} if values else {})}

    def refused(self, rows, kind, requests):
        def whole(operation, message):
            if message is ...:
                return message
            if operation not in ("PutItem", "UpdateItem", "DeleteItem"):
                return f"Invalid {kind}: {message}" + (" expression size: 4097" if kind == "FilterExpression" and message == TOO_LONG else "")
            return f"{ENVELOPE}Invalid {kind}: {message}"

        self.check_refusals([
            (operation, {"TableName": "expr", **request, **self.parameters(kind, expression, values)}, "ValidationException",
             whole(operation, message)) for expression, values, message in rows for operation, request in requests])

    def test_conditions_that_are_refused(self):
        self.refused(CONDITION_REFUSALS, "ConditionExpression", [
            ("PutItem", {"Item": item({"p": "a"})}), ("DeleteItem", {"Key": item({"p": "a"})}), ("UpdateItem", {"Key": item({"p": "a"})})])
        self.refused(CONDITION_REFUSALS, "FilterExpression", [("Scan", {})])
        self.assertEqual(self.call("GetItem", {"TableName": "expr", "Key": item({"p": "a"})}), {"Item": item(ATTRIBUTES)})

    def test_conditions_on_an_item(self):
        for expression, values, holds in CONDITIONS:
            with self.subTest(expression[:200], values=values):
                filtered = self.call("Scan", {"TableName": "expr", **self.parameters("FilterExpression", expression, values)})
                self.assertEqual(filtered.get("Count"), int(holds), filtered)
                check = self.call("TransactWriteItems", {"TransactItems": [{"ConditionCheck": {
                    "TableName": "expr", "Key": item({"p": "a"}), **self.parameters("ConditionExpression", expression, values)}}]})
                self.assertEqual(check.get("__type", "").partition("#")[2], "" if holds else "TransactionCanceledException", check)
                put = self.call("PutItem", {"TableName": "expr", "Item": item(ATTRIBUTES), **self.parameters("ConditionExpression", expression, values)})
                self.assertEqual(put.get("__type", "").partition("#")[2], "" if holds else "ConditionalCheckFailedException", put)

    def test_updates_that_are_refused(self):
        self.refused(UPDATE_REFUSALS, "UpdateExpression", [("UpdateItem", {"Key": item({"p": "a"})})])
        self.check_refusals([
            ("UpdateItem", {"TableName": "expr", "Key": item({"p": "a"}), **self.parameters("UpdateExpression", expression, values)},
             "ValidationException", message) for expression, values, message in DATA_REFUSALS])
        self.assertEqual(self.call("GetItem", {"TableName": "expr", "Key": item({"p": "a"})}), {"Item": item(ATTRIBUTES)})

    def test_updates_of_an_item(self):
        key = {"p": "update"}
        for before, expression, values, after in UPDATES:
            with self.subTest(expression, before=before, values=values):
                self.require("PutItem", {"TableName": "expr", "Item": item({**key, **before})})
                answer = self.call("UpdateItem", {
                    "TableName": "expr", "Key": item(key), "ReturnValues": "ALL_NEW",
                    **self.parameters("UpdateExpression", expression, values, {"#d": "a.b"})})
                self.assertEqual(answer, {"Attributes": item({**key, **after})})
        self.require("DeleteItem", {"TableName": "expr", "Key": item(key)})

    def test_projections(self):
        self.refused(PROJECTION_REFUSALS, "ProjectionExpression", [("GetItem", {"Key": item({"p": "a"})}), ("GetItem", {"Key": item({"p": "lost"})}), ("Scan", {})])
        for expression, found in PROJECTIONS:
            parameters = self.parameters("ProjectionExpression", expression, {})
            self.check_answers([
                ("GetItem", {"TableName": "expr", "Key": item({"p": "a"}), **parameters}, {"Item": item(found)}),
                ("Scan", {"TableName": "expr", **parameters}, {"Items": [item(found)], "Count": 1, "ScannedCount": 1}),
                ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "expr", "Key": item({"p": "a"}), **parameters}}]},
                 {"Responses": [{"Item": item(found)} if found else {}]})])


if __name__ == "__main__":
    unittest.main()
