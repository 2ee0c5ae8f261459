"""Fails on an #include that the rooms' order does not allow. CMakeLists.txt says which rooms a room is linked to; it may
include these and the ones that they are linked to, and nothing else."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROOM = re.compile(r"^tailrace_room\((\S+)(?: ROOMS ([^)]*?))?(?: LIBRARIES [^)]*)?\)", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
# Headers that only some folders may see, whatever is linked.
CONFINED = {"boost/": {"server/http"}, "sqlite3.h": {"storage/engine/sqlite"}, "yaml-cpp/": {"server/templates"}}


def rooms():
    """Folder of each room, and the folders that it may include."""
    direct = {}
    for folder, linked in ROOM.findall((ROOT / "CMakeLists.txt").read_text()):
        direct[folder] = linked.split()
    folder_of = {folder.replace("/", "_"): folder for folder in direct}

    def reachable(folder):
        found = {folder}
        for name in direct[folder]:
            if name in folder_of:  # Generated code and libraries are no rooms.
                found |= reachable(folder_of[name])
        return found

    return {folder: reachable(folder) for folder in direct}


def sources(folder):
    return [path for pattern in ("*.h", "*.cc") for path in sorted((ROOT / folder).glob(pattern))]


class Layers(unittest.TestCase):
    def test_rooms_include_only_rooms_below_them(self):
        wrong = []
        for folder, allowed in rooms().items():
            for path in sources(folder):
                for ours, _ in INCLUDE.findall(path.read_text()):
                    included = str(pathlib.PurePath(ours).parent)
                    if ours and included in rooms() and included not in allowed:
                        wrong.append(f"{path.relative_to(ROOT)} includes {ours}")
        self.assertEqual(wrong, [])

    def test_libraries_stay_in_their_rooms(self):
        wrong = []
        for folder in rooms():
            for path in sources(folder):
                for _, library in INCLUDE.findall(path.read_text()):
                    for prefix, homes in CONFINED.items():
                        if library.startswith(prefix) and folder not in homes:
                            wrong.append(f"{path.relative_to(ROOT)} includes {library}")
        self.assertEqual(wrong, [])

    def test_rooms_are_read_from_the_build_file(self):
        self.assertIn("storage/base", rooms()["server"])
        self.assertNotIn("server/http", rooms()["storage/table"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-q"])
