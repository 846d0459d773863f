"""Changes of `small_contract.yaml`, each with the line that the gate writes of it."""

from tests.contract.edits import GONE, Copy, Edit

TEXT = {"type": "string"}
AN_OPERATION = {"operationId": "get_plan", "tags": ["plans"], "responses": {"200": {}}}
PAUSED = {"type": "object", "properties": {"type": {"const": "paused"}}}
A_PAUSE: Edit = {
    "Paused": PAUSED,
    "Event oneOf +": {"$ref": "#/components/schemas/Paused"},
    "Event discriminator mapping paused": "#/components/schemas/Paused",
}

BREAKING: dict[str, tuple[Edit, str]] = {
    # operations
    "an operation is removed": ({"create": GONE}, "POST /plans: the operation create_plan is gone"),
    "a path is renamed": (
        {"paths /projects": Copy("paths /plans"), "paths /plans": GONE},
        "GET /plans: list_plans is at GET /projects",
    ),
    "a method is another": (
        {"paths /plans put": Copy("create"), "create": GONE},
        "POST /plans: create_plan is at PUT /plans",
    ),
    "an operationId is renamed": (
        {"create operationId": "make_plan"},
        "POST /plans: operationId create_plan → make_plan",
    ),
    "an operation moves to another tag": ({"create tags": ["work"]}, "POST /plans: tag plans → work"),
    "a scope is asked for": (
        {"list security": [{"apiKey": ["read", "admin"]}]},
        "GET /plans: needs apiKey read → apiKey read admin",
    ),
    "a key is asked for": ({"delete security": [{"apiKey": []}]}, "DELETE /plans/{plan}: needs nothing → apiKey"),
    "a server moves": ({"servers": [{"url": "/api"}]}, "servers: / → /api"),
    "an operation has a server of its own": ({"create servers": [{"url": "/api"}]}, "POST /plans: another server"),
    "a path has a server of its own": ({"paths /plans servers": [{"url": "/api"}]}, "GET /plans: another server"),
    "the tokens of the security scheme come from elsewhere": (
        {"components securitySchemes apiKey flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}},
        "apiKey: the security scheme is gone, or another",
    ),
    "the security scheme is another": (
        {"components securitySchemes apiKey scheme": "basic"},
        "apiKey: the security scheme is gone, or another",
    ),
    # parameters
    "a parameter is removed": ({"list parameters 0": GONE}, "GET /plans query limit: gone"),
    "a required parameter is added": (
        {"list parameters +": {"name": "by", "in": "query", "required": True, "schema": TEXT}},
        "GET /plans query by: new, and required",
    ),
    "a parameter is made required": (
        {"list parameters 0 required": True},
        "GET /plans query limit: optional → required",
    ),
    "a parameter's maximum is lowered": (
        {"list parameters 0 schema maximum": 100},
        "GET /plans query limit: maximum 200 → 100",
    ),
    "a parameter's minimum is raised": (
        {"list parameters 0 schema minimum": 10},
        "GET /plans query limit: minimum 1 → 10",
    ),
    "a parameter's value is removed": (
        {"list parameters 1 schema enum 1": GONE},
        'GET /plans query sort: the value "key" is gone',
    ),
    "a parameter's pattern is another": (
        {"list parameters 2 schema pattern": "^[a-z]{2,}$"},
        'GET /plans query q: pattern "^[a-z]+$" → "^[a-z]{2,}$"',
    ),
    "a parameter's type is another": (
        {"list parameters 0 schema type": "string"},
        "GET /plans query limit: type integer → string",
    ),
    "a parameter's default is another": (
        {"list parameters 0 schema default": 20},
        "GET /plans query limit: default 50 → 20",
    ),
    "a parameter is written otherwise": (
        {"list parameters 1 explode": False},
        "GET /plans query sort: another explode",
    ),
    # requests
    "a body is made required": ({"body required": True}, "POST /plans body: optional → required"),
    "a body is removed": ({"body": GONE}, "POST /plans body: gone"),
    "a media type of the request is removed": (
        {"body content application/yaml": GONE},
        "POST /plans body: application/yaml is gone",
    ),
    "a request field is removed": (
        {"PlanInput properties weight": GONE},
        "PlanInput.weight: gone (request of create_plan)",
    ),
    "a request field is renamed": (
        {"PlanInput properties ends": Copy("PlanInput properties until"), "PlanInput properties until": GONE},
        "PlanInput.until: renamed to ends (request of create_plan)",
    ),
    "a request field is made required": (
        {"PlanInput required +": "owner"},
        "PlanInput.owner: optional → required (request of create_plan)",
    ),
    "a required request field is added": (
        {"PlanInput properties code": TEXT, "PlanInput required +": "code"},
        "PlanInput.code: new, and required (request of create_plan)",
    ),
    "a request field is narrowed": (
        {"PlanInput properties name maxLength": 100},
        "PlanInput.name: maxLength 200 → 100 (request of create_plan)",
    ),
    "a request field gets a pattern": (
        {"PlanInput properties name pattern": "^A"},
        'PlanInput.name: pattern none → "^A" (request of create_plan)',
    ),
    "a request field's value is removed": (
        {"PlanInput properties kind enum 1": GONE},
        'PlanInput.kind: the value "active" is gone (request of create_plan)',
    ),
    "a request field may not be null any more": (
        {"PlanInput properties until type": "string"},
        "PlanInput.until: may not be null any more (request of create_plan)",
    ),
    "a request field's default is another": (
        {"PlanInput properties weight default": 2},
        "PlanInput.weight: default 1 → 2 (request of create_plan)",
    ),
    "a request field gets a default": (
        {"PlanInput properties name default": "New"},
        'PlanInput.name: default none → "New" (request of create_plan)',
    ),
    "a request field's format is another": (
        {"PlanInput properties until format": "date-time"},
        'PlanInput.until: format "date" → "date-time" (request of create_plan)',
    ),
    "a number must be whole": (
        {"PlanInput properties weight type": "integer"},
        "PlanInput.weight: type number → integer (request of create_plan)",
    ),
    "fewer items are allowed in a request": (
        {"PlanInput properties tags maxItems": 5},
        "PlanInput.tags: maxItems 10 → 5 (request of create_plan)",
    ),
    "items of a request are narrowed": (
        {"PlanInput properties tags items enum": ["a"]},
        "PlanInput.tags[]: any value → a list of values (request of create_plan)",
    ),
    "values of a map are narrowed": (
        {"PlanInput properties labels additionalProperties maxLength": 10},
        "PlanInput.labels{}: maxLength 50 → 10 (request of create_plan)",
    ),
    "keys of a map are narrowed": (
        {"PlanInput properties dates propertyNames maxLength": 10},
        "PlanInput.dates{key}: maxLength 20 → 10 (request of create_plan)",
    ),
    "keys of a map follow another pattern": (
        {"PlanInput properties dates patternProperties": {"^e": {"type": "string", "format": "date"}}},
        "PlanInput.dates: keys ^d → ^e (request of create_plan)",
    ),
    "values of a map by pattern are others": (
        {"PlanInput properties dates patternProperties ^d format": "date-time"},
        'PlanInput.dates{}: format "date" → "date-time" (request of create_plan)',
    ),
    "a map becomes any object": (
        {"PlanInput properties labels additionalProperties": True},
        "PlanInput.labels: other fields: typed → open (request of create_plan)",
    ),
    "another request field is in a part of it": (
        {"PlanInput allOf": [{"required": ["owner"], "properties": {"code": {"type": "string"}}}]},
        "PlanInput.owner: optional → required (request of create_plan)",
    ),
    "other request fields are refused": (
        {"Person additionalProperties": False},
        "Person: other fields are refused (request of create_plan)",
    ),
    "a part of a request field is stricter than the field": (
        {"PlanInput properties name": {"allOf": [TEXT | {"minLength": 1, "maxLength": 200}, {"maxLength": 5}]}},
        "PlanInput.name: maxLength 200 → 5 (request of create_plan)",
    ),
    "a reference is narrowed beside it": (
        {"PlanInput properties owner anyOf 0 maxProperties": 1},
        'PlanInput.owner: beside the reference: {} → {"maxProperties": 1} (request of create_plan)',
    ),
    "items of a request get a rule of their own each": (
        {"PlanInput properties tags prefixItems": [{"enum": ["a"]}]},
        "PlanInput.tags: another prefixItems (request of create_plan)",
    ),
    "one field of a request asks for another": (
        {"PlanInput dependentRequired": {"weight": ["kind"]}},
        "PlanInput: another dependentRequired (request of create_plan)",
    ),
    "a default of 1 is true": (
        {"PlanInput properties weight default": True},
        "PlanInput.weight: default 1 → true (request of create_plan)",
    ),
    "a part of a body is written otherwise": (
        {"body content application/json encoding": {"name": {"contentType": "text/plain"}}},
        "POST /plans body: another encoding of application/json",
    ),
    # answers
    "an answer is removed": ({"list responses 404": GONE}, "GET /plans: the answer 404 is gone"),
    "success has another status": (
        {"create responses 202": Copy("create responses 201")},
        "POST /plans: the answer 202 is new",
    ),
    "a media type of the answer is removed": ({"page content text/csv": GONE}, "GET /plans 200: text/csv is gone"),
    "a header is removed": ({"page headers ETag": GONE}, "GET /plans 200 header ETag: gone"),
    "a header is sent sometimes": (
        {"components headers ETag required": False},
        "GET /plans 200 header ETag: required → optional",
    ),
    "a field of the answer is removed": (
        {"Plan properties percent": GONE, "Plan required 3": GONE},
        "Plan.percent: gone (answer of list_plans)",
    ),
    "a field of the answer is renamed": (
        {
            "Plan properties title": Copy("Plan properties name"),
            "Plan properties name": GONE,
            "Plan required 1": GONE,
        },
        "Plan.name: renamed to title (answer of list_plans)",
    ),
    "a field of the answer may be null": (
        {"Plan properties name type": ["string", "null"]},
        "Plan.name: may be null (answer of list_plans)",
    ),
    "an object in the answer may be null": (
        {"Plan properties last_event": {"anyOf": [{"$ref": "#/components/schemas/Event"}, {"type": "null"}]}},
        "Plan.last_event: may be null (answer of list_plans)",
    ),
    "a field of the answer may be missing": (
        {"Plan required 1": GONE},
        "Plan.name: required → optional (answer of list_plans)",
    ),
    "a field of the answer has more types": (
        {"Plan properties percent type": ["number", "string"]},
        "Plan.percent: type number → number or string (answer of list_plans)",
    ),
    "a field of the answer has another type": (
        {"Plan properties percent type": "string"},
        "Plan.percent: type number → string (answer of list_plans)",
    ),
    "a number of the answer leaves its range": (
        {"Plan properties percent maximum": 200},
        "Plan.percent: maximum 100 → 200 (answer of list_plans)",
    ),
    "a value of the answer is removed": (
        {"Plan properties status enum 1": GONE},
        'Plan.status: the value "active" is gone (answer of list_plans)',
    ),
    "a pattern of the answer is removed": (
        {"Plan properties key pattern": GONE},
        'Plan.key: pattern "^[a-z]+$" → none (answer of list_plans)',
    ),
    "a kind of event is removed": (
        {"Event oneOf 1": GONE, "Event discriminator mapping done": GONE},
        "Event: the choice Done is gone (answer of list_plans)",
    ),
    "events are told apart by another field": (
        {"Event discriminator propertyName": "kind"},
        "Event: another discriminator (answer of list_plans)",
    ),
    "the items of a list may be anything": (
        {"PlanPage properties items items": GONE},
        "PlanPage.items[]: the type Plan → without a name (answer of list_plans)",
    ),
    "a kind of event is of another schema": (
        {"Event discriminator mapping done": "#/components/schemas/Started"},
        "Event: the kind done is of another schema (answer of list_plans)",
    ),
    "a field of the answer is for requests only": (
        {"Plan properties name writeOnly": True},
        "Plan.name: another writeOnly (answer of list_plans)",
    ),
    # names and webhooks
    "a schema is renamed": (
        {
            "Human": Copy("Person"),
            "Person": GONE,
            "Plan properties owner anyOf 0 $ref": "#/components/schemas/Human",
            "PlanInput properties owner anyOf 0 $ref": "#/components/schemas/Human",
        },
        "Plan.owner: the type Person → Human (answer of list_plans)",
    ),
    "a webhook is removed": ({"webhooks late": GONE}, "webhook late: gone"),
    "a field of a webhook is removed": (
        {"Late properties minutes": GONE, "Late required 1": GONE},
        "Late.minutes: gone (webhook late)",
    ),
    "a part of a webhook's body is narrowed": (
        {"Late allOf 0 properties day type": "integer"},
        "Late.day: type string → integer (webhook late)",
    ),
    "a header of a webhook is removed": ({"late parameters 0": GONE}, "webhook late header webhook-id: gone"),
}

ADDITIONS: dict[str, tuple[Edit, str]] = {
    "an operation": ({"paths /plans/{plan} get": AN_OPERATION}, "GET /plans/{plan}: the operation get_plan is new"),
    "an optional parameter": (
        {"list parameters +": {"name": "by", "in": "query", "schema": TEXT}},
        "GET /plans query by: new",
    ),
    "a parameter that may be left out": (
        {"list parameters 1 required": False},
        "GET /plans query sort: required → optional",
    ),
    "a higher maximum": ({"list parameters 0 schema maximum": 500}, "GET /plans query limit: maximum 200 → 500"),
    "a value of a parameter": (
        {"list parameters 1 schema enum +": "due"},
        'GET /plans query sort: the value "due" is new',
    ),
    "less scopes": ({"list security": [{"apiKey": []}]}, "GET /plans: needs apiKey read → apiKey"),
    "another way to be allowed": (
        {"list security +": {"cookie": []}},
        "GET /plans: needs apiKey read → apiKey read or cookie",
    ),
    "an operation that is deprecated": ({"create deprecated": True}, "POST /plans: deprecated"),
    "a parameter that is deprecated": ({"list parameters 0 deprecated": True}, "GET /plans query limit: deprecated"),
    "a field that is deprecated": (
        {"Plan properties status deprecated": True},
        "Plan.status: deprecated (answer of list_plans)",
    ),
    "another kind of value in a request": (
        {"PlanInput properties name type": ["string", "integer"]},
        "PlanInput.name: type string → integer or string (request of create_plan)",
    ),
    "an optional request field": (
        {"PlanInput properties note": TEXT},
        "PlanInput.note: new (request of create_plan)",
    ),
    "a request field that may be left out": (
        {"PlanInput required 0": GONE},
        "PlanInput.name: required → optional (request of create_plan)",
    ),
    "longer text in a request": (
        {"PlanInput properties name maxLength": 300},
        "PlanInput.name: maxLength 200 → 300 (request of create_plan)",
    ),
    "null in a request": (
        {"PlanInput properties name type": ["string", "null"]},
        "PlanInput.name: may be null (request of create_plan)",
    ),
    "other fields in a request": (
        {"PlanInput additionalProperties": True},
        "PlanInput: other fields are allowed (request of create_plan)",
    ),
    "a media type of a request": ({"body content text/csv": {"schema": TEXT}}, "POST /plans body: text/csv is new"),
    "a problem": ({"list responses 429": Copy("list responses 404")}, "GET /plans: the answer 429 is new"),
    "a header": ({"page headers Link": {"schema": TEXT}}, "GET /plans 200 header Link: new"),
    "a field of an answer": (
        {"Plan properties goal": TEXT, "Plan required +": "goal"},
        "Plan.goal: new (answer of list_plans)",
    ),
    "a value of an answer: enums are open": (
        {"Plan properties status enum +": "closed"},
        'Plan.status: the value "closed" is new (answer of list_plans)',
    ),
    "a kind of event: unions with a discriminator are open": (
        A_PAUSE,
        "Event: the choice Paused is new (answer of list_plans)",
    ),
    "longer text in an answer": (
        {"Plan properties name maxLength": 300},
        "Plan.name: maxLength 200 → 300 (answer of list_plans)",
    ),
    "a webhook": ({"webhooks early": Copy("webhooks late")}, "webhook early: new"),
    "a field of a webhook": ({"Late properties note": TEXT}, "Late.note: new (webhook late)"),
}

UNNOTICED: dict[str, Edit] = {
    "a description": {
        "Plan description": "A plan.",
        "create summary": "Create",
        "Plan properties name title": "Name",
    },
    "an example": {"Plan properties name examples": ["Launch"]},
    "another order": {"Plan required": ["last_event", "percent", "status", "name", "key"]},
    "a shorter answer": {"Plan properties name maxLength": 100},
    "an answer that is never missing": {"Plan required +": "owner"},
    "null told otherwise": {
        "PlanInput properties until": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    },
    "one schema alone in allOf": {"Plan properties last_event": {"allOf": [{"$ref": "#/components/schemas/Event"}]}},
    "a schema that nothing uses": {"Unused": TEXT},
    "how a parameter is written, said at last": {
        "list parameters 1 style": "form",
        "list parameters 1 explode": True,
    },
    "a name for plain text": {"Name": TEXT, "Problem properties code": {"$ref": "#/components/schemas/Name"}},
}
