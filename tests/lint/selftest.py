#!/usr/bin/python3
"""The checks that read the tree by themselves find what they are for, and nothing in a clean tree: each runs in small
trees of a temporary folder that hold a copy of the checks.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

LINT = os.path.dirname(os.path.abspath(__file__))


def findings_of(check, files):
    """What the check tells of a tree of these files, {path: text}: its findings, one "path:line: text" each."""
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(LINT, os.path.join(root, "tests/lint"), ignore=shutil.ignore_patterns("__pycache__"))
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        result = subprocess.run([sys.executable, f"tests/lint/{check}.py"], cwd=root, capture_output=True, text=True)
    if result.stderr:
        raise AssertionError(result.stderr)
    found = re.findall(r"^(\S+:\d+: .*?) \[[\w-]+\]$", result.stdout, re.M | re.S)
    if result.returncode != (1 if found else 0):
        raise AssertionError(f"{check} ended with {result.returncode}: {result.stdout}")
    # FOR_TESTS of unused_functions.py names what the small trees do not have.
    return [finding for finding in found if not finding.startswith("tests/lint/")]


class Dependencies(unittest.TestCase):
    def check(self, files, *expected):
        self.assertEqual(findings_of("dependencies", files), list(expected))

    def test_clean(self):
        self.check({"io/a.h": "", "io/a.cpp": '#include "io/a.h"\n', "io/b.h": '#include "io/a.h"\n',
                    "src/c.h": '#include "src/inner/d.h"\n#include "io/b.h"\n', "src/inner/d.h": '#include "io/a.h"\n',
                    "src/outer.h": "", "tests/c_test.cpp": '#include "src/c.h"\n'})

    def test_folders(self):
        self.check({"src/one/a.h": '#include "src/two/b.h"\n', "src/two/b.h": "", "src/two/c.h": '#pragma once\n#include "src/one/d.h"\n',
                    "src/one/d.h": ""},
                   "src/one/a.h:1: folders include each other in a circle: src/one -> src/two -> src/one\n"
                   "    src/one/a.h:1 includes src/two/b.h\n    src/two/c.h:2 includes src/one/d.h")

    def test_a_folder_and_its_subfolder(self):
        self.check({"src/a.h": '#include "src/inner/b.h"\n', "src/inner/b.h": "", "src/inner/c.cpp": '#include "src/d.h"\n', "src/d.h": ""},
                   "src/a.h:1: folders include each other in a circle: src -> src/inner -> src\n"
                   "    src/a.h:1 includes src/inner/b.h\n    src/inner/c.cpp:1 includes src/d.h")

    def test_units(self):
        self.check({"tests/a.cpp": '#include "tests/a.h"\n#include "tests/b.h"\n', "tests/a.h": "", "tests/b.h": '#include "tests/c.h"\n',
                    "tests/c.h": '#include "tests/a.h"\n#include "tests/b.h"\n'},
                   "tests/a.cpp:2: units include each other in a circle: tests/a -> tests/b -> tests/c -> tests/a\n"
                   "    tests/a.cpp:2 includes tests/b.h\n    tests/b.h:1 includes tests/c.h\n    tests/c.h:1 includes tests/a.h")


class UnusedIncludes(unittest.TestCase):
    A = "#pragma once\nclass A {\n public:\n  int depth() const;\n};\nenum Colour { kRed };\n#define A_CHECK(x) (x)\n"

    def check(self, text, *expected, path="src/x.cpp", **files):
        tree = {"io/a.h": self.A, path: text, **{name.replace("__", "/") + ".h": content for name, content in files.items()}}
        self.assertEqual(findings_of("unused_includes", tree), list(expected))

    def test_names(self):
        for use in ("A make();", "int x = kRed;", "int f(int x) {\n  return A_CHECK(x);\n}", "Colour c;"):
            self.check('#include "io/a.h"\n' + use + "\n")

    def test_a_member_alone(self):
        self.check('#include "io/a.h"\n#include "io/b.h"\nint f(B& b) { return b.a().depth(); }\n',
                   io__b="class A;\nclass B {\n public:\n  A& a();\n};\n")

    def test_a_member_of_a_class_that_a_header_announces(self):
        self.check('#include "io/b.h"\n#include "io/c.h"\n#include "io/a.h"\nint f(C& c) { return g(c.a); }\n',
                   io__b='#include "io/a.h"\nclass B : public A {};\nint f(B&);\n', io__c="class A;\nstruct C {\n  A& a;\n};\n")

    def test_an_inherited_member(self):
        self.check('#include "io/b.h"\n#include "io/c.h"\nint f(C& c) { return c.b().depth(); }\n',
                   io__b='#include "io/a.h"\nclass B : public A {};\n', io__c="class B;\nclass C {\n public:\n  B& b();\n};\n")

    def test_what_the_own_header_announces(self):
        self.check('#include "src/x.h"\n#include "io/a.h"\nX::~X() = default;\n',
                   src__x="#include <memory>\nclass A;\nclass X {\n  ~X();\n  std::unique_ptr<A> a_;\n};\n")

    def test_not_in_comments_and_literals(self):
        self.check('#include "io/a.h"\n// A is red\nconst char* x = "A kRed";\nint y = \'A\';\n', 'src/x.cpp:1: nothing of "io/a.h" is used')

    def test_a_container_of_the_same_members(self):
        self.check('#include "io/b.h"\n#include "io/c.h"\nint f(C& c) { return c.size(); }\n', 'src/x.cpp:1: nothing of "io/b.h" is used',
                   io__b="class B {\n  int size();\n};\n", io__c='#include "io/b.h"\nclass C {\n  int size();\n  B b;\n};\n')

    def test_twice(self):
        self.check('#include "io/a.h"\n#include "io/a.h"\nA a;\n', "src/x.cpp:2: io/a.h is included twice")

    def test_standard_headers(self):
        self.check("#include <cstdint>\n#include <string>\n#include <unistd.h>\n#include <cstring>\n"
                   "std::string a(std::uint8_t x);\nint b = close(1);\nint c = memcmp(0, 0, 0);\n")
        self.check('#include <cstdint>\n#include <string>\n#include <unistd.h>\n#include <vector>\n'
                   'std::string_view a = "std::string uint8_t";\nint b = x.close(1);\nint vector = 1;\n',
                   *(f"src/x.cpp:{line}: nothing of <{name}> is used" for line, name in
                     enumerate(("cstdint", "string", "unistd.h", "vector"), 1)))

    def test_a_header_that_the_table_lacks(self):
        self.check("#include <no_such_header>\n",
                   "src/x.cpp:1: <no_such_header> is not in standard_names_table.py: list its names there")


class UnusedFunctions(unittest.TestCase):
    def check(self, files, *expected):
        self.assertEqual(findings_of("unused_functions", files), list(expected))

    def class_with(self, body, use, *expected, **files):
        self.check({"io/a.h": f"#pragma once\nclass A {{\n public:\n  {body}\n}};\n", "src/main.cpp": f'#include "io/a.h"\nint main() {{ {use} }}\n',
                    **{name.replace("__", "/"): text for name, text in files.items()}}, *expected)

    def test_used(self):
        self.class_with("int f(); int g() { return h(); } int h();", "A a; A* b = &a; return a.f() + b->g();")

    def test_unused(self):
        self.class_with("int f(); int g(int depth = 0);", "A a; return a.f() + f() + a.g;", "io/a.h:4: nothing uses A::g")
        self.check({"io/a.h": "int f();\nint g();\n", "src/main.cpp": '#include "io/a.h"\nint main() { A a; return f() + a.g(); }\n'},
                   "io/a.h:2: nothing uses g")

    def test_a_name_that_is_used_of_a_class_elsewhere(self):
        self.class_with("int f();", "A a; return 0;", "io/a.h:4: nothing uses A::f",
                        **{"io__b.h": "class B {\n public:\n  int f();\n};\n",
                           "src__b.cpp": '#include "io/b.h"\nint main() { return B().f(); }\n'})

    def test_a_receiver_of_another_class(self):
        self.check({"io/log.h": "class Log {\n public:\n  int position();\n};\n",
                    "io/a.h": '#include "io/log.h"\nclass A {\n public:\n  int position();\n  int end() { return log_.position(); }\n  Log log_;\n};\n',
                    "src/main.cpp": '#include "io/a.h"\nint main() { return A().end(); }\n'}, "io/a.h:4: nothing uses A::position")

    def test_neither_a_comparison_nor_an_initialiser_is_a_call(self):
        self.class_with("int steps(); int count(); int all() { return steps <= 9; }", "return A().all();",
                        "io/a.h:4: nothing uses A::steps", "io/a.h:4: nothing uses A::count",
                        **{"io__b.cpp": '#include "io/a.h"\nstruct A::B {\n  B() : count(1) {}\n  int count;\n};\n'})

    def test_the_definition_is_no_use(self):
        self.class_with("int f(); int g(); static int h();", "return A::h();", "io/a.h:4: nothing uses A::f", "io/a.h:4: nothing uses A::g",
                        **{"io__a.cpp": '#include "io/a.h"\nint A::f() { return f() + 1; }\nint A::g() { return f(); }\nint A::h() { return 0; }\n'})

    def test_a_tests_name_is_no_use(self):
        self.check({"io/a.h": "int reads();\n", "tests/a_test.cpp": '#include "io/a.h"\nTEST(ATest, reads) { int x; }\n'},
                   "io/a.h:1: nothing uses reads")

    def test_used_by_tests_alone(self):
        self.class_with("int f();", "A a; return 0;", "io/a.h:4: only tests use A::f",
                        **{"tests__a_test.cpp": '#include "io/a.h"\nTEST(ATest, reads) { A a; a.f(); }\n'})

    def test_constants_types_and_enumerators(self):
        self.check({"io/a.h": "constexpr int kA = 1;\nconstexpr int kB = kA;\nenum class E { kC, kD };\nclass F {};\nusing G = int;\n",
                    "src/main.cpp": '#include "io/a.h"\nint main() { return E::kC; }\n'},
                   "io/a.h:2: nothing uses kB", "io/a.h:3: nothing uses E::kD", "io/a.h:4: nothing uses F",
                   "io/a.h:5: nothing uses G")

    def test_an_enum_that_numbers_are_cast_to(self):
        self.check({"io/a.h": "enum class E { kA, kB };\n", "src/main.cpp": '#include "io/a.h"\nint main() { return f(static_cast<E>(1)); }\n'})

    def test_exempt(self):
        self.check({"io/a.h": "class Base {\n public:\n  virtual ~Base() = default;\n  virtual int f() = 0;\n  int inherited();\n};\n"
                              "class A : public Base {\n public:\n  explicit A(int x) : x_{x} {}\n  int f() override { return inherited(); }\n"
                              "  bool operator==(const A& other) const;\n  bool await_ready();\n  int begin();\n  static void called(void*);\n"
                              "  void give() { take(called, x_); }\n  int x_;\n};\n",
                    "src/main.cpp": '#include "io/a.h"\nvoid run(Base& base) { base.f(); A(1).give(); }\nint main() { run(A(1)); }\n'})


class Others(unittest.TestCase):
    def test_include_matrix(self):
        self.assertEqual(findings_of("include_matrix", {"io/a.h": "#pragma once\n"}), [])
        self.assertEqual(findings_of("include_matrix", {"io/a.h": '#pragma once\n#include "src/b.h"\n', "src/b.h": "#pragma once\n"}),
                         ["io/a.h:2: io/a.h must not include src/b.h: only io lie at or below its floor"])

    def test_words(self):
        self.assertEqual(findings_of("words", {"src/types/a.h": "// homepage\n", "io/a.h": "// a page of the disk\n"}), [])
        self.assertEqual(findings_of("words", {"src/types/a.h": "// a page\n"}),
                         ['src/types/a.h:1: the word "page" does not belong here'])

    def test_coroutines(self):
        self.assertEqual(findings_of("coroutines", {"io/a.cpp": "void f() { const bool x = co_await g(); if (x) h(); }\n"}), [])
        self.assertEqual(len(findings_of("coroutines", {"io/a.cpp": "void f() { if (co_await g()) h(); }\nvoid g() { co_await (a ? b : c); }\n"})), 2)

    def test_sizes(self):
        self.assertEqual(findings_of("sizes", {"io/a.cpp": "int f() {\n" + "  g();\n" * 58 + "}\n"}), [])
        self.assertEqual(findings_of("sizes", {"io/a.cpp": "int f() {\n" + "  g();\n" * 59 + "}\n"}),
                         ["io/a.cpp:1: f takes 61 lines, at most 60"])


if __name__ == "__main__":
    unittest.main()
