"""Problems of decisions."""

from app.kit.problems import Problem


class DecisionNotFound(Problem):
    """The plan has no decision with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "decision-not-found", "Decision not found", 404
    advice = "Check the key; /decisions of the plan lists those there are."


class DecisionKeyTaken(Problem):
    """The plan has a decision with this key already.

    Keys are unique within a plan, and a decision is never overwritten.
    """

    slug, title, status = "decision-key-taken", "Decision key taken", 409
    advice = "Use another key, or edit the decision that has this one."


class DecisionRequired(Problem):
    """The plan says in `decisions_required_for` that this is done only by a decision, and the request names none.

    Whoever owns the plan wants to know who decided such a step, and why.
    """

    slug, title, status = "decision-required", "The plan asks for a decision", 409
    advice = (
        "Record a decision with a choice, a reason and who decided (POST …/decisions), and name it in `decision`."
    )
