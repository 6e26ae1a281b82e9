# SPDX-License-Identifier: Apache-2.0
"""Draws what `PoolRate picture` has measured: a pool's size, and who waits for a connection, over time, fair beside foul."""

LEFT, RIGHT, WIDTH = 70, 740, 760
SECONDS = 8
STORM = (1.0, 2.0)
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {height}" role="img">
<title>A pool under 500 slow lookups</title>
<style>
.bg{{fill:#fff}}.ink,.head,.note,.axis{{font:13px system-ui,sans-serif;fill:#1d2530}}.head{{font-weight:600}}
.note,.axis{{font-size:11px;fill:#5b6675}}.grid{{stroke:#d9dee5}}.storm{{fill:#c2343a;opacity:.07}}
.good,.bad{{fill:none;stroke-width:2;stroke:#2b8a57}}.bad{{stroke:#c2343a}}.big{{font:600 17px system-ui,sans-serif;fill:#1d2530}}
.goodtext{{fill:#2b8a57}}.badtext{{fill:#c2343a}}
@media(prefers-color-scheme:dark){{.bg{{fill:#14181e}}.ink,.head,.big{{fill:#e8ecf1}}.note,.axis{{fill:#9aa5b4}}
.grid{{stroke:#2b333e}}.good{{stroke:#45b97c}}.bad{{stroke:#e5646a}}.goodtext{{fill:#45b97c}}.badtext{{fill:#e5646a}}
.storm{{fill:#e5646a;opacity:.14}}}}
</style>
<rect class="bg" width="100%" height="100%"/>
"""


def text(words, x, y, style, anchor="start"):
    return f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{words}</text>\n'


def across(seconds):
    return LEFT + seconds / SECONDS * (RIGHT - LEFT)


def steps(samples, column, top, height, most):
    """A line that keeps its value until the next sample."""
    points, last = [], None
    for sample in samples:
        x, y = across(sample[0]), top + height - sample[column] / most * height
        if y == last:
            continue
        if last is not None:
            points.append(f"{x:.1f},{last:.1f}")
        points.append(f"{x:.1f},{y:.1f}")
        last = y
    points.append(f"{across(samples[-1][0]):.1f},{last:.1f}")
    return " ".join(points)


def panel(title, column, top, height, most, ticks, sides, storm_ends):
    drawn = text(title, 20, top - 12, "head")
    for tick in ticks:
        y = top + height - tick / most * height
        drawn += f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:g}" y2="{y:g}"/>'
        drawn += text(tick, LEFT - 8, y + 4, "axis", "end")
    for second in range(SECONDS + 1):
        drawn += text(f"{second} s", across(second), top + height + 16, "axis", "middle")
    x, end = across(STORM[0]), across(storm_ends)
    drawn += f'<rect class="storm" x="{x:g}" y="{top}" width="{end - x:g}" height="{height}"/>\n'
    for style, samples in sides:
        drawn += f'<polyline class="{style}" points="{steps(samples, column, top, height, most)}"/>\n'
    return drawn


def round_up(value):
    for step in (5, 10, 20, 50, 100, 200, 500, 1000, 2000):
        if value <= 5 * step:
            return step, -(-value // step) * step
    return value, value


def draw(fair, foul):
    """Samples are [time, size, waiting, served, failed]."""
    sides = [("bad", foul), ("good", fair)]
    drawn = HEAD.format(height=470)
    drawn += text("A pool of up to 20 connections while 500 slow names are looked up", 20, 30, "big")
    drawn += text(
        "after 1 s, ten times as many callers come (100/s, 100 ms of use each) and 500 lookups of 1 s each begin in the same process",
        20, 50, "note",
    )
    words = {"fair": f"fair: FairPool, {fair[-1][3]:.0f} served, {fair[-1][4]:.0f} failed",
             "foul": f"foul: a pool over stock SwiftNIO, one loop, {foul[-1][3]:.0f} served, {foul[-1][4]:.0f} failed"}
    drawn += text(words["fair"], 20, 74, "ink goodtext") + text(words["foul"], 330, 74, "ink badtext")
    for number, (title, column) in enumerate([("connections", 1), ("callers that wait", 2)]):
        most = max(sample[column] for _, samples in sides for sample in samples)
        step, most = round_up(max(most, 5))
        ticks = range(0, int(most) + 1, step)
        drawn += panel(title, column, 116 + 180 * number, 120, most, ticks, sides, STORM[1])
    drawn += text("the shaded second: what the lookups take when each of them runs at once", 20, 456, "note")
    return drawn + "</svg>\n"
