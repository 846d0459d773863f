"""Problems of imports."""

from app.kit.problems import FieldError, Problem


class ImportRefused(Problem):
    """The schedule file cannot become (or update) the plan; `errors` names every place in the file.

    The file is damaged, of an unknown format, or says something that no plan can hold.
    """

    slug, title, status = "import-refused", "The file cannot be imported", 422
    advice = "Correct the places named in errors. Nothing was stored."
    example_errors = (FieldError("row 12, duration", "not_a_duration", "is no duration: 5 moons"),)


class PlanOfAnotherProject(Problem):
    """A plan has the key that the file would get by itself, and no file of this project made or updated it.

    Without being told so, a file does not overwrite a plan of something else.
    """

    slug, title, status = "plan-of-another-project", "The plan was not made from this project", 409
    advice = "Name the plan with ?plan=: an existing one to update it, another key to create a plan."


class PlanChangedMeanwhile(Problem):
    """The plan's time zone, calendar or way of scheduling changed while its file was being read.

    Somebody edited the plan at that moment, and the file's dates would be read differently now.
    """

    slug, title, status = "plan-changed-meanwhile", "The plan changed while the file was read", 409
    advice = "Send the file again: it is read in the plan's time zone and on its calendar. Nothing was stored."


class ImportNotFound(Problem):
    """There is no import with this id, or its plan was deleted.

    The id is misspelt, or belongs to another workspace, which answers the same.
    """

    slug, title, status = "import-not-found", "Import not found", 404
    advice = "Check the id; /v1/imports lists those there are."
