"""Problems of scenarios."""

from app.kit.problems import FieldError, Problem


class ScenarioNotFound(Problem):
    """The plan has no scenario with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "scenario-not-found", "Scenario not found", 404
    advice = "Check the key; /scenarios of the plan lists those there are."


class ScenarioKeyTaken(Problem):
    """The plan has a scenario with this key already.

    Keys are unique within a plan.
    """

    slug, title, status = "scenario-key-taken", "Scenario key taken", 409
    advice = "Use another key, or edit the scenario that has this one."


class ScenarioStale(Problem):
    """What the scenario touches was edited since it was saved; `errors` names what.

    To adopt it would silently undo what others changed meanwhile.
    """

    slug, title, status = "scenario-stale", "The plan has changed under the scenario", 409
    advice = (
        "Look at it again, and save it anew; or adopt it on the plan as it is now, with its revision in "
        "`accept_changes_since`."
    )
    example_errors = (
        FieldError("/milestones/build", "edited_since", "was changed since revision 3: planned_finish"),
    )


class ScenarioUnfit(Problem):
    """The change of the scenario can't be made to the plan as it is now, or changes nothing of it.

    What it changes was deleted, or the plan says already what the scenario would make of it.
    """

    slug, title, status = "scenario-unfit", "The scenario does not fit the plan", 409
    advice = "Correct the places named in errors in the scenario's change. Nothing was stored."
    example_errors = (FieldError("/change/milestones/build", "unknown_milestone", "is no milestone of this plan"),)
