"""A small reader of C++: what a file includes, which names it declares, and its tokens. It knows scopes and the shapes
of declarations, not types; comments and literals are blanked first. Good enough for code that clang-format has formatted.
"""
import re
from dataclasses import dataclass

from tree import blanked, read

TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w'.]*|::|->|[^\s\w]")
IDENTIFIER = re.compile(r"[A-Za-z_]\w*$")
DIRECTIVE = re.compile(r"^[ \t]*#((?:[^\n]*\\\n)*[^\n]*)", re.M)
OPENING, CLOSING = {"(": ")", "{": "}", "[": "]"}, {")", "}", "]"}
# Words before a parenthesis that begin no parameter list.
NO_FUNCTION = {"decltype", "alignas", "noexcept", "explicit", "__attribute__", "requires", "sizeof"}


@dataclass
class Include:
    line: int
    quote: str  # '"' or '<'
    target: str


@dataclass
class Declaration:
    kind: str      # class, forward, enum, enumerator, alias, function, constructor, operator, variable, macro, invocation
    name: str
    owner: tuple   # the classes around it, the innermost last; of a definition elsewhere what qualifies its name
    line: int
    at: int        # the name's token; -1: a macro
    end: int = -1  # behind the body's last token, of a function or class that has a body here
    words: frozenset = frozenset()  # the identifiers of the declaration's head: virtual, override, bases …


class SourceFile:
    def __init__(self, path):
        self.path = path
        text = blanked(raw := read(path))
        self.includes, self.declarations, self.directive_words = [], [], []
        self.initialised = set()  # the tokens that name members and bases in constructors' initialisers
        for match in DIRECTIVE.finditer(text):
            self._directive(raw, text, match)
        text = DIRECTIVE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)
        matches = list(TOKEN.finditer(text))
        self.tokens = [match.group(0) for match in matches]
        self.lines, line, before = [], 1, 0
        for match in matches:
            line, before = line + text.count("\n", before, match.start()), match.start()
            self.lines.append(line)
        self._scope(0, (), False)

    def _directive(self, raw, text, match):
        line = text.count("\n", 0, match.start()) + 1
        # Blanking took the name between the quotes.
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', raw[match.start():match.end()])
        if include:
            self.includes.append(Include(line, *include.groups()))
            return
        words = re.findall(r"[A-Za-z_]\w*", match.group(1))
        if words[:1] == ["define"]:
            self.declarations.append(Declaration("macro", words[1], (), line, -1))
            words = words[2:]
        self.directive_words += words

    # --- tokens

    def _token(self, at):
        return self.tokens[at] if 0 <= at < len(self.tokens) else ""

    def is_name(self, at):
        return bool(IDENTIFIER.match(self._token(at)))

    def behind(self, at):
        """The place behind what the bracket at `at` closes with."""
        depth = 0
        for place in range(at, len(self.tokens)):
            token = self.tokens[place]
            depth += token in OPENING
            depth -= token in CLOSING
            if depth == 0:
                return place + 1
        return len(self.tokens)

    def before(self, at):
        """The place before what the bracket at `at` closes."""
        depth = 0
        for place in range(at, -1, -1):
            token = self.tokens[place]
            depth += token in CLOSING
            depth -= token in OPENING
            if depth == 0:
                return place - 1
        return -1

    def behind_angles(self, at):
        """The place behind the template argument list at `at`; `at` + 1 if it is none."""
        depth, place = 0, at
        while place < len(self.tokens):
            token = self.tokens[place]
            if token in OPENING:
                place = self.behind(place)
                continue
            if token in CLOSING or token == ";":
                break
            depth += (token == "<") - (token == ">")
            place += 1
            if depth == 0:
                return place
        return at + 1

    # --- scopes and declarations

    def _add(self, kind, at, owner, start, end=-1):
        words = frozenset(token for token in self.tokens[start:self._head_end] if IDENTIFIER.match(token))
        self.declarations.append(Declaration(kind, self.tokens[at], owner, self.lines[at], at, end, words))

    def _scope(self, at, owner, in_class):
        while at < len(self.tokens):
            token = self.tokens[at]
            if token == "}":
                return at + 1
            if token == ";":
                at += 1
            elif in_class and token in ("public", "private", "protected") and self._token(at + 1) == ":":
                at += 2
            else:
                at = self._declaration(at, owner)
        return at

    def _declaration(self, start, owner):
        at = self._behind_prefix(start)
        first, second = self._token(at), self._token(at + 1)
        if first == "inline" and second == "namespace":
            at, first = at + 1, second
        if first == "extern" and second == "{":
            return self._scope(at + 2, owner, False)
        if first == "namespace":
            place = self._find(at, "{;=")
            return self._scope(place + 1, owner, False) if self._token(place) == "{" else self._find(place, ";")
        if first in ("using", "typedef", "concept"):
            return self._alias(at, owner)
        if first in ("static_assert", "friend"):
            return self._passed_over(at)
        if first == "enum":
            return self._enum(at, owner)
        if first in ("class", "struct", "union"):
            place = self._class_head(at)
            if place:
                return self._class(at, place, owner)
        return self._function_or_variable(start, at, owner)

    def _behind_prefix(self, at):
        """Behind template<…>, requires … and [[…]]."""
        while True:
            token = self._token(at)
            if token == "template" and self._token(at + 1) == "<":
                at = self.behind_angles(at + 1)
            elif token == "[" and self._token(at + 1) == "[":
                at = self.behind(at)
            elif token == "requires":
                at = self._behind_constraint(at + 1)
            else:
                return at

    def _behind_constraint(self, at):
        while True:
            if self._token(at) == "(":
                at = self.behind(at)
            else:
                while self.is_name(at) and self._token(at + 1) == "::":
                    at += 2
                at += 1
                if self._token(at) == "<":
                    at = self.behind_angles(at)
            if self._token(at) not in ("&", "|"):
                return at
            at += 2

    def _find(self, at, ends):
        while at < len(self.tokens) and self.tokens[at] not in ends:
            at = self.behind(at) if self.tokens[at] in OPENING else at + 1
        return at

    def _passed_over(self, at):
        """Behind the declaration: its semicolon, or the body that it ends with."""
        place = self._find(at, "{;}")
        return self.behind(place) if self._token(place) == "{" else place

    def _alias(self, at, owner):
        end = self._find(at, ";")
        self._head_end = at + 1
        if self.tokens[at] in ("using", "concept") and self._token(at + 2) == "=":
            self._add("alias", at + 1, owner, at)
        elif self._token(at + 1) != "namespace" and self.is_name(end - 1):
            self._add("alias", end - 1, owner, at)
        return end

    def _enum(self, at, owner):
        place, name = at + 1, -1
        while self._token(place) not in ("{", ";", ""):
            if self.is_name(place) and name < 0 and self.tokens[place] not in ("class", "struct"):
                name = place
            place += 1
        self._head_end = place
        if self._token(place) != "{":
            self._add("forward", name, owner, at)
            return place
        end = self.behind(place)
        if name >= 0:
            self._add("enum", name, owner, at, end)
        scoped = name >= 0 and self.tokens[at + 1] in ("class", "struct")
        scope, expected = owner + ((self.tokens[name],) if scoped else ()), True
        while place < end - 1:
            place += 1
            if expected and self.is_name(place):
                self._add("enumerator", place, scope, place)
            expected = self.tokens[place] == ","
            if self.tokens[place] in OPENING:
                place = self.behind(place) - 1
        return self._declarators(end, owner)

    def _class_head(self, at):
        """The place of the { or ; of a class; 0 if it is something of such a type."""
        place, names = at + 1, 0
        while place < len(self.tokens):
            token = self.tokens[place]
            if token in ("{", ";", ":"):
                if names != 1:
                    return 0
                return place if token != ":" else self._find(place, "{;")
            if token == "alignas":
                place = self.behind(place + 1)
            elif token == "[":
                place = self.behind(place)
            elif token == "<":
                place = self.behind_angles(place)
            elif token == "::":
                place, names = place + 1, names - 1
            elif self.is_name(place):
                place, names = place + 1, names + (token != "final")
            else:
                return 0
        return 0

    def _class(self, at, place, owner):
        name, step = -1, at + 1
        while step < place and self.tokens[step] not in (":", "final"):
            if self.tokens[step] in ("alignas", "["):
                step = self.behind(step + (self.tokens[step] == "alignas"))
                continue
            if self.tokens[step] == "<":
                step = self.behind_angles(step)
                continue
            if self.tokens[step] == ":":
                break
            name = step if self.is_name(step) else name
            step += 1
        self._head_end = place
        if self.tokens[place] == ";":
            self._add("forward", name, owner, at)
            return place
        end = self.behind(place)
        if name >= 0:
            self._add("class", name, owner, at, end)
        self._scope(place + 1, owner + ((self.tokens[name],) if name >= 0 else ()), True)
        return self._declarators(end, owner)

    def _declarators(self, at, owner):
        """What may be declared behind a class's or an enum's brace."""
        end = self._find(at, ";")
        self._head_end = end
        if self.is_name(at) and end > at:
            self._add("variable", at, owner, at)
        return end

    def _qualified(self, at):
        """The first token of the qualified name that ends at `at`, and what qualifies it."""
        qualifiers = []
        while self._token(at - 1) == "::":
            before = at - 2
            if self._token(before) == ">":
                depth = 0
                while before >= 0:
                    depth += (self.tokens[before] == ">") - (self.tokens[before] == "<")
                    before -= 1
                    if depth == 0:
                        break
            if not self.is_name(before):
                return at - 1, qualifiers
            qualifiers.insert(0, self.tokens[before])
            at = before
        return at, qualifiers

    def _function_or_variable(self, start, at, owner):
        place = at
        while place < len(self.tokens):
            token = self.tokens[place]
            if token == "operator":
                return self._function(start, at, place, self._find_parameters(place + 1), owner)
            if token == "<" and self.is_name(place - 1):
                place = self.behind_angles(place)
            elif token == "(":
                if self._token(place + 1) == "*" and self.is_name(place + 2):  # a pointer to a function
                    return self._variable(start, place + 2, owner)
                if self.is_name(place - 1) and self.tokens[place - 1] not in NO_FUNCTION:
                    return self._function(start, at, place - 1, place, owner)
                place = self.behind(place)
            elif token in ("=", ";", "{", "[", ":", ",") and self.is_name(place - 1) and place > at:
                return self._variable(start, place - 1, owner)
            elif token == "[":
                place = self.behind(place)
            elif token in (";", "}"):
                return place
            elif token == "{":
                place = self.behind(place)
            else:
                place += 1
        return place

    def _find_parameters(self, at):
        """The parameter list of the operator whose symbol stands at `at`."""
        if self._token(at) == "(" and self._token(at + 1) == ")":
            return at + 2
        return self._find(at, "(")

    def _variable(self, start, name, owner):
        end = self._find(name, ";}")
        self._head_end = name
        _, qualifiers = self._qualified(name)
        self._add("variable", name, owner + tuple(qualifiers), start)
        return end

    def _function(self, start, at, name, parameters, owner):
        place, in_initialisers = self.behind(parameters), False
        while place < len(self.tokens) and self.tokens[place] not in (";", "}"):
            token = self.tokens[place]
            if token == "{" and not (in_initialisers and (self.is_name(place - 1) or self.tokens[place - 1] == ">")):
                break
            in_initialisers |= token == ":"
            if in_initialisers and token in OPENING and self.is_name(place - 1):
                self.initialised.add(place - 1)
            place = self.behind(place) if token in OPENING else place + 1
        has_body = self._token(place) == "{"
        self._head_end = place
        first, qualifiers = self._qualified(name)
        whole = owner + tuple(qualifiers)
        kind, end = "function", self.behind(place) if has_body else -1
        if self.tokens[name] == "operator":
            kind = "operator"
        elif whole and (self.tokens[name] == whole[-1] or self._token(name - 1) == "~"):
            kind = "constructor"
        elif not set(self.tokens[at:first]) - {"explicit", "constexpr", "inline"}:
            kind = "invocation"  # of a macro, or a deduction guide
        self._add(kind, name, whole, start, end)
        return end if has_body else place


def read_all(paths):
    return {path: SourceFile(path) for path in paths}


def closures(files):
    """For each file the project files that it sees: itself, what it includes, what those include."""
    known = {}

    def visit(path):
        seen, todo = set(), [path]
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            if at in known:
                seen |= known[at]
                continue
            seen.add(at)
            todo += [include.target for include in files[at].includes if include.quote == '"' and include.target in files]
        known[path] = seen

    for path in files:
        visit(path)
    return known
