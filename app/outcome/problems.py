"""Problems of outcomes."""

from app.kit.problems import Problem


class PlanClosed(Problem):
    """The plan is closed, and its outcome is sealed."""

    slug, title, status = "plan-closed", "The plan is closed already", 409
    advice = "Its outcome is sealed: /outcomes lists the versions. To close it in another way, set it active again."


class OutcomeNotFound(Problem):
    """The outcome of the plan has no version of this number."""

    slug, title, status = "outcome-not-found", "Version of the outcome not found", 404
    advice = "The outcome of the plan has no such version; /outcomes lists them. Closing the plan seals the first."
