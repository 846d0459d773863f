"""Problems of outcomes."""

from app.kit.problems import Problem


class PlanClosed(Problem):
    """The plan is closed, and its outcome is sealed.

    A sealed outcome is what others rely on: it is not sealed again in another way.
    """

    slug, title, status = "plan-closed", "The plan is closed already", 409
    advice = "Its outcome is sealed: /outcomes lists the versions. To close it in another way, set it active again."


class OutcomeNotFound(Problem):
    """The outcome of the plan has no version of this number.

    The number is wrong, or the plan was not closed yet.
    """

    slug, title, status = "outcome-not-found", "Version of the outcome not found", 404
    advice = "Check the number; /outcomes of the plan lists them. Closing the plan seals the first."
