"""Where product code can be changed a little: a comparison, a connective, a sum, a constant, a statement left out."""
import re
from dataclasses import dataclass

SWAPS = {" < ": [" <= "], " <= ": [" < "], " > ": [" >= "], " >= ": [" > "], " == ": [" != "], " != ": [" == "], " && ": [" || "],
         " || ": [" && "], " + ": [" - "], " - ": [" + "], " += ": [" -= "], " -= ": [" += "], "true": ["false"], "false": ["true"]}
SWAP = re.compile(r" (?:<=?|>=?|==|!=|&&|\|\||\+=?|-=?) |\b(?:true|false)\b")
CONSTANT = re.compile(r"(?<![\w.'\"])(\d{1,6})(?![\w.'])")
NEGATION = re.compile(r"(?<=\()!(?=[a-z_(*])")
# A call or an assignment that stands alone in its line, or a guard that leaves early.
STATEMENT = re.compile(r"^\s+(?:[a-z_][\w.:>\-\[\]*()]*\(.*\)|\*?[a-z_][\w.>\-\[\]]* [+\-*|&]?= .*|(?:\+\+|--)[\w.>\-]+|if \(.*\) (?:return|continue|break)\b.*);$")
KEPT = re.compile(r"^\s+(?:return|using|static|const|constexpr|case|co_|throw|CHECK|TRY|typedef|delete|log_)\b")
SKIPPED_LINE = re.compile(r"^\s*(?:#|//|CHECK\(|static_assert|namespace|using|template)|\blog_(?:debug|info|warn|error)\(")


@dataclass(frozen=True)
class Site:
    path: str
    line: int  # From 1.
    kind: str
    old: str
    new: str


def code_of(line):
    """The line with texts and comments blanked, so that places stay."""
    line = re.sub(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', lambda text: '"' + "\x00" * (len(text[0]) - 2) + '"', line)
    comment = line.find("//")
    return line if comment < 0 else line[:comment]


def sites_of(path, text):
    sites, raw = [], False
    for number, line in enumerate(text.split("\n"), 1):
        raw ^= line.count('R"(') != line.count(')"')
        if raw or SKIPPED_LINE.search(line):
            continue
        code = code_of(line)

        def add(kind, begin, end, new):
            sites.append(Site(path, number, kind, line, line[:begin] + new + line[end:]))

        for match in SWAP.finditer(code):
            for new in SWAPS[match[0]]:
                add("comparison" if match[0].strip() in ("<", "<=", ">", ">=", "==", "!=") else "operator", *match.span(), new)
        for match in NEGATION.finditer(code):
            add("negation", *match.span(), "")
        for match in CONSTANT.finditer(code):
            add("constant", *match.span(), str(int(match[1]) + 1))
        if STATEMENT.match(code) and not KEPT.match(code):
            add("statement", len(line) - len(line.lstrip()), len(line), ";")
    return sites
