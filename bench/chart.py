"""Charts as SVG, written by hand: bars side by side, bars of parts, curves, and panels of a figure's trend. The same input
gives the same bytes, so that a check can compare a picture with the figures it was made from."""
import math
from xml.sax.saxutils import escape

FONT = "font-family='DejaVu Sans, Verdana, sans-serif'"
INK, PALE, GRID = "#222", "#666", "#ddd"
COLOURS = ("#b5482a", "#4a6fa5", "#8a8a8a", "#c9a227", "#5b8c5a", "#7d5a8c")
WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 64, 46
LEGEND_STEP = 7.2  # of a letter


def short(number):
    """A number in four characters or so: 1.23, 45.6, 789, 12k, 3.4M."""
    for limit, unit in ((1e6, "M"), (1e4, "k")):
        if abs(number) >= limit:
            scaled = number / (1e6 if unit == "M" else 1e3)
            return f"{scaled:.0f}{unit}" if abs(scaled) >= 10 else f"{scaled:.1f}{unit}"
    if number == 0 or abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}" if abs(number) >= 0.01 else f"{number:.0e}"


class Picture:
    """Elements on white, which also reads on a dark page."""

    def __init__(self, title, width=WIDTH, height=HEIGHT):
        self.width, self.height = width, height
        self.elements = [f"<rect width='{width}' height='{height}' fill='white'/>"]
        self.text(LEFT - 54, 24, title, size=14, weight="bold")

    def text(self, x, y, words, size=11, colour=INK, anchor="start", weight="normal"):
        self.elements.append(f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' text-anchor='{anchor}' "
                             f"font-weight='{weight}' {FONT}>{escape(str(words))}</text>")

    def line(self, x1, y1, x2, y2, colour=GRID, dash=None):
        dashed = f" stroke-dasharray='{dash}'" if dash else ""
        self.elements.append(f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}'{dashed}/>")

    def box(self, x, y, width, height, colour, opacity=1.0):
        self.elements.append(f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{colour}' fill-opacity='{opacity:g}'/>")

    def path(self, points, colour):
        row = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.elements.append(f"<polyline points='{row}' fill='none' stroke='{colour}' stroke-width='1.8'/>")

    def dot(self, x, y, colour, radius=3.0):
        self.elements.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:g}' fill='{colour}'/>")

    def legend(self, names, y=44):
        x = LEFT
        for number, name in enumerate(names):
            self.box(x, y - 9, 10, 10, colour_of(number))
            self.text(x + 14, y, name, colour=PALE)
            x += 34 + LEGEND_STEP * len(name)

    def svg(self):
        head = f"<svg xmlns='http://www.w3.org/2000/svg' width='{self.width}' height='{self.height}' viewBox='0 0 {self.width} {self.height}'>"
        return "\n".join([head, *self.elements, "</svg>", ""])


def colour_of(number):
    return COLOURS[number % len(COLOURS)]


def round_steps(highest, count=5):
    """Ticks from 0 to at least `highest`, at 1, 2 or 5 times a power of ten."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return [step * number for number in range(math.ceil(highest / step) + 1)]


class Scale:
    """Values on a length of picture, straight or logarithmic."""

    def __init__(self, low, high, begin, end, logarithmic=False):
        self.of = math.log10 if logarithmic else float
        self.low, self.span = self.of(low), (self.of(high) - self.of(low)) or 1.0
        self.begin, self.length = begin, end - begin

    def __call__(self, value):
        return self.begin + (self.of(value) - self.low) / self.span * self.length


def upright_axis(picture, highest, unit):
    """Ticks and lines from zero up; the scale."""
    ticks = round_steps(highest)
    scale = Scale(0, ticks[-1], picture.height - BOTTOM, TOP)
    for tick in ticks:
        picture.line(LEFT, scale(tick), picture.width - RIGHT, scale(tick))
        picture.text(LEFT - 6, scale(tick) + 4, short(tick) if tick >= 1e4 else f"{tick:g}", colour=PALE, anchor="end")
    picture.text(picture.width - RIGHT, 44, unit, colour=PALE, anchor="end")
    return scale


def bars(title, unit, groups, series):
    """Groups of bars side by side. `series`: name -> one value a group, None where there is none."""
    picture = Picture(title)
    scale = upright_axis(picture, max(value for values in series.values() for value in values if value is not None), unit)
    picture.legend(series)
    room = (picture.width - LEFT - RIGHT) / len(groups)
    thick = min(46.0, room * 0.8 / len(series))
    for place, group in enumerate(groups):
        middle = LEFT + room * (place + 0.5)
        for number, values in enumerate(series.values()):
            if values[place] is None:
                continue
            x, y = middle + (number - len(series) / 2) * thick, scale(values[place])
            picture.box(x, y, thick - 2, scale(0) - y, colour_of(number))
            picture.text(x + thick / 2 - 1, y - 4, short(values[place]), size=10 if thick > 26 else 8, anchor="middle")
        picture.text(middle, picture.height - BOTTOM + 18, group, anchor="middle")
    return picture.svg()


def lying_bars(title, unit, groups, series, mark):
    """Bars from left to right, for many groups with long names; a line at the value `mark`."""
    row, left = 9 * len(series) + 7, 180
    picture = Picture(title, height=TOP + row * len(groups) + BOTTOM)
    ticks = round_steps(max(value for values in series.values() for value in values if value is not None))
    scale, bottom = Scale(0, ticks[-1], left, picture.width - RIGHT - 30), picture.height - BOTTOM
    picture.legend(series)
    picture.text(picture.width - RIGHT, 44, unit, colour=PALE, anchor="end")
    for tick in ticks:
        picture.line(scale(tick), TOP, scale(tick), bottom)
        picture.text(scale(tick), bottom + 14, f"{tick:g}", colour=PALE, anchor="middle")
    for place, group in enumerate(groups):
        top = TOP + row * place + 3
        picture.text(left - 6, top + row / 2, group, size=10, anchor="end")
        for number, values in enumerate(series.values()):
            if values[place] is None:
                continue
            picture.box(left, top + 9 * number, scale(values[place]) - left, 8, colour_of(number))
            picture.text(scale(values[place]) + 3, top + 9 * number + 7, short(values[place]), size=8)
    picture.line(scale(mark), TOP, scale(mark), bottom, colour=INK)
    return picture.svg()


def stacks(title, unit, groups, parts, bound=None):
    """One bar a group, made of parts. `parts`: name -> one value a group; `bound`: (value, words) to be kept below."""
    picture = Picture(title)
    sums = [sum(values[place] for values in parts.values()) for place in range(len(groups))]
    scale = upright_axis(picture, max([*sums, bound[0] if bound else 0]), unit)
    picture.legend(parts)
    room = (picture.width - LEFT - RIGHT) / len(groups)
    thick = min(90.0, room * 0.6)
    for place, group in enumerate(groups):
        x, below = LEFT + room * (place + 0.5) - thick / 2, 0.0
        for number, values in enumerate(parts.values()):
            above = below + values[place]
            picture.box(x, scale(above), thick, scale(below) - scale(above), colour_of(number))
            if scale(below) - scale(above) > 13:
                picture.text(x + thick / 2, scale((below + above) / 2) + 4, short(values[place]), colour="white", anchor="middle")
            below = above
        picture.text(x + thick / 2, scale(below) - 5, short(below), weight="bold", anchor="middle")
        picture.text(x + thick / 2, picture.height - BOTTOM + 18, group, anchor="middle")
    if bound:
        picture.line(LEFT, scale(bound[0]), picture.width - RIGHT, scale(bound[0]), INK, "6 4")
        picture.text(picture.width - RIGHT, scale(bound[0]) - 5, bound[1], anchor="end")
    return picture.svg()


def tails(title, unit, series):
    """How many are slower than x, both axes logarithmic. `series`: name -> rows of (upper end, count)."""
    picture = Picture(title)
    curves = {name: slower_than(rows) for name, rows in series.items()}
    values = [x for points in curves.values() for x, _ in points]
    least = min(share for points in curves.values() for _, share in points)
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
    depth = math.ceil(-math.log10(least))
    across = Scale(low, high, LEFT, picture.width - RIGHT, True)
    up = Scale(10.0 ** -depth, 1, picture.height - BOTTOM, TOP, True)
    for power in range(depth + 1):
        y = up(10.0 ** -power)
        picture.line(LEFT, y, picture.width - RIGHT, y)
        picture.text(LEFT - 6, y + 4, f"{100 * 10.0 ** -power:g} %", colour=PALE, anchor="end")
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = across(10.0 ** power)
        picture.line(x, TOP, x, picture.height - BOTTOM)
        picture.text(x, picture.height - BOTTOM + 18, f"{10.0 ** power:g} {unit}", colour=PALE, anchor="middle")
    picture.legend(curves)
    for number, points in enumerate(curves.values()):
        picture.path([(across(x), up(share)) for x, share in points], colour_of(number))
    return picture.svg()


def slower_than(rows):
    """Points of (value, share of all that took longer than the row before), for a histogram's rows."""
    rows = sorted(rows)
    total, left = sum(count for _, count in rows), sum(count for _, count in rows)
    points = []
    for upper, count in rows:
        points.append((upper, left / total))
        left -= count
    return points


def panels(title, trends, columns=3):
    """A small picture a figure. `trends`: (name, latest in words, [(value, noise, mark)]), mark "better", "worse" or None."""
    wide, high = 250, 130
    picture = Picture(title, columns * wide + 20, 40 + math.ceil(len(trends) / columns) * high)
    for number, (name, latest, points) in enumerate(trends):
        x, y = 16 + number % columns * wide, 56 + number // columns * high
        picture.text(x, y, name, size=10, weight="bold")
        picture.text(x, y + 14, latest, size=10, colour=PALE)
        panel(picture, points, x + 6, y + 26, wide - 34, high - 58)
    return picture.svg()


def panel(picture, points, x, y, width, height):
    low = min(value * (1 - noise) for value, noise, _ in points)
    high = max(value * (1 + noise) for value, noise, _ in points)
    room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
    up = Scale(low - room, high + room, y + height, y)
    across = Scale(0, max(1, len(points) - 1), x, x + width)
    picture.line(x, y + height, x + width, y + height)
    for place, (value, noise, _) in enumerate(points):
        picture.box(across(place) - 3, up(value * (1 + noise)), 6, up(value * (1 - noise)) - up(value * (1 + noise)), COLOURS[1], 0.25)
    picture.path([(across(place), up(value)) for place, (value, _, _) in enumerate(points)], COLOURS[1])
    for place, (value, _, mark) in enumerate(points):
        picture.dot(across(place), up(value), {"better": "#2e8b3d", "worse": "#c62828"}.get(mark, COLOURS[1]), 4.5 if mark else 2.5)
