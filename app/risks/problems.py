"""Problems of risks and contingencies."""

from app.kit.problems import Problem


class RiskNotFound(Problem):
    """The plan has no risk with this key (any more)."""

    slug, title, status = "risk-not-found", "Risk not found", 404
    advice = "The plan has no risk with this key; /risks lists them."


class RiskExists(Problem):
    """The plan has a risk with this key already."""

    slug, title, status = "risk-exists", "Risk exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."


class ContingencyNotFound(Problem):
    """The risk has no contingency with this key (any more)."""

    slug, title, status = "contingency-not-found", "Contingency not found", 404
    advice = "The risk has no contingency with this key; reading the risk lists them."


class ContingencyActivated(Problem):
    """The contingency was activated before: what it prepared is part of the plan."""

    slug, title, status = "contingency-activated", "Contingency activated already", 409
    advice = "It was activated before. If that was reported by mistake, retract its event first."


class RiskClosed(Problem):
    """The risk is closed: it can occur no more, or is over, so nothing has to be done about it."""

    slug, title, status = "risk-closed", "The risk is closed", 409
    advice = "Nothing has to be done about a closed risk. If it occurs after all, report risk.occurred first."


class ContingencyOutdated(Problem):
    """The plan has changed in a way that does not take the change that the contingency prepared."""

    slug, title, status = "contingency-outdated", "The prepared change no longer applies", 409
    advice = "Correct the contingency where errors say so, by PATCH of its risk. Nothing was changed."
