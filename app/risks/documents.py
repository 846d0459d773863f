"""The exposure of a plan as JSON-ready values."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.domain.exposure import NO_EXPOSURE, Coverage, Exposure
from app.domain.money import ZERO, exact
from app.domain.risk_judging import Found
from app.domain.risks import Contingency, Impact, Risk, RiskStatus
from app.risks.items import PART
from app.risks.service import Assessed

_MOST_MILESTONES = 200
_MOST_NAMED = 50
_CENTS = Decimal("0.01")
Json = dict[str, Any]


def summary_document(assessed: Assessed) -> Json:
    """What all risks together may cost the plan."""
    exposure, alive = assessed.exposure, assessed.alive
    counts = Counter(str(assessed.state(risk).status) for risk in assessed.risks.values())
    due = Counter(assessed.due(risk, each) for risk in assessed.risks.values() for each in risk.contingencies)
    return {
        "counts": {str(status): counts[status] for status in RiskStatus},
        "unquantified": [risk.key for risk in alive if not risk.impacts][:_MOST_NAMED],
        "reviews_overdue": sum(map(assessed.is_review_overdue, alive)),
        "contingencies_due": due[True],
        "contingencies_unknown": due[None],
        "expected_minutes": float(exposure.total_minutes),
        "expected_cost": _money(exposure.total_cost if exposure.cost else None, assessed.currency),
        "buffer": _time_coverage(assessed.buffer),
        "reserve": _money_coverage(assessed.reserve, assessed.currency),
        "budget": _money(assessed.budget, assessed.currency),
        "exposed_milestones": len(exposure.minutes.keys() | exposure.cost.keys()),
        "milestones": _milestones(assessed),
    }


def _milestones(assessed: Assessed) -> list[Json]:
    """The milestones of which something is expected, the worst first."""
    exposure = assessed.exposure
    covered = {key: assessed.coverage_of(key) for key in exposure.minutes.keys() | exposure.cost.keys()}

    def badness(key: str) -> tuple[Decimal, Decimal, str]:
        return -(covered[key].uncovered or ZERO), -exposure.minutes.get(key, ZERO), key

    shown = sorted(covered, key=badness)[:_MOST_MILESTONES]
    risks: dict[str, list[str]] = {key: [] for key in shown}
    for risk in assessed.alive:
        for impact in risk.impacts:
            if impact.milestone in risks:
                risks[impact.milestone].append(risk.key)
    return [
        {
            "milestone": key,
            "risks": risks[key][:_MOST_NAMED],
            "expected_minutes": float(exposure.minutes.get(key, ZERO)),
            "expected_cost": _money(exposure.cost.get(key), assessed.currency),
            "coverage": _time_coverage(covered[key]),
        }
        for key in shown
    ]


def risk_documents(assessed: Assessed, risks: Iterable[Risk]) -> list[Json]:
    """Risks: where each stands, what is expected of it, what is prepared."""
    bodies = assessed.scene.part(PART)
    return [_risk(assessed, risk, bodies[risk.key]) for risk in risks]


def _risk(assessed: Assessed, risk: Risk, body: Mapping[str, Any]) -> Json:
    state, exposure = assessed.state(risk), assessed.exposures.get(risk.key, NO_EXPOSURE)
    has_cost = any(impact.cost is not None for impact in risk.impacts)
    return {
        "risk": risk.key,
        "name": risk.name,
        "category": risk.category,
        "owner": risk.owner,
        "response": risk.response and str(risk.response),
        "status": str(state.status),
        "occurred_at": state.occurred_at,
        "closed_at": state.closed_at,
        "probability": float(risk.probability),
        "expected_minutes": float(exposure.total_minutes) if risk.impacts else None,
        "expected_cost": _money(exposure.total_cost if has_cost else None, assessed.currency),
        "impacts": [_impact(assessed, impact, exposure) for impact in risk.impacts],
        "review_at": risk.review_at,
        "review_overdue": assessed.is_review_overdue(risk),
        "contingencies": [
            _contingency(assessed, risk, each, told)
            for each, told in zip(risk.contingencies, body["contingencies"], strict=True)
        ],
    }


def _impact(assessed: Assessed, impact: Impact, exposure: Exposure) -> Json:
    room, reason = assessed.room(impact.milestone)
    left = None if room is None else max(impact.minutes - max(int(room), 0), 0)
    cost = None if impact.cost is None else impact.cost.amount
    expected = None if cost is None else exposure.cost.get(impact.milestone, ZERO)
    return {
        "milestone": impact.milestone,
        "minutes": impact.minutes,
        "cost": _money(cost, assessed.currency),
        "expected_minutes": float(exposure.minutes.get(impact.milestone, ZERO)),
        "expected_cost": _money(expected, assessed.currency),
        "total_float_minutes": None if room is None else int(room),
        "unabsorbed_minutes": left,
        "reason": reason and str(reason),
    }


def _contingency(assessed: Assessed, risk: Risk, contingency: Contingency, body: Mapping[str, Any]) -> Json:
    activation = assessed.state(risk).activations.get(contingency.key)
    return {
        "contingency": contingency.key,
        "name": contingency.name,
        "trigger": body["trigger"],
        "state": _trigger(assessed.found[risk.key, contingency.key]),
        "due": assessed.due(risk, contingency),
        "activated_at": None if activation is None else activation.at,
        "activated_revision": None if activation is None else activation.revision,
    }


def _trigger(found: Found) -> Json:
    return {
        "state": str(found.status),
        "since": found.since,
        "reason": found.reason and str(found.reason),
        "operands": dict(found.operands),
        "events": [{"source": source, "id": name} for source, name in found.events],
        "summary": found.summary,
    }


def _time_coverage(found: Coverage) -> Json:
    return {
        "status": str(found.status),
        "room_minutes": _number(found.room),
        "covered_minutes": _number(found.covered),
        "uncovered_minutes": _number(found.uncovered),
        "reason": found.reason and str(found.reason),
    }


def _money_coverage(found: Coverage, currency: str | None) -> Json:
    return {
        "status": str(found.status),
        "room": _money(found.room, currency),
        "covered": _money(found.covered, currency),
        "uncovered": _money(found.uncovered, currency),
        "reason": found.reason and str(found.reason),
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _money(amount: Decimal | None, currency: str | None) -> Json | None:
    """Money as text, exact: two decimals, and more where there are more."""
    if amount is None or currency is None:
        return None
    with exact():
        plain = amount.normalize() if amount else ZERO
        exponent = plain.as_tuple().exponent
        assert isinstance(exponent, int)
        return {"amount": f"{plain:.2f}" if exponent >= -2 else f"{plain:f}", "currency": currency}
