"""The command tables of two servers, COMMAND INFO and COMMAND DOCS, compared for differential.py."""
import newer
from dictionary import as_list, pairs

# What COMMAND says in words of its own: that it is said is compared, not how.
OWN_WORDS = (b"summary", b"complexity", b"replaced_by", b"notes")


def differences(own, control):
    """COMMAND INFO and COMMAND DOCS of every command that both know, field by field, with the types of RESP3."""
    names = sorted({name.split("|")[0] for name in own})
    control.call("HELLO", 3)
    rows = map(facts, control.many([("COMMAND", "INFO", name) for name in names]))
    pages = map(facts, control.many([("COMMAND", "DOCS", name) for name in names]))
    control.call("HELLO", 2)
    wrong = []
    for name, row, reference in zip(names, *rows):
        if isinstance(reference[0], list):
            wrong += [f"COMMAND INFO {name}: {text}" for text in row_differences(row[0], reference[0])]
    for name, page, reference in zip(names, *pages):
        if pairs(reference):
            wrong += [f"COMMAND DOCS {name}: {text}" for text in
                      page_differences(newer.as_before(pairs(page).get(name.encode())), pairs(reference).get(name.encode()))]
    return wrong


def row_differences(row, reference):
    if not isinstance(row, list) or len(row) < 10:
        return [f"row {row!r}"]
    names = ["name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specs", "subcommands"]
    out = []
    for name, mine, other in zip(names, row, reference):
        if name == "subcommands":
            rows = {sub[0]: sub for sub in as_list(other)}
            for sub in as_list(mine):
                if sub[0] in rows:
                    out += [f"{sub[0].decode()}: {text}" for text in row_differences(sub, rows[sub[0]])]
        elif mine != other and not (name == "arity" and newer.ARITIES.get(row[0].decode()) == mine):
            out.append(f"{name}: {mine!r}, not {other!r}")
    return out


def page_differences(page, reference):
    if page is None:
        return ["no page"]
    if list(pairs(page)) != list(pairs(reference)):
        return [f"fields: {list(pairs(page))!r}, not {list(pairs(reference))!r}"]
    page, reference, out = pairs(page), pairs(reference), []
    for field, other in reference.items():
        if field == b"subcommands":
            below, other_below = pairs(page[field]), pairs(other)
            for sub in below:
                if sub in other_below:
                    out += [f"{sub.decode()}: {text}" for text in page_differences(below[sub], other_below[sub])]
        elif page[field] != other:
            out.append(f"{field.decode()}: {page[field]!r}, not {other!r}")
    return out


def facts(reply):
    """A reply in RESP3 without the texts: of those listed in OWN_WORDS, and of the versions of a command's history."""
    if isinstance(reply, list):
        return [facts(each) for each in reply]
    if not isinstance(reply, tuple) or reply[0] not in ("map", "set"):
        return reply
    if reply[0] == "set":
        return ("set", facts(reply[1]))
    told = {b"history": lambda history: (history[0], [version for version, _ in history[1]])}
    return ("map", [(name, None if name in OWN_WORDS else told.get(name, facts)(value)) for name, value in reply[1]])
