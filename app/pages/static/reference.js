/* Swagger UI with a search over operations, and the key remembered in this tab alone. */
"use strict";

const KEY = "leeway.authorization";
const place = document.getElementById("reference");

/* sessionStorage is of one tab; where a browser refuses it, the key lives as long as the page. */
const kept = {
  read() {
    try { return JSON.parse(sessionStorage.getItem(KEY) || "{}"); } catch { return {}; }
  },
  write(keys) {
    try { sessionStorage.setItem(KEY, JSON.stringify(keys)); } catch { /* not remembered then */ }
  },
};

function rememberKeys() {
  return {
    statePlugins: {
      auth: {
        wrapActions: {
          authorize: (original) => (given) => {
            const values = Object.entries(given).map(([name, { value }]) => [name, value]);
            kept.write({ ...kept.read(), ...Object.fromEntries(values) });
            return original(given);
          },
          logout: (original) => (names) => {
            kept.write(Object.fromEntries(Object.entries(kept.read()).filter(([name]) => !names.includes(name))));
            return original(names);
          },
        },
      },
    },
  };
}

function textOf(operation, tag) {
  const said = ["operationId", "summary", "description"].map((name) => operation.getIn(["operation", name]) || "");
  return [operation.get("method"), operation.get("path"), tag, ...said].join(" ").toLowerCase();
}

/* Every word must be in the operation's method, path, tag, name or description. */
function searchOperations(system) {
  return {
    components: { FilterContainer: () => SearchField(system) },
    fn: {
      opsFilter: (groups, phrase) => {
        const words = phrase.toLowerCase().split(/\s+/);
        const fits = (operation, tag) => words.every((word) => textOf(operation, tag).includes(word));
        return groups
          .map((group, tag) => group.update("operations", (all) => all.filter((operation) => fits(operation, tag))))
          .filter((group) => group.get("operations").size > 0);
      },
    },
    statePlugins: {
      layout: {
        wrapSelectors: {
          isShown: (original) => (state, thing, otherwise) =>
            (thing[0] === "operations-tag" && typeof state.get("filter") === "string") ||
            original(thing, otherwise), // has its state already
        },
      },
    },
  };
}

/* The document names nothing outside of itself. Swagger UI would take apart all of it for the first thing that is shown,
   which takes seconds; what is shown needs little of it. */
function resolveInside() {
  const at = (document, path) => path.reduce((value, name) => value?.[name], document);
  const pathOf = (ref) => ref.slice(2).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const inlined = (document, value, within) => {
    if (Array.isArray(value)) return value.map((each) => inlined(document, each, within));
    if (value === null || typeof value !== "object") return value;
    const ref = value.$ref;
    if (typeof ref === "string" && ref.startsWith("#/")) {
      if (within.includes(ref)) return value; // a schema that has itself inside
      return { ...inlined(document, at(document, pathOf(ref)), [...within, ref]), $$ref: ref };
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inlined(document, each, within)]));
  };
  return {
    fn: {
      resolveSubtree: async (document, path) => ({ spec: inlined(document, at(document, path), []), errors: [] }),
    },
  };
}

function search(system, phrase) {
  system.layoutActions.updateFilter(phrase || true);
  const groups = system.getSystem().specSelectors.taggedOperations();
  const count = groups.reduce((sum, group) => sum + group.get("operations").size, 0);
  const says = count === 0 ? "No operation has all of these words." : `${count} operation${count === 1 ? "" : "s"}`;
  document.getElementById("found").textContent = phrase ? says : "";
  place.classList.toggle("nothing-found", Boolean(phrase) && count === 0);
}

function SearchField(system) {
  const element = system.React.createElement;
  let waiting = 0;
  const onInput = (event) => {
    const phrase = event.target.value.trim();
    clearTimeout(waiting);
    waiting = setTimeout(() => search(system, phrase), 120);
  };
  const input = { id: "search", type: "search", autoComplete: "off", spellCheck: false, onInput };
  return element(
    "form",
    { className: "search", role: "search", onSubmit: (event) => event.preventDefault() },
    element("label", { htmlFor: "search" }, "Search operations"),
    element("input", { ...input, placeholder: "record event, baseline …" }),
    element("output", { id: "found", htmlFor: "search" }),
  );
}

function followColours() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
}

followColours();
const ui = SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayRequestDuration: true,
  displayOperationId: true,
  filter: true,
  persistAuthorization: false, // that would be localStorage, which outlives the tab
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [rememberKeys, searchOperations, resolveInside],
  layout: "BaseLayout",
  onComplete: () => {
    for (const [name, value] of Object.entries(kept.read())) ui.preauthorizeApiKey(name, value);
  },
});
