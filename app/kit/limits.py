"""Every limit that is enforced, published at `/v1/limits`."""

MIB = 1024 * 1024

MAX_MILESTONES = 20_000
MAX_DEPENDENCIES = 60_000
MAX_PARTS = 1_000  # of each kind: metrics, risks …
MAX_DOCUMENT_BYTES = 32 * MIB
MAX_IMPORT_BYTES = 20 * MIB
MAX_BATCH_EVENTS = 10_000
MAX_BATCH_BYTES = 8 * MIB
MAX_EVENT_BYTES = 64 * 1024
MAX_BODY_BYTES = MIB
MAX_TREND_STEPS = 400
MAX_TREND_MILESTONE_STEPS = 100_000  # milestones times steps
MAX_CALENDAR_EXCEPTIONS = 5_000
MAX_LABELS = 50
MAX_TOLERANCES = 200  # of a workspace, the built-in ones included
MAX_TOLERANCE_MILESTONES = 1_000  # keys that a tolerance may name
MAX_OBJECTIVES = 1_000  # of a workspace
MAX_OBJECTIVE_METRICS = 100
MAX_ROLLUP_PLANS = 200  # that one roll-up of an objective reads
MAX_ROLLUP_MILESTONES = 100_000  # of all those plans together
MAX_IMPACTS = 200  # of a risk
MAX_CONTINGENCIES = 20  # of a risk
MAX_PLAN_CONTINGENCIES = 200  # of all risks of a plan: what its evaluation costs grows with them
MAX_WIDE_TRIGGERS = 20  # of a plan: triggers on a value that name no milestone, and so look at all of them
MAX_PREPARED_STEPS = 200_000  # prepared changes that one edit writes, times milestones and dependencies
MAX_SCENARIO_NAMES = 100  # risks, and metrics, that a scenario names
MAX_COMPARED_SCENARIOS = 10  # at once
MAX_COMPARED_MILESTONES = 40_000  # of all the scenarios of a comparison together
MAX_FUTURE_HOURS = 24
MAX_PREVIEW_CHANGES = 1_000  # of each kind
MAX_PREVIEW_FACTS = 400  # evaluations between which a tolerance is replayed, but for those that time alone brings
MAX_PREVIEW_MILESTONE_STEPS = 100_000  # milestones times evaluations
MAX_WEBHOOKS = 100
