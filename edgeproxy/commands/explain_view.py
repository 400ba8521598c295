"""A story as a person reads it: what the cache did and why, what comes next, the key and where each part is from."""

from typing import Any

from edgeproxy.rules.key_parts import Difference, Part, differences
from edgeproxy.terminal import safe

Json = dict[str, Any]
Row = tuple[str, ...]

WHAT_HAPPENED = {
    "hit": "served from the cache",
    "refresh": "the origin was asked whether its answer had changed",
    "stale": "served from the cache past its time",
    "miss": "the origin was asked",
    "collapsed": "shared one answer of the origin",
    "uncached": "the cache had no part in it",
    "answered": "neither the cache nor the origin was asked",
    "error": "it ended before the cache",
}
"""Outcome -> what it means."""
LABEL = 10
"""Width of the left column."""
WIDEST = 60
"""Characters of a cell that the other rows are aligned to; longer ones just go on."""
LONGEST = 300
"""Characters that are shown of a value."""
COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}
QUIET, STRONG = "2", "1"


def render(story: Json, *, colour: bool) -> str:
    """One request: several lines without a final newline, safe for a terminal."""
    sections = [
        [_headline(story, colour)],
        [*_section("why", [(_why(story),)]), *_section("next", [(story["next"],)])],
        [*_section("behavior", _behavior(story)), *_section("key", _key(story), quiet=colour)],
        [*_section("functions", list(map(_function, story["functions"]))), *_section("console", _console(story))],
        [*_origin_side(story)],
        [*_section("compressed", _compressed(story)), *_section("answer", _answer(story))],
        _chosen(story),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _headline(story: Json, colour: bool) -> str:
    request, answer = story["request"], story["answer"]
    status = _painted(str(answer["status"]), COLOURS.get(answer["status"] // 100, "0"), colour)
    x_cache = _painted(f"{answer['x_cache']} from cloudfront", STRONG, colour)
    return f"{request['method']} {_shown(request['target'])}  {status}  {x_cache}"


def _why(story: Json) -> str:
    cache = story["cache"]
    return f"{WHAT_HAPPENED[cache['outcome']]}: {cache['why']}"


def _behavior(story: Json) -> list[Row]:
    behavior = story["behavior"]
    if behavior is None:
        return [("none was chosen",)]
    return [(f"{behavior['path_pattern']} of {story['distribution']}, {behavior['cache_policy']}",)]


def _key(story: Json) -> list[Row]:
    if story["key"] is None:
        return [("none",)]
    return [(part.label, _value(part.value), part.source) for part in parts(story) if part.kind != "distribution"]


def _value(value: str | None) -> str:
    return "(no value)" if value is None else value or '""'


def parts(story: Json) -> tuple[Part, ...]:
    """The parts of a story's key, none when it has none."""
    return tuple(Part(**part) for part in story["key"]["parts"]) if story["key"] else ()


def _function(run: Json) -> Row:
    cost = f"{run['milliseconds']:.2f} ms"
    if run["utilization"] is not None:
        cost += f", {run['utilization']}% compute utilization"
    if run["parts"] is not None:
        cost += f" (queue {run['parts']['queue']:.1f}, init {run['parts']['init']:.1f}, handler {run['parts']['handler']:.1f})"
    if run["over_budget"]:
        cost += f", OVER its budget of {run['budget']:g} ms"
    return (run["hook"], run["name"], cost) if run["error"] is None else (run["hook"], run["name"], cost, run["error"])


def _console(story: Json) -> list[Row]:
    return [(f"{line['function']}: {line['line']}",) for line in story["console"]]


def _origin_side(story: Json) -> list[str]:
    told = [("origin", _origins(story)), ("failover", story["failover"]), ("error", story["error"])]
    told += [("error page", story["custom_error_response"]), ("ignored", story["not_honoured"])]
    return [line for label, texts in told for line in _section(label, [(text,) for text in dict.fromkeys(texts)])]


def _origins(story: Json) -> list[str]:
    """Each origin that was asked, with its times where it gave an answer."""
    answered, lines = list(story["upstream"]), []
    for origin in story["origins"]:
        took = answered.pop(0) if answered and answered[0]["origin"] == origin else None
        lines.append(origin if took is None else f"{origin}: {_took(took)}")
    return lines


def _took(upstream: Json) -> str:
    dns, connect, first_byte = (f"{upstream[name]:.0f} ms" for name in ("dns", "connect", "first_byte"))
    # A connection that was kept alive took no time, and a folder needs none.
    made = f"dns {dns}, connected in {connect}, " if upstream["dns"] or upstream["connect"] else ""
    return f"{made}first byte after {first_byte}"


def _compressed(story: Json) -> list[Row]:
    told = story["compressed"] or (story["not_compressed"] and f"no: {story['not_compressed']}")
    return [(told,)] if told else []


def _answer(story: Json) -> list[Row]:
    answer = story["answer"]
    size = f"{answer['body_bytes']:,} bytes" + ("" if answer["body_whole"] else " and more")
    return [(f"{size} in {answer['milliseconds']:.1f} ms",), *((f"{name}: {value}",) for name, value in answer["headers"])]


def _chosen(story: Json) -> list[str]:
    """What AWS leaves open and decided something about this answer."""
    rows = [f"  {row['question']}: {row['here']}  (fidelity: {row['id']})".replace("`", "") for row in story["chosen"]]
    return ["AWS does not say:", *map(safe, rows)] if rows else []


# --- two requests ---


def compare(first: Json, second: Json, *, colour: bool) -> str:
    """Two requests, each in short, and why they do or do not share an object."""
    briefs = [line for number, story in ((1, first), (2, second)) for line in _brief(number, story, colour)]
    return "\n".join([*briefs, "", *_verdict(first, second, colour)])


def _brief(number: int, story: Json, colour: bool) -> list[str]:
    return [f"{number}  {_headline(story, colour)}", f"   {safe(_why(story))}"]


def _verdict(first: Json, second: Json, colour: bool) -> list[str]:
    if first["key"] is None or second["key"] is None:
        return _without_key(first, second)
    found = differences(parts(first), parts(second))
    if not found:
        return _shared(first, second, colour)
    counted = "one part of their keys differs" if len(found) == 1 else f"{len(found)} parts of their keys differ"
    lines = [_painted(f"Two objects: {counted}.", STRONG, colour)]
    return [*lines, *(line for difference in found for line in _difference(difference, colour))]


def _without_key(first: Json, second: Json) -> list[str]:
    reasons = {name: safe(story["cache"]["why"]) for name, story in (("first", first), ("second", second)) if not story["key"]}
    if len(set(reasons.values())) == 1 and len(reasons) > 1:
        return [f"Nothing to share: neither has a cache key ({reasons['first']})."]
    return [f"Nothing to share: the {name} has no cache key ({reason})." for name, reason in reasons.items()]


def _shared(first: Json, second: Json, colour: bool) -> list[str]:
    lines = [_painted("One object: both have the same cache key.", STRONG, colour)]
    if first["cache"]["not_stored"] is not None:
        lines.append(f"But nothing is shared: the answer is not stored ({safe(first['cache']['not_stored'])}).")
    elif second["cache"]["outcome"] not in ("hit", "stale", "collapsed"):
        lines.append(f"But the second was no Hit: {safe(second['cache']['why'])}.")
    return lines


def _difference(difference: Difference, colour: bool) -> list[str]:
    rows = [("first", _present(difference.one)), ("second", _present(difference.other))]
    return [
        "",
        f"  {_shown(difference.part)}",
        *(f"    {name:6}  {_shown(value)}" for name, value in rows),
        f"    {_painted(_shown(difference.advice), '36', colour)}",
    ]


def _present(value: str | None) -> str:
    return "(not there)" if value is None else value or '""'


# --- lines ---


def _section(label: str, rows: list[Row], *, quiet: bool = False) -> list[str]:
    """Rows in aligned columns, the label before the first; `quiet`: the last of three columns in a quiet colour."""
    columns = zip(*(row[:2] for row in rows), strict=False)
    widths = [max(min(len(_shown(cell)), WIDEST) for cell in column) for column in columns]
    lines = []
    for row in rows:
        *cells, last = map(_shown, row)
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
        end = _painted(last, QUIET, quiet and len(row) > 2)
        lines.append("  ".join([*padded, *cells[len(padded) :], end]).rstrip())
    return [f"{label if number == 0 else '':{LABEL}}  {line}" for number, line in enumerate(lines)]


def _shown(text: str) -> str:
    text = safe(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def _painted(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
