"""Finding rules in the tokens of a phrase: numbers with a period, intervals, periods said alone (spec cadence §9).

Not here: the words (``vocabulary``), what a number comes to as a rule (``amounts``), and what the whole phrase
comes to (``phrases``).
"""

from __future__ import annotations

from dataclasses import replace

from scheduler.cadence.amounts import Amount, Keys, Rule, count_keys, once_keys
from scheduler.cadence.rules import Period, Unit
from scheduler.cadence.tokens import Token
from scheduler.cadence.vocabulary import (
    BETWEEN,
    CLOCK,
    EACH,
    JOINS,
    LABELS,
    MANY,
    MEET,
    ONCE,
    ONE_MEETING,
    OTHER_STRETCHES,
    PERIOD_ADJECTIVES,
    PERIOD_ADVERBS,
    PERIOD_NOUNS,
    PREFERABLY,
    PREPOSITIONS,
    QUALIFIERS,
    RANGE,
    STRETCH_JOINS,
    TIMES,
    UNITS,
    UNKNOWN_QUALIFIERS,
    WEEK_ADVERBS,
    WEEK_NOUNS,
    WEEKDAYS,
    Bound,
)


class Finder:
    """Walks through the tokens once and gathers rules, unreadable attempts and numbers left over."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.rules: list[Rule] = []
        #: Something that states a rule and is not in the grammar.
        self.unreadable = False
        #: A count of meetings without a period ("fyra möten"): a bare rule beside it would be half the truth.
        self.has_loose_count = False
        #: "per år" after something that is no number: what it counts could not be read.
        self.has_loose_period = False
        #: The tokens that are qualifiers of some number, read or not.
        self.bound_qualifiers: set[int] = set()

    def run(self) -> None:
        """Fills the lists."""
        n = 0
        while n < len(self.tokens):
            n = max(n + 1, self.step(n))
        if any(rule.is_bare for rule in self.rules):
            self.unreadable = self.unreadable or self.has_loose_count or self.has_loose_period
        elif not self.rules:
            self.unreadable = self.unreadable or self.has_loose_period

    def text(self, n: int) -> str:
        """The word at ``n``, empty beyond either end."""
        return self.tokens[n].text if 0 <= n < len(self.tokens) else ""

    def number(self, n: int) -> int | None:
        """The number at ``n``, None when there is none."""
        return self.tokens[n].number if 0 <= n < len(self.tokens) else None

    def step(self, n: int) -> int:
        """Reads what begins at ``n`` and gives where to go on."""
        if self.text(n) in MANY and self.is_counted(n + 1):
            self.unreadable = True
            return n + 1
        if self.is_clock(n):
            return n + 3
        bounds, start = self.qualifiers(n)
        amount = self.amount(start)
        if amount is not None and self.is_label(n):
            return amount.after
        if amount is not None:
            self.bound_qualifiers.update(range(n, start))
            return self.counted(n, bounds, amount)
        return self.bare(n, start, bounds)

    def is_clock(self, n: int) -> bool:
        """Whether a time of day stands at ``n``: "13.00", "9:30"."""
        whole = "".join(self.text(k) for k in range(n, n + 3))
        touching = not self.is_spaced(n) and not self.is_spaced(n + 1)
        return touching and CLOCK.fullmatch(whole) is not None

    def is_label(self, n: int) -> bool:
        """Whether a number at ``n`` names an hour, a day or a week: "kl. 13 varje kvartal"."""
        before = n - 1 - (self.text(n - 1) == ".")
        return self.text(before) in LABELS

    def is_counted(self, n: int) -> bool:
        """Whether "några" and the like count something here: meetings, or a period."""
        near = [self.text(n), self.text(n + 1)]
        return any(word in UNITS for word in near) or self.period(n, has_unit=False) is not None

    # ------------------------------------------------------------ numbers

    def qualifiers(self, n: int) -> tuple[list[Bound], int]:
        """The qualifiers that begin at ``n``, and the token after them."""
        found: list[Bound] = []
        while True:
            for length in (3, 2, 1):
                words = tuple(self.text(n + k) for k in range(length))
                if words in QUALIFIERS:
                    found.append(QUALIFIERS[words])
                    n += length
                    break
            else:
                return found, n
            # An abbreviation's full stop: "ca. 4", "max. 4".
            if self.text(n) == "." and found:
                n += 1

    def amount(self, n: int) -> Amount | None:
        """The number or range that begins at ``n``, with a wish after it ("gärna 5")."""
        found = self.couple(n) or self.between(n) or self.span(n)
        if found is None:
            return None
        after = found.after + (self.text(found.after) == ",")
        goal = self.number(after + 1)
        if self.text(after) in PREFERABLY and goal is not None:
            after += 2
            return replace(found, goal=goal, after=after + (self.text(after) == ","))
        return found

    def couple(self, n: int) -> Amount | None:
        """ "ett par", "a couple (of)": two or three, about."""
        if (self.text(n), self.text(n + 1)) not in {("ett", "par"), ("a", "couple")}:
            return None
        after = n + 2 + (self.text(n + 2) == "of")
        return Amount(2, 3, after, approximate=True, clashes=self.number(after) is not None)

    def between(self, n: int) -> Amount | None:
        """ "mellan a och b", "from a to b"."""
        joins = BETWEEN.get(self.text(n))
        if joins is None:
            return None
        low = self.single(n + 1)
        if low is None or self.text(low.after) not in joins:
            return None
        high = self.single(low.after + 1)
        return None if high is None else self.joined(low, high)

    def span(self, n: int) -> Amount | None:
        """ "a", "a-b", "a eller b", also with what is counted said twice ("en gång eller två gånger")."""
        low = self.single(n)
        if low is None:
            return None
        join = self.after_units(low.after)
        high = self.single(join + 1) if self.text(join) in RANGE else None
        if high is None:
            return low
        found = self.joined(low, high)
        return self.repeated(found)

    def joined(self, low: Amount, high: Amount) -> Amount:
        """The range between two numbers, which clashes when it runs backwards."""
        clashes = low.clashes or high.clashes or high.low < low.low
        return Amount(low.low, high.low, high.after, clashes=clashes, is_times=high.is_times)

    def repeated(self, found: Amount) -> Amount:
        """The same range again in brackets: "4-5 (fyra till fem)"; another one clashes."""
        n = found.after
        if self.text(n) != "(":
            return found
        again = self.span(n + 1)
        if again is None or self.text(again.after) != ")":
            return found
        same = (again.low, again.high) == (found.low, found.high)
        return replace(found, after=again.after + 1, clashes=found.clashes or not same)

    def single(self, n: int) -> Amount | None:
        """One number, also "fyra (4)", which clashes when the two differ."""
        value = self.number(n)
        if value is None:
            return None
        again = self.number(n + 2)
        if self.text(n + 1) == "(" and again is not None and self.text(n + 3) == ")":
            return Amount(value, value, n + 4, clashes=again != value)
        return Amount(value, value, n + 1, is_times=self.text(n) in ONCE)

    def after_units(self, n: int) -> int:
        """The token after the words for meetings that begin at ``n``."""
        while self.text(n) in UNITS:
            n += 1
            if self.text(n) == "." and self.text(n - 1) == "ggr":
                n += 1
        return n

    # ------------------------------------------------------------ a number with its period

    def counted(self, first: int, bounds: list[Bound], amount: Amount) -> int:
        """Reads the rule of a number, if what follows is a period; gives where to go on."""
        amount = self.with_other_end(bounds, amount)
        end = self.after_units(amount.after)
        has_unit = end > amount.after or amount.is_times
        period = self.period(end, has_unit=has_unit)
        interval = None if period is not None else self.interval(end)
        if period is None and interval is None:
            self.has_loose_count = self.has_loose_count or (has_unit and amount.high > 1)
            return amount.after
        after = period[1] if period is not None else interval[2] if interval is not None else end
        keys = None
        if not self.is_doubtful(first, bounds, amount):
            if period is None or period[0] is None:
                keys = once_keys(bounds, amount, (1, Unit.WEEK) if interval is None else interval[:2])
            else:
                keys = count_keys(bounds, amount, period[0])
        if keys is None:
            self.unreadable = True
        else:
            bound = None if amount.least_and_most or len(bounds) != 1 else bounds[0]
            self.rules.append(Rule(keys, first, after, bound))
        return after

    def with_other_end(self, bounds: list[Bound], amount: Amount) -> Amount:
        """ "minst a och högst b" as one amount, the units and "och" between them skipped."""
        if bounds not in ([Bound.LEAST], [Bound.MOST]) or amount.low != amount.high:
            return amount
        n = self.after_units(amount.after)
        while self.text(n) in {"och", "and", "men", "but", ","}:
            n += 1
        others, start = self.qualifiers(n)
        other = self.span(start)
        opposite = Bound.MOST if bounds == [Bound.LEAST] else Bound.LEAST
        if others != [opposite] or other is None or other.low != other.high:
            return amount
        self.bound_qualifiers.update(range(n, start))
        low, high = (amount, other) if opposite is Bound.MOST else (other, amount)
        return replace(self.joined(low, high), after=other.after, least_and_most=True)

    def is_doubtful(self, first: int, bounds: list[Bound], amount: Amount) -> bool:
        """Whether the number clashes with itself or with what stands before it."""
        if amount.clashes or len(set(bounds)) > 1:
            return True
        before = self.text(first - 1)
        if before in UNKNOWN_QUALIFIERS:
            return True
        if before == "." and self.is_spaced(first - 1):
            return False
        joined = before in JOINS and self.is_number_like(first - 2)
        return joined or self.is_number_like(first - 1)

    def is_spaced(self, n: int) -> bool:
        """Whether the token at ``n`` does not touch the next one, as a full stop between sentences."""
        return n + 1 >= len(self.tokens) or self.tokens[n].end < self.tokens[n + 1].start

    def is_number_like(self, n: int) -> bool:
        """Whether a number stands at ``n`` that is no year."""
        if not 0 <= n < len(self.tokens):
            return False
        token = self.tokens[n]
        if token.number is not None or token.text in {"par", "couple"}:
            return True
        return token.is_figure and not self.is_year(n)

    def period(self, n: int, *, has_unit: bool) -> tuple[Period | None, int] | None:
        """The period that begins at ``n`` and the token after it; (None, …) is a week."""
        if (adverb := self.adverb(n)) is not None:
            return adverb
        start = n
        while self.text(n) in PREPOSITIONS and n - start < 2:  # noqa: PLR2004 - "i varje kvartal"
            n += 1
        noun = self.text(n)
        if n == start and (not has_unit or self.is_year(n + 1)):
            return None
        if noun in WEEK_NOUNS and n > start:
            return None, n + 1
        return (PERIOD_NOUNS[noun], n + 1) if noun in PERIOD_NOUNS else None

    def is_year(self, n: int) -> bool:
        """Whether four digits stand at ``n``."""
        return len(self.text(n)) == len("2026") and self.text(n).isdigit()

    def adverb(self, n: int) -> tuple[Period | None, int] | None:
        """ "årligen", "semi-annually", "weekly" at ``n``."""
        word = self.text(n)
        if word == "semi" and self.text(n + 1) == "-" and self.text(n + 2) in {"annually", "annual"}:
            return Period.TERM, n + 3
        if word in PERIOD_ADVERBS:
            return PERIOD_ADVERBS[word], n + 1
        return (None, n + 1) if WEEK_ADVERBS.get(word) == 1 else None

    # ------------------------------------------------------------ rules without a number

    def bare(self, first: int, n: int, bounds: list[Bound]) -> int:
        """Reads an interval, a weekday of the month or a period said alone, with qualifiers before it."""
        if (weekday := self.weekday_of_month(n)) is not None:
            self.bound_qualifiers.update(range(first, n))
            self.add_bare(first, weekday, bounds, count_keys(bounds, Amount(1, 1, weekday), Period.MONTH))
            return weekday
        interval = self.interval(n)
        if interval is not None:
            self.bound_qualifiers.update(range(first, n))
            self.add_bare(first, interval[2], bounds, once_keys(bounds, Amount(1, 1, n), interval[:2]))
            return interval[2]
        plain = self.text(n) == "every" and self.text(n + 1) in PERIOD_NOUNS
        if self.text(n) in {"var", "vart", "varannan", "every"} and self.names_stretch(n + 1) and not plain:
            self.unreadable = True
            return n + 1
        period = self.bare_period(n)
        if period is None or period[0] is None:
            return first + 1
        self.bound_qualifiers.update(range(first, n))
        self.add_bare(first, period[1], bounds, count_keys(bounds, Amount(1, 1, n), period[0]))
        return period[1]

    def add_bare(self, first: int, after: int, bounds: list[Bound], keys: Keys | None) -> None:
        """Keeps a rule without a number, unless what stands before it makes it another one."""
        ranged = self.text(first - 1) in JOINS and self.text(first - 2) in {"varannan", "varje"}
        if keys is None or len(set(bounds)) > 1 or ranged or self.is_many_before(first):
            self.unreadable = True
            return
        self.rules.append(Rule(keys, first, after, bounds[0] if bounds else None, is_bare=True))

    def is_many_before(self, n: int) -> bool:
        """Whether an unread number of meetings stands before a period: "fyra ordinarie möten varje termin"."""
        if self.text(n - 1) in TIMES or self.text(n - 1) in UNKNOWN_QUALIFIERS:
            return True
        if self.text(n - 1) == "-" and not self.is_spaced(n - 1):
            return True
        for back in range(n - 1, max(-1, n - 4), -1):
            if not (self.tokens[back].is_word or self.tokens[back].is_figure or self.tokens[back].number is not None):
                return False
            if self.text(back) in MANY or (self.tokens[back].number or 0) > 1:
                return self.text(n - 1) in UNITS or self.text(n) in PERIOD_ADJECTIVES
        return False

    def weekday_of_month(self, n: int) -> int | None:
        """The token after "första måndagen i (varje) månaden"; two ordinals are no such rule."""
        if not 0 <= n < len(self.tokens) or self.tokens[n].ordinal is None or self.text(n + 1) not in WEEKDAYS:
            return None
        after = n + 2
        if self.text(after) in {"i", "of", "in"}:
            after += 1 + (self.text(after + 1) in {"varje", "every", "each", "the"})
        elif self.text(after) == "varje":
            after += 1
        else:
            return None
        if self.text(after) not in {"månad", "månaden", "month"}:
            return None
        if self.text(n - 1) in {"och", "eller", "and", "or", ",", "-"} and self.is_ordinal_near(n - 2):
            self.unreadable = True
        return after + 1

    def is_ordinal_near(self, n: int) -> bool:
        """Whether an ordinal stands at ``n`` or, with its weekday after it, just before."""
        return any(0 <= k < len(self.tokens) and self.tokens[k].ordinal is not None for k in (n, n - 1))

    def interval(self, n: int) -> tuple[int, Unit, int] | None:
        """ "varannan vecka", "every six weeks": how many, of what, and the token after it."""
        word = self.text(n)
        if word in WEEK_ADVERBS:
            return WEEK_ADVERBS[word], Unit.WEEK, n + 1
        every: int | None = None
        if word in EACH:
            every = 1
            following = self.tokens[n + 1] if n + 1 < len(self.tokens) else None
            if word == "every" and following is not None:
                every = 2 if following.text == "other" else following.ordinal or following.number or 1
                n += every != 1
        elif word == "varannan":
            every = 2
        elif word in {"var", "vart"} and n + 1 < len(self.tokens):
            every = self.tokens[n + 1].ordinal or self.number(n + 1)
            n += 1
        unit = _interval_unit(self.text(n + 1))
        if not every or unit is None or (word == "each" and unit is Unit.MONTH):
            return None
        return every, unit, n + 2

    def names_stretch(self, n: int) -> bool:
        """Whether a stretch of time follows that is no week or month: "var tredje år", "varannan måndag"."""
        return any(
            self.text(k) in OTHER_STRETCHES
            for k in range(n, n + 4)
            if all(self.is_stretch_word(between) for between in range(n, k))
        )

    def is_stretch_word(self, n: int) -> bool:
        """Whether a word may stand between "var" and what it counts: ordinals, numbers, "till"."""
        if not 0 <= n < len(self.tokens):
            return False
        token = self.tokens[n]
        return token.ordinal is not None or token.number is not None or token.text in STRETCH_JOINS

    def bare_period(self, n: int) -> tuple[Period | None, int] | None:
        """A period that says "once" by standing alone."""
        if (adverb := self.adverb(n)) is not None:
            return adverb
        word = self.text(n)
        if word not in PREPOSITIONS:
            return None
        found = self.period(n, has_unit=False)
        if found is None or word in EACH or (word == "i" and self.text(n + 1) in EACH):
            return found
        before = self.text(n - 1)
        if before in ONE_MEETING or (word == "per" and (before in MEET or n == 0)):
            return found
        self.has_loose_period = self.has_loose_period or word in {"per", "/"}
        return None


def _interval_unit(word: str) -> Unit | None:
    if word in WEEK_NOUNS or word == "weeks":
        return Unit.WEEK
    return Unit.MONTH if word in {"månad", "månaden", "month", "months"} else None
