"""Problems of risks and contingencies."""

from app.kit.problems import FieldError, Problem


class RiskNotFound(Problem):
    """The plan has no risk with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "risk-not-found", "Risk not found", 404
    advice = "Check the key; /risks of the plan lists those there are."


class RiskExists(Problem):
    """The plan has a risk with this key already.

    Keys are unique within a plan, so that events and reports name one thing.
    """

    slug, title, status = "risk-exists", "Risk exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."


class ContingencyNotFound(Problem):
    """The risk has no contingency with this key (any more).

    The key is misspelt, or the risk was edited and has it no more.
    """

    slug, title, status = "contingency-not-found", "Contingency not found", 404
    advice = "Check the key; reading the risk lists its contingencies."


class ContingencyActivated(Problem):
    """The contingency was activated before: what it prepared is part of the plan.

    Its change was made once already; to make it again would change the plan twice.
    """

    slug, title, status = "contingency-activated", "Contingency activated already", 409
    advice = "It was activated before. If that was reported by mistake, retract its event first."


class RiskClosed(Problem):
    """The risk is closed: it can occur no more, or is over, so nothing has to be done about it.

    Contingencies are for risks that may still occur, or have.
    """

    slug, title, status = "risk-closed", "The risk is closed", 409
    advice = "Nothing has to be done about a closed risk. If it occurs after all, report risk.occurred first."


class ContingencyOutdated(Problem):
    """The plan has changed in a way that does not take the change that the contingency prepared.

    Since it was prepared, a milestone or dependency that it touches was deleted or changed.
    """

    slug, title, status = "contingency-outdated", "The prepared change no longer applies", 409
    advice = "Correct the contingency where errors say so, by PATCH of its risk. Nothing was changed."
    example_errors = (FieldError("/change/milestones/build", "unknown_milestone", "is no milestone of this plan"),)
