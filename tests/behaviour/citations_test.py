"""Fails on a comment that cites a rule which server/behaviour does not have, on a chapter of ARCHITECTURE.md that is
not there, and on a citation of anything else. server/behaviour/README.md says how rules are numbered and cited."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "server" / "behaviour"
FOLDERS = ("server", "storage", "streams", "tests", "scripts", "docker")
SUFFIXES = {"", ".cc", ".cmake", ".cs", ".go", ".h", ".java", ".js", ".mjs", ".py", ".rs", ".sh", ".ts", ".txt", ".yaml", ".yml"}
FOREIGN = {"node_modules", "packages", "target", "build", "obj", "bin", "__pycache__", "model"}  # Not ours, or made by tools.

NUMBER = r"\d+(?:\.\d+)*"
NUMBERS = rf"{NUMBER}(?:(?:, | and | to |-){NUMBER}(?![\w/]))*"
CITATION = re.compile(rf"\bbehaviour/([a-z]+)\b(?!/)(\.md)?(?: ({NUMBERS}))?")
WITHIN = re.compile(rf"(?<![\w`/.-])(dynamodb|validation|tables|streams|triggers|runtimes|templates)(?:\]\([a-z.]+\))? ({NUMBERS})(?![\w%])")
LEFT_OVER = re.compile(r"\bspecs? (?:of )?(?:dynamodb|streams|lambda|templates|validation|table-management|tables|\d)|\bthe spec\b|\(spec\b|\(design:"
                       r"|(?:validation|table-management)-2026|\btable-management \d|\blambda-(?:triggers|runtimes)\b(?=[ .]\d|\.md)")
CHAPTER = re.compile(r'\(ARCHITECTURE\.md, "([^"]+)"\)')
HEADING = re.compile(rf"#+ ({NUMBER})\b")
STEP = re.compile(r"(\d+)\. ")


def one_line(text):
    """Comments break citations over lines."""
    return re.sub(r"[ \t]*\n[ \t]*(?://|#|\*|--)?[ \t]*", " ", text)


def numbers_of(path):
    """Of headings, and of the steps of a list below one: the third below "## 8" is 8.3."""
    found, section = set(), None
    for line in path.read_text().splitlines():
        if heading := HEADING.match(line):
            section = heading.group(1)
            found.add(section)
        elif section and (step := STEP.match(line)):
            found.add(f"{section}.{step.group(1)}")
    return found


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file() and not FOREIGN & set(path.relative_to(ROOT).parts) and path != pathlib.Path(__file__):
                yield path


class Citations(unittest.TestCase):
    rules = {path.stem: numbers_of(path) for path in RULES.glob("*.md")}

    def wrong(self, name, numbers):
        if name not in self.rules:
            return f"there is no {name}.md"
        missing = [number for number in re.findall(NUMBER, numbers) if number not in self.rules[name]]
        return f"{name}.md has no {', '.join(missing)}" if missing else None

    def test_every_citation_leads_to_a_rule(self):
        wrong, cited = [], 0
        for path in sources():
            for match in CITATION.finditer(one_line(path.read_text(errors="ignore"))):
                name, file, numbers = match.groups()
                cited += 1
                fault = self.wrong(name, numbers or "") if numbers or file or name not in self.rules else "it names no rule"
                if fault:
                    wrong.append(f"{path.relative_to(ROOT)}: {match.group(0)}: {fault}")
        self.assertEqual(wrong, [])
        self.assertGreater(cited, 100)

    def test_chapters_of_the_architecture_are_there(self):
        chapters = set(re.findall(r"^#+ (.+)$", (ROOT / "ARCHITECTURE.md").read_text(), re.M))
        wrong = []
        for path in sources():
            for name in CHAPTER.findall(one_line(path.read_text(errors="ignore"))):
                if name not in chapters:
                    wrong.append(f"{path.relative_to(ROOT)}: {name}")
        self.assertEqual(wrong, [])

    def test_nothing_else_is_cited(self):
        wrong = []
        for path in sources():
            for match in LEFT_OVER.finditer(one_line(path.read_text(errors="ignore"))):
                wrong.append(f"{path.relative_to(ROOT)}: {match.group(0)}")
        self.assertEqual(wrong, [])

    def test_rules_that_point_to_others_do_so_rightly(self):
        wrong = []
        for path in sorted(RULES.glob("*.md")):
            text = re.sub(r"`[^`\n]*`", "", one_line(path.read_text()))
            for match in WITHIN.finditer(text):
                if fault := self.wrong(match.group(1), match.group(2)):
                    wrong.append(f"{path.name}: {match.group(0)}: {fault}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-q"])
