/* Swagger UI with a search over operations, and the key remembered in this tab alone. */
"use strict";

const KEY = "leeway.authorization";
const place = document.getElementById("reference");
const found = document.getElementById("found");

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
function searchOperations() {
  return {
    components: { FilterContainer: () => null },
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

function tellHowMany(ui, phrase) {
  const groups = ui.getSystem().specSelectors.taggedOperations();
  const count = groups.reduce((sum, group) => sum + group.get("operations").size, 0);
  const says = count === 0 ? "No operation has all of these words." : `${count} operation${count === 1 ? "" : "s"}`;
  found.textContent = phrase ? says : "";
  place.classList.toggle("nothing-found", Boolean(phrase) && count === 0);
}

function listenToSearch(ui) {
  const input = document.getElementById("search");
  let waiting = 0;
  const search = () => {
    const phrase = input.value.trim();
    ui.layoutActions.updateFilter(phrase || true);
    tellHowMany(ui, phrase);
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(search, 120);
  });
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
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
  plugins: [rememberKeys, searchOperations],
  layout: "BaseLayout",
  onComplete: () => {
    for (const [name, value] of Object.entries(kept.read())) ui.preauthorizeApiKey(name, value);
    listenToSearch(ui);
  },
});
