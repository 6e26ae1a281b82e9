# SPDX-License-Identifier: Apache-2.0
"""Extreme durations, each as every option that takes one: 231 combinations, none of which may trap."""

from .cases import Limits, add

OPTIONS = ["--queue-timeout", "--lookup-timeout", "--connect-timeout", "--deadline", "--attempt-delay"]
VALUES = [
    "0", "1e-18", "1e-300", "5e-324", "0.000000001", "1e6", "1e9", "9223372036", "9223372037", "1e15", "1e17",
    "9223372036854775807", "9223372036854775808", "1.7e20", "1e30", "1.8e308", "inf", "nan", "-1", "-inf", "-9e18",
]
LIMITS = Limits(seconds=12, processor=4)


def attack(pairs):
    def attack(arena):
        options = [f"{option}={value}" for option, value in pairs]
        run = arena.run("connect", "localhost", arena.port, "--json", *options, limits=LIMITS)
        # A value that is none of a duration's may be refused: 2, with a word.
        return run.faults(LIMITS, statuses=(0, 1, 2))
    return attack


def register():
    combinations = [[(option, value)] for option in OPTIONS for value in VALUES]
    # All of them at once, and each with the next: sums are where it happens.
    combinations += [[(option, value) for option in OPTIONS] for value in VALUES]
    for first, second in zip(OPTIONS, OPTIONS[1:] + OPTIONS[:1]):
        combinations += [[(first, value), (second, VALUES[(place * 5 + 11) % len(VALUES)])]
                         for place, value in enumerate(VALUES)]
    for pairs in combinations[:231]:
        word = "-".join(f"{option.strip('-')}={value}" for option, value in pairs[:2])
        more = "-and-all" if len(pairs) > 2 else ""
        add(f"duration/{word}{more}", "item 9: clamped on one side", attack(pairs))


register()
