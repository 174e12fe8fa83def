#!/usr/bin/python3
"""Every function, method, field, type, constant and enumerator is used; those of io, storage, src and tools not by tests alone.

Looked at is what headers declare, and of .cpp files what the compiler is silent about: methods of their classes, constants.
Whether a name is used is told from the shape of the use and from what its file sees:
- behind `.` or `->` and before a parenthesis: a method of that name of any class whose header the file sees, unless the
  receiver is a member, or what a function returns, of a class that is known to be another;
- without a receiver: a function, or a method of the classes around it (also inherited);
- in the body of the function itself, or of another unused one: no use.
Exempt are overrides, operators, constructors, enumerators of an enum that numbers are cast to, and what coroutines and
containers must have by their protocols.
"""
from collections import defaultdict
from dataclasses import dataclass, field

from declarations import closures, read_all
from tree import Findings, project_files

PRODUCT = ("io/", "storage/", "src/", "tools/")
KINDS = ("function", "variable", "class", "enumerator", "alias")
PROTOCOLS = set("""await_ready await_suspend await_resume get_return_object initial_suspend final_suspend return_value return_void
    unhandled_exception promise_type deallocate begin end size empty is_transparent main""".split())

# What tests alone use, as "Class::method" or "function": why it stands in the product nevertheless.
FOR_TESTS = {
    "Listener::port": "a test lets the kernel choose a port",
    "Listener::refusals": "nothing else tells a listener that backs off from one that spins",
    "ReceiveBuffers::free_count": "a buffer that is never given back is seen here alone",
    "Fiber::await": "scripts will run on fibers",
    "Stream::fd": "a test reads the options of the socket",
    "Engine::options": "a test changes one of the options in use",
    "CellHeap::span_bytes": "the promise of memory lost per cell is measured by it",
}

IGNORED = object()  # the surroundings of a token that is no use


@dataclass
class Entity:
    """What one file declares by one name in one class, all overloads together."""
    path: str
    line: int
    owner: str  # the innermost class, or ""
    name: str
    kind: str
    is_static: bool
    users: list = field(default_factory=list)  # (file, the Entity in whose body the use stands or None)

    def title(self):
        return f"{self.owner}::{self.name}" if self.owner else self.name


class Tree:
    def __init__(self, files):
        self.files, self.seen = files, closures(files)
        self.by_name = defaultdict(list)
        self.bases = {}  # class: the words of its heads
        self.classes_with = {}  # a member's name: the classes that declare one
        self.numbered = set()  # enums that numbers are cast to
        self.types = {}  # a member's or a function's name: the words of its declarations
        self.aliases = {"auto"}
        for file in files.values():
            self._note_types(file)
        for path, file in files.items():
            self._note_entities(path, file)
        self.entities = [entity for entities in self.by_name.values() for entity in entities]
        # What a template or a macro names may become known only where it is used.
        self.late = {path for path, file in files.items() if path.endswith(".h") and
                     ("template" in file.tokens or "auto" in file.tokens or any(one.kind == "macro" for one in file.declarations))}

    def _note_types(self, file):
        for one in file.declarations:
            if one.kind == "class":
                self.bases.setdefault(one.name, set()).update(one.words - {one.name})
            if one.owner:
                self.classes_with.setdefault(one.name, set()).add(one.owner[-1])
            if one.kind == "function" or one.kind == "variable" and one.owner:
                self.types.setdefault(one.name, set()).update(one.words - {one.name})
            if one.kind == "alias":
                self.aliases.add(one.name)
        self.numbered |= {file.tokens[file.behind_angles(at + 1) - 2] for at, token in enumerate(file.tokens) if token == "static_cast"}

    def _note_entities(self, path, file):
        classes = {one.name for one in file.declarations if one.kind == "class"}
        found, exempt = {}, set()
        for one in file.declarations:
            if one.kind not in KINDS or not self._is_looked_at(path, one, classes):
                continue
            key = (one.owner[-1] if one.owner else "", one.name)
            numbered = one.kind == "enumerator" and key[0] in self.numbered
            if one.words & {"override", "final"} or one.name in PROTOCOLS or numbered:
                exempt.add(key)
            found.setdefault(key, Entity(path, one.line, *key, one.kind, "static" in one.words))
        for key, entity in found.items():
            if key not in exempt:
                self.by_name[entity.name].append(entity)

    @staticmethod
    def _is_looked_at(path, one, classes):
        if path.endswith(".h"):
            return True
        is_constant = one.kind == "variable" and one.name[:1] == "k" and one.name[1:2].isupper()
        # Fields of a .cpp file's structs may be there for the kernel or for the disk.
        return is_constant or one.kind == "function" and bool(one.owner) and one.owner[-1] in classes

    def _derives(self, name, base):
        todo, known = [name], set()
        while todo:
            at = todo.pop()
            if at == base:
                return True
            if at not in known:
                known.add(at)
                todo += self.bases.get(at, ())
        return False

    # --- uses

    def note_uses(self):
        for path, file in self.files.items():
            declared = {one.at for one in file.declarations}
            around = self._surroundings(file)
            for at, token in enumerate(file.tokens):
                if token in self.by_name and at not in declared and around[at] is not IGNORED:
                    for entity in self.by_name[token]:
                        if self._sees(path, entity.path) and self._means(file, at, entity, around[at]):
                            entity.users.append((path, self._entity_around(path, around[at])))
            for word in file.directive_words:
                for entity in self.by_name.get(word, ()):
                    entity.users.append((path, None))

    def _surroundings(self, file):
        """For each token the innermost declaration with a body that it stands in, or None."""
        around = [None] * len(file.tokens)
        for one in sorted((one for one in file.declarations if one.end >= 0), key=lambda one: one.at):
            begin = one.at
            if one.kind == "invocation" and one.name.startswith(("TEST", "TYPED_TEST")):
                begin = file.behind(one.at + 1)
                around[one.at:begin] = [IGNORED] * (begin - one.at)  # the test's own names
            around[begin:one.end] = [one] * (one.end - begin)
        return around

    def _sees(self, path, declaring):
        return declaring in self.seen[path] or path in self.late

    def _entity_around(self, path, declaration):
        if declaration is None or declaration.kind != "function":
            return None
        owner = declaration.owner[-1] if declaration.owner else ""
        for entity in self.by_name.get(declaration.name, ()):
            if entity.owner == owner and entity.path in self.seen[path]:
                return entity
        return None

    def _is_of_another_class(self, file, at, entity):
        """Whether the receiver that ends at `at` is a member, or what a function returns, whose class is known and another."""
        is_call = file.tokens[at] == ")"
        if is_call:
            at = file.before(at)
        name = file.tokens[at]
        if not (is_call or name.endswith("_") or file.tokens[at - 1] in (".", "->")) or name not in self.types:
            return False
        words = self.types[name]
        if words & self.aliases or any(self._derives(word, entity.owner) or self._derives(entity.owner, word) for word in words):
            return False
        return any(self._derives(word, other) for word in words for other in self.classes_with.get(entity.name, ()))

    @staticmethod
    def _is_called(file, at):
        if file.tokens[at:at + 1] == ["<"]:
            at = file.behind_angles(at)
        return file.tokens[at:at + 1] == ["("]

    def _means(self, file, at, entity, around):
        """Whether the token may be a use of the entity, which has its name and is seen."""
        before = file.tokens[at - 1] if at else ""
        called = self._is_called(file, at + 1)
        is_function = entity.kind == "function"
        if entity.kind not in ("function", "variable"):
            return True
        if is_function and at in file.initialised:
            return False
        if before in (".", "->"):
            return bool(entity.owner) and (called or not is_function) and not self._is_of_another_class(file, at - 2, entity)
        if before == "::":
            qualifier = file.tokens[at - 2]
            if not entity.owner:
                return qualifier not in self.bases
            return qualifier == entity.owner or qualifier not in self.classes_with.get(entity.name, ())
        if not entity.owner:
            return True
        if is_function and not called and not entity.is_static:
            return False
        if around is None or around.kind == "invocation":
            return True
        owners = (*around.owner, around.name) if around.kind == "class" else around.owner
        return any(self._derives(owner, entity.owner) for owner in owners)

    # --- verdicts

    def unused(self, apart_from=(), kept=()):
        """The entities without a use that counts: none of files `apart_from`, none in the body of an unused one."""
        dead, grown = set(), True
        while grown:
            grown = False
            for entity in self.entities:
                if id(entity) in dead or entity.title() in kept:
                    continue
                if not any(by is not entity and id(by) not in dead and not path.startswith(tuple(apart_from))
                           for path, by in entity.users):
                    dead.add(id(entity))
                    grown = True
        return sorted((entity for entity in self.entities if id(entity) in dead), key=lambda entity: (entity.path, entity.line))


def main():
    findings, files = Findings("unused-functions"), read_all(project_files())
    tree = Tree(files)
    tree.note_uses()
    unused = tree.unused()
    for entity in unused:
        findings.add(entity.path, entity.line, f"nothing uses {entity.title()}")
    known = {id(entity) for entity in unused}
    for entity in tree.unused(apart_from=("tests/",), kept=FOR_TESTS):
        if entity.path.startswith(PRODUCT) and id(entity) not in known:
            findings.add(entity.path, entity.line, f"only tests use {entity.title()}")
    tested = {entity.title() for entity in tree.unused(apart_from=("tests/",))}
    for name in FOR_TESTS:
        if name not in tested:
            findings.add("tests/lint/unused_functions.py", 1, f"FOR_TESTS names {name}, which is used or is not there")
    findings.end(f"{len(tree.entities)} names")


main()
