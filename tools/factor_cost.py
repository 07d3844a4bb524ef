"""What a factor costs in a year, and how offers score, in plain Python."""

from dataclasses import dataclass

DAYS_PER_YEAR = 365
MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True)
class Use:
    """How a company would use a factor in a year.

    :ivar float volume: receivables assigned, with taxes
    :ivar float days: days sales outstanding
    :ivar float invoices: how many are assigned
    :ivar int debtors: customers for whom the factor sets a limit
    """

    volume: float
    days: float
    invoices: float = 0
    debtors: int = 0

    @property
    def outstanding(self):
        """What customers owe on average."""
        return self.volume * self.days / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class Terms:
    """What a factor asks for. Rates are percentages.

    :ivar float fee_rate: service fee, of the receivables assigned
    :ivar float minimum_fee: service fee due in a year in any case
    :ivar float minimum_volume: receivables of a year on which the fee is due in any
        case
    :ivar float interest_rate: a year, on the money advanced
    :ivar float advance_rate: paid at once, of a receivable
    :ivar float holdback_rate: held back until the customer has paid, of a receivable
    :ivar float setup_fee: once
    :ivar float invoice_fee: per invoice
    :ivar float limit_fee: per customer and year
    :ivar int term: months over which the set-up fee is spread, at least a year
    """

    fee_rate: float = 0
    minimum_fee: float = 0
    minimum_volume: float = 0
    interest_rate: float = 0
    advance_rate: float = 0
    holdback_rate: float = 0
    setup_fee: float = 0
    invoice_fee: float = 0
    limit_fee: float = 0
    term: int = MONTHS_PER_YEAR


def annual_costs(terms, use, rounding=float):
    """Return what an offer costs in a year, by component.

    Every component is rounded, so that a page that shows them adds up.

    :param Terms terms: of the offer
    :param Use use: of the company
    :param rounding: function that rounds an amount to the currency
    :return: ``fee`` (on what is assigned), ``top_up`` (what minimum fee and minimum
        volume add to it), ``interest`` (on the advance until customers pay), ``setup``
        (the year's share), ``invoices``, ``limits``
    :rtype: dict[str, float]
    """
    fee = terms.fee_rate / 100 * use.volume
    owed = max(
        terms.fee_rate / 100 * max(use.volume, terms.minimum_volume),
        terms.minimum_fee,
    )
    years = max(terms.term / MONTHS_PER_YEAR, 1)
    costs = {
        "fee": fee,
        "top_up": owed - fee,
        "interest": advanced(terms, use) * terms.interest_rate / 100,
        "setup": terms.setup_fee / years,
        "invoices": terms.invoice_fee * use.invoices,
        "limits": terms.limit_fee * use.debtors,
    }
    return {name: rounding(amount) for name, amount in costs.items()}


def advanced(terms, use):
    """Return the money that is advanced on average."""
    return use.outstanding * terms.advance_rate / 100


def held_back(terms, use):
    """Return the money that is held back on average."""
    return use.outstanding * terms.holdback_rate / 100


def points_for_cost(cost, cheapest):
    """Return the points of a cost: 100 for the cheapest, half for twice as much.

    :rtype: float
    """
    if cost <= cheapest:
        return 100.0
    return max(cheapest, 0) / cost * 100


def points_on_scale(value, zero_at, full_at):
    """Return the points of a value between the one that earns none and the one that
    earns all; beyond them it is neither worse nor better.

    :param float zero_at: earns 0 points; above ``full_at`` when less is better
    :param float full_at: earns 100 points
    :raise ValueError: when both are the same
    :rtype: float
    """
    if zero_at == full_at:
        raise ValueError("a scale has two ends")
    return min(max((value - zero_at) / (full_at - zero_at), 0), 1) * 100


def weighted(points, weights):
    """Return the average of points by their weights; 0 without any weight.

    :param list points: from 0 to 100
    :param list weights: of the same length, not negative
    :rtype: float
    """
    total = sum(weights)
    if not total:
        return 0.0
    return sum(p * w for p, w in zip(points, weights, strict=True)) / total
