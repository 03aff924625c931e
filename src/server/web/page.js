// The documentation page, made from openapi.json. Texts from it or from a reply are inserted as text, never as
// HTML.

/// The address of the API: this page's address up to `docs`.
const ADDRESS = location.origin + location.pathname.replace(/docs\/?$/, "");
const LANGUAGES = { curl: curlExample, PHP: phpExample, Python: pythonExample, JavaScript: javaScriptExample };
/// The languages whose examples use the classic style, with a `result` in each reply.
const CLASSIC = ["curl", "PHP"];
const FORMATS = [
  ["v1", "/v1 JSON"],
  ["json", "api.php JSON"],
  ["xml", "api.php XML"],
  ["nvp", "api.php NVP"],
];
const HEADERS = ["content-type", "x-request-id", "retry-after", "allow", "www-authenticate"];
const PATIENCE = 120_000;
const MOST_COLORED = 200_000;

const find = (id) => document.getElementById(id);
let api = {};
let actions = [];
let language = "curl";

// --- Elements ---

/// Creates an element. Attributes that are functions become listeners, strings become text nodes.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/// Turns a description into paragraphs and lists.
function prose(text = "") {
  return text
    .split(/\n\s*\n/)
    .filter((part) => part.trim())
    .map((part) => {
      const items = part.trim().split(/^[-*] /m);
      if (items.length === 1 || items[0]) return make("p", {}, inline(part));
      const lines = items.slice(1).map((item) => make("li", {}, inline(item)));
      return make("ul", {}, lines);
    });
}

/// Turns `code` in a text into elements, and names of actions into links.
function inline(text = "") {
  return text.split(/(`[^`]+`|\b[A-Z][a-z]+[A-Z]\w+\b)/).map((part) => {
    const word = part.replaceAll("`", "");
    const content = part.startsWith("`") ? make("code", {}, word) : word;
    return part !== "" && actionNamed(word) ? make("a", { href: `#${actionNamed(word).name}` }, content) : content;
  });
}

/// A block of highlighted code with a copy button.
function code(text, label) {
  const button = make("button", { type: "button", class: "copy", click: () => copy(text, button) }, "Copy");
  return make(
    "div",
    { class: "code" },
    make("pre", { tabindex: 0, role: "group", "aria-label": label }, make("code", {}, colored(text))),
    button,
  );
}

const TOKENS = new RegExp(
  [
    String.raw`(?<key>"(?:\\.|[^"\\])*"(?=\s*:))`,
    String.raw`(?<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<=[>])[^<>\n]+(?=<\/))`,
    String.raw`(?<tag><[?/]?[a-z][^>\n]*>)`,
    String.raw`(?<note>(?<=^|\s)(?:\/\/|#).*$)`,
    String.raw`(?<number>(?<![\w.:$-])-?\d+(?:\.\d+)?(?![\w.-]))`,
    String.raw`(?<word>\b(?:await|const|curl|echo|false|from|import|new|null|true|False|None|True)\b)`,
  ].join("|"),
  "gm",
);

function colored(text) {
  if (text.length > MOST_COLORED) return [text];
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    parts.push(text.slice(end, match.index), make("span", { class: kind }, match[0]));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard API: the selected text can be copied by hand.
    getSelection().selectAllChildren(button.previousSibling);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/// A tab list with one visible panel; arrow keys change the tab.
function tabs(label, names, shown, show) {
  const list = make("div", { class: "tabs", role: "tablist", "aria-label": label });
  const panel = make("div", { role: "tabpanel" });
  const choose = (name) => {
    for (const tab of list.children) {
      tab.setAttribute("aria-selected", tab.value === name);
      tab.tabIndex = tab.value === name ? 0 : -1;
    }
    panel.setAttribute("aria-label", name);
    panel.replaceChildren(show(name));
  };
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: names.length - 1 }[event.key];
    if (!step) return;
    const next = list.children[(names.indexOf(event.target.value) + step) % names.length];
    choose(next.value);
    next.focus();
  };
  list.append(
    ...names.map((name) =>
      make("button", { type: "button", role: "tab", value: name, click: () => choose(name), keydown: move }, name),
    ),
  );
  choose(shown);
  return make("div", { class: "card" }, list, panel);
}

// --- The document ---

function at(reference) {
  const keys = reference
    .replace(/^#\//, "")
    .split("/")
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return keys.reduce((value, key) => value?.[key], api);
}

/// Resolves a schema's references and merges its parts. `above` has the references on the path to it: a repeated
/// one is not followed, so that recursive schemas end.
function resolve(schema, above = []) {
  const { $ref, allOf = [], anyOf = [], oneOf = [], ...own } = schema ?? {};
  if (above.includes($ref)) return { type: "object", description: "The same type again.", above };
  const trail = $ref ? [...above, $ref] : above;
  const either = [...anyOf, ...oneOf].map((part) => resolve(part, trail));
  const parts = [...($ref ? [at($ref)] : []), ...allOf].map((part) => resolve(part, trail));
  const whole = { above: trail };
  for (const part of [...either, ...parts, own]) {
    const properties = part.properties && { ...whole.properties, ...part.properties };
    Object.assign(whole, part, properties && { properties }, {
      above: [...new Set([...whole.above, ...(part.above ?? [])])],
    });
  }
  if (either.length) whole.type = [...new Set(either.flatMap((part) => part.type ?? []))];
  return whole;
}

function typeOf(schema) {
  const types = [schema.type ?? (schema.properties ? "object" : schema.enum ? "string" : "any")].flat();
  const items = schema.items && typeOf(resolve(schema.items, schema.above));
  return types.map((type) => (type === "array" && items && items !== "any" ? `array of ${items}` : type)).join(" or ");
}

function read(document) {
  api = document;
  // All actions share the classic path.
  const paths = Object.entries(document.paths).filter(([path]) => path.startsWith("/v1/"));
  actions = paths.flatMap(([path, { post }]) => (post ? [actionOf(path, post)] : []));
  actions.sort((one, other) => one.group.localeCompare(other.group) || one.name.localeCompare(other.name));
}

function actionOf(path, post) {
  const name = post.operationId ?? path.split("/").pop();
  const sent = post.requestBody?.content?.["application/json"] ?? {};
  const answered = post.responses?.["200"]?.content?.["application/json"] ?? {};
  const schema = resolve(sent.schema);
  const required = schema.required ?? [];
  const parameters = Object.entries({ ...schema.properties, ...schema.patternProperties }).map(([name, property]) => {
    return { ...resolve(property, schema.above), name, required: required.includes(name) };
  });
  // Required parameters first.
  parameters.sort((one, other) => other.required - one.required);
  const summary = post.summary ?? "";
  const description = post.description ?? "";
  return {
    name,
    parameters,
    summary,
    description: (description.startsWith(summary) ? description.slice(summary.length) : description).trim(),
    group: post.tags?.[0] ?? "other",
    writes: post["x-access"] === "write",
    isAddition: post["x-origin"] === "addition",
    example: sent.example ?? {},
    reply: answered.schema,
    replyExample: answered.example,
    errors: post["x-errors"] ?? [],
  };
}

const actionNamed = (name) => actions.find((action) => action.name.toLowerCase() === name.toLowerCase());
const title = (group) => group.charAt(0).toUpperCase() + group.slice(1);

function groups(list) {
  const names = [...new Set(list.map((action) => action.group))];
  return names.map((name) => [title(name), list.filter((action) => action.group === name)]);
}

// --- Search ---

/// Scores how well an action matches a word, and returns the best place.
function match(action, word) {
  const has = (text) => (text ?? "").toLowerCase().includes(word);
  const name = action.name.toLowerCase();
  if (name.includes(word)) return { points: name === word ? 200 : name.startsWith(word) ? 100 : 90 };
  if (has(action.group)) return { points: 60 };
  const named = action.parameters.filter((parameter) => has(parameter.name));
  const parameter = named.find((parameter) => parameter.name.toLowerCase() === word) ?? named[0];
  if (parameter) return { points: parameter.name.toLowerCase() === word ? 55 : 50, place: parameter.name };
  if (has(action.summary)) return { points: 30, place: "in its summary" };
  if (has(action.description)) return { points: 20, place: "in its description" };
  const described = action.parameters.find((parameter) => has(parameter.description));
  if (described) return { points: 10, place: described.name };
  return action.errors.some((error) => has(error.message) || has(error.code)) && { points: 5, place: "in its errors" };
}

function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const results = actions.map((action) => ({ action, matches: words.map((word) => match(action, word)) }));
  const found = results.filter(({ matches }) => matches.every(Boolean));
  const points = ({ matches }) => matches.reduce((sum, { points }) => sum + points, 0);
  return found
    .sort((one, other) => points(other) - points(one))
    .map(({ action, matches }) => {
      return {
        action,
        place: matches
          .map(({ place }) => place)
          .filter(Boolean)
          .join(", "),
      };
    });
}

function link(action, place) {
  const kind = action.writes ? "changes data" : "only reads";
  return make(
    "li",
    {},
    make(
      "a",
      { href: `#${action.name}`, class: action.writes ? "writes" : "reads", title: action.summary },
      make("span", {}, action.name, make("span", { class: "unseen" }, `, ${kind}`)),
      action.isAddition && make("abbr", { title: "not in WHMCS" }, "✚"),
      place && make("small", {}, place),
    ),
  );
}

function showList() {
  const query = find("search").value.trim();
  const results = query && search(query);
  find("found").textContent = results
    ? `${results.length || "No"} ${results.length === 1 ? "action" : "actions"} found`
    : "";
  find("list").replaceChildren(
    ...(results
      ? [
          make(
            "ul",
            {},
            results.map(({ action, place }) => link(action, place)),
          ),
        ]
      : groups(actions).map(([name, list]) => {
          const heading = make("summary", {}, name, make("span", { class: "count" }, list.length));
          return make(
            "details",
            { open: true },
            heading,
            make(
              "ul",
              {},
              list.map((action) => link(action)),
            ),
          );
        })),
    make(
      "p",
      { class: "legend" },
      make("span", { class: "reads" }, "only reads"),
      make("span", { class: "writes" }, "changes data"),
      actions.some((action) => action.isAddition) && make("span", {}, "✚ not in WHMCS"),
    ),
  );
  openMenu(Boolean(query));
  markCurrent();
}

function markCurrent() {
  for (const link of find("list").querySelectorAll("a")) {
    const isCurrent = link.hash === location.hash;
    link[isCurrent ? "setAttribute" : "removeAttribute"]("aria-current", "page");
    if (isCurrent) link.scrollIntoView({ block: "nearest" });
  }
}

/// On small screens, a button opens the list.
function openMenu(isOpen) {
  find("side").classList.toggle("open", isOpen);
  find("menu").setAttribute("aria-expanded", isOpen);
}

function onKey(event) {
  const isTyping = event.target.matches("input, textarea, select");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    find("search").select();
    scrollTo({ top: 0 });
  }
  const isSearch = event.target === find("search");
  if (event.key === "Escape" && (isSearch || find("side").contains(event.target))) {
    find("search").value = "";
    showList();
    find("search").focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !(isSearch || find("list").contains(event.target))) return;
  const places = [find("search"), ...find("list").querySelectorAll("a, summary")].filter(
    (place) => place.checkVisibility?.() ?? true,
  );
  event.preventDefault();
  places[places.indexOf(event.target) + step]?.focus();
}

function openFirst(event) {
  const first = find("list").querySelector("a");
  if (event.key === "Enter" && find("search").value.trim() && first) first.click();
}

// --- The page of an action ---

function showAction(action, canBeTried = true) {
  const form = canBeTried && tryForm(action);
  const toForm = () => {
    form.scrollIntoView();
    (form.querySelector("input:invalid") ?? form.querySelector("[data-name]"))?.focus({ preventScroll: true });
  };
  const reply = make("div", { class: "card" });
  return make(
    "article",
    { id: `action-${action.name}` },
    make(
      "header",
      {},
      make("p", { class: "group" }, title(action.group)),
      make("h1", { tabindex: -1 }, action.name),
      make(
        "p",
        { class: "marks" },
        make(
          "span",
          { class: action.writes ? "mark writes" : "mark reads" },
          action.writes ? "changes data" : "only reads",
        ),
        action.isAddition && make("span", { class: "mark" }, "✚ not in WHMCS"),
        make("code", {}, `POST /v1/${action.name}`),
      ),
      make("p", { class: "lead" }, inline(action.summary)),
      prose(action.description),
      form && make("button", { type: "button", class: "try-it", click: toForm }, "Try it"),
    ),
    make(
      "div",
      { class: "columns" },
      make(
        "div",
        {},
        section(
          "Parameters",
          action.parameters.length && make("dl", { class: "fields" }, action.parameters.map(parameter)),
          "No parameters.",
        ),
        section("Reply", tree(resolve(action.reply)), "No fields beyond the success."),
        section("Errors", action.errors.length && errors(action.errors), "No specific errors."),
      ),
      make(
        "div",
        { class: "examples" },
        tabs("Example in", Object.keys(LANGUAGES), language, (name) => {
          language = name;
          reply.replaceChildren(make("p", { class: "caption" }, "Reply"), replyExample(action, name));
          return code(LANGUAGES[name](action), `Example in ${name}`);
        }),
        action.replyExample && reply,
      ),
    ),
    form || "",
  );
}

function section(name, content, otherwise) {
  return make("section", {}, make("h2", {}, name), content || make("p", { class: "none" }, otherwise));
}

function parameter(field) {
  return [
    make(
      "dt",
      {},
      make("code", { class: "name" }, field.name),
      " ",
      make("span", { class: "type" }, typeOf(field)),
      field.required && make("span", { class: "required" }, "required"),
    ),
    make("dd", {}, prose(field.description), choices(field)),
  ];
}

function choices(field) {
  const values = field.enum ?? resolve(field.items, field.above).enum;
  const said = (value) => make("code", {}, typeof value === "string" ? value : JSON.stringify(value));
  const hasDefault = field.default !== undefined;
  return (
    (values || hasDefault) &&
    make(
      "p",
      { class: "choices" },
      values && ["One of ", values.flatMap((value) => [said(value), " "])],
      hasDefault && [values ? "· default " : "Default ", said(field.default)],
    )
  );
}

/// The keys of a reply as a tree.
function tree(schema) {
  const known = Object.entries(schema.properties ?? {});
  const others = typeof schema.additionalProperties === "object" ? [["…", schema.additionalProperties]] : [];
  if (schema.items) return tree(resolve(schema.items, schema.above));
  const branches = [...known, ...others].map(([name, property]) => {
    const field = resolve(property, schema.above);
    return make(
      "li",
      {},
      make("code", { class: "name" }, name),
      " ",
      make("span", { class: "type" }, typeOf(field)),
      field.description && make("span", { class: "about" }, inline(field.description)),
      tree(field),
    );
  });
  return branches.length ? make("ul", { class: "tree" }, branches) : null;
}

function errors(list) {
  return [
    make(
      "dl",
      { class: "errors" },
      list.map((error) => [
        make("dt", {}, make("span", { class: "status" }, error.status), " ", make("code", {}, error.code)),
        make("dd", {}, error.message),
      ]),
    ),
    make("p", { class: "none" }, "The classic style responds with the text and status 200."),
  ];
}

function showOverview() {
  const example = actionNamed("GetCredits") ?? actions[0];
  const row = (action) => [
    make("dt", {}, make("a", { href: `#${action.name}`, class: action.writes ? "writes" : "reads" }, action.name)),
    make("dd", {}, inline(action.summary)),
  ];
  return make(
    "article",
    {},
    make(
      "header",
      {},
      make("h1", { tabindex: -1 }, api.info.title),
      prose(api.info.description).map((part, index) => {
        if (!index) part.className = "lead";
        return part;
      }),
    ),
    make(
      "div",
      { class: "columns" },
      make(
        "div",
        {},
        section(
          "Two API styles",
          make(
            "dl",
            { class: "ways" },
            make("dt", {}, make("code", {}, `${ADDRESS}includes/api.php`)),
            make(
              "dd",
              {},
              "The classic style: a form in; JSON, XML or name=value pairs out, as ",
              make("code", {}, "responsetype"),
              " requests. An error has ",
              make("code", {}, "result"),
              " “error” and a ",
              make("code", {}, "message"),
              ".",
            ),
            make("dt", {}, make("code", {}, `${ADDRESS}v1/`, make("var", {}, "Action"))),
            make(
              "dd",
              {},
              "The modern style, with the same actions: JSON in and out, without ",
              make("code", {}, "result"),
              ". The HTTP status shows the outcome, and an error has a ",
              make("code", {}, "code"),
              " that does not change with the wording.",
            ),
          ),
        ),
        section(
          "Credential",
          make(
            "p",
            {},
            "An identifier and its secret: as the parameters ",
            make("code", {}, "identifier"),
            " and ",
            make("code", {}, "secret"),
            " in the classic style, and in the header ",
            make("code", {}, "Authorization"),
            " in the modern style, as Basic or as ",
            make("code", {}, "Bearer identifier:secret"),
            ".",
          ),
        ),
        section(
          "Idempotency",
          make(
            "p",
            {},
            "A call that changes data may have a key of your own in the header ",
            make("code", {}, "Idempotency-Key"),
            ". Repeated with the same key, it is executed once and returns the same reply.",
          ),
        ),
        make(
          "p",
          { class: "none" },
          "For programs: ",
          make("a", { href: "openapi.json" }, "openapi.json"),
          ". For paper: ",
          make("a", { href: "#all" }, "everything on one page"),
          ".",
        ),
      ),
      example &&
        make(
          "div",
          { class: "examples" },
          tabs("Example in", Object.keys(LANGUAGES), language, (name) => {
            language = name;
            return code(LANGUAGES[name](example), `Example in ${name}`);
          }),
        ),
    ),
    groups(actions).map(([name, list]) => section(name, make("dl", { class: "index" }, list.map(row)))),
  );
}

function show(isFirst) {
  const name = decodeURIComponent(location.hash.slice(1));
  const action = actionNamed(name);
  document.title = action ? `${action.name} – ${api.info.title}` : api.info.title;
  find("main").replaceChildren(
    ...(action
      ? [showAction(action)]
      : name === "all"
        ? actions.map((action) => showAction(action, false))
        : [showOverview()]),
  );
  openMenu(false);
  markCurrent();
  scrollTo({ top: 0, behavior: "instant" });
  if (!isFirst) find("main").querySelector("h1")?.focus({ preventScroll: true });
}

// --- Examples ---

/// Flattens values into form fields in PHP's notation: `a[b][0]`.
function pairs(value, name = "") {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [[name, typeof value === "boolean" ? String(Number(value)) : String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => pairs(inner, name ? `${name}[${key}]` : key));
}

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const phpQuoted = (text) => `'${text.replace(/[\\']/g, String.raw`\$&`)}'`;
const indented = (text, by) => text.replaceAll("\n", `\n${" ".repeat(by)}`);

function curlExample(action) {
  const given = [["action", action.name], ...pairs(action.example), ["responsetype", "json"]];
  const option = ([name, value]) => {
    const isPlain = /^[\w.,:[\]-]*$/.test(name + value);
    return isPlain && !name.includes("[") ? `-d ${name}=${value}` : `--data-urlencode ${quoted(`${name}=${value}`)}`;
  };
  return [
    `curl -s ${ADDRESS}includes/api.php`,
    "-d identifier=YOUR_IDENTIFIER",
    "-d secret=YOUR_SECRET",
    ...given.map(option),
  ].join(" \\\n  ");
}

function phpExample(action) {
  const value = (given, depth) => {
    if (given === null || typeof given !== "object")
      return typeof given === "string" ? phpQuoted(given) : JSON.stringify(given);
    const space = "    ".repeat(depth);
    const entry = ([name, inner]) =>
      `${space}    ${/^\d+$/.test(name) ? name : phpQuoted(name)} => ${value(inner, depth + 1)},\n`;
    return `[\n${Object.entries(given).map(entry).join("")}${space}]`;
  };
  const given = {
    identifier: "YOUR_IDENTIFIER",
    secret: "YOUR_SECRET",
    action: action.name,
    ...action.example,
    responsetype: "json",
  };
  return `$request = curl_init(${phpQuoted(`${ADDRESS}includes/api.php`)});
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_POSTFIELDS => http_build_query(${value(given, 1)}),
]);
$reply = json_decode(curl_exec($request), true);`;
}

function replyExample(action, language) {
  const reply = { ...(CLASSIC.includes(language) && { result: "success" }), ...action.replyExample };
  return code(JSON.stringify(reply, null, 2), "Example of the reply");
}

function pythonExample(action) {
  const words = { true: "True", false: "False", null: "None" };
  const given = JSON.stringify(action.example, null, 4).replace(
    /"(?:\\.|[^"\\])*"|\b(?:true|false|null)\b/g,
    (word) => words[word] ?? word,
  );
  return `import requests

reply = requests.post(
    "${ADDRESS}v1/${action.name}",
    auth=("YOUR_IDENTIFIER", "YOUR_SECRET"),
    json=${indented(given, 4)},
).json()`;
}

function javaScriptExample(action) {
  const given = JSON.stringify(action.example, null, 2).replace(/"([a-zA-Z_]\w*)":/g, "$1:");
  return `const response = await fetch("${ADDRESS}v1/${action.name}", {
  method: "POST",
  headers: {
    "Authorization": "Bearer YOUR_IDENTIFIER:YOUR_SECRET",
    "Content-Type": "application/json",
  },
  body: JSON.stringify(${indented(given, 2)}),
});
const reply = await response.json();`;
}

// --- Trying it ---

/// The credential is stored for this tab only, until it is closed.
const credential = {
  get: (name) => {
    try {
      return sessionStorage.getItem(name) ?? "";
    } catch {
      return "";
    }
  },
  set: (name, value) => {
    try {
      sessionStorage.setItem(name, value);
    } catch {
      /* It lasts as long as the form. */
    }
  },
};

function tryForm(action) {
  const prefix = `try-${action.name}-`;
  const login = (name, label, type) =>
    labelled(
      prefix + name,
      label,
      make("input", {
        id: prefix + name,
        name,
        type,
        autocomplete: "off",
        spellcheck: "false",
        required: true,
        input: (event) => credential.set(name, event.target.value),
      }),
    );
  const fields = action.parameters.map((parameter) => field(action, parameter, prefix));
  const formats = FORMATS.map(([value, label], index) =>
    make(
      "label",
      {},
      make("input", { type: "radio", name: "format", value, checked: index === 0 }),
      make("span", {}, label),
    ),
  );
  // Screen readers announce the outcome, but not the reply itself.
  const outcome = make("div", { role: "status" }, make("p", { class: "none" }, "The response appears here."));
  const answer = make("div", { class: "answer" }, outcome, make("div"));
  const form = make(
    "form",
    { autocomplete: "off", submit: (event) => submit(event, action, form, answer) },
    make(
      "fieldset",
      { class: "login" },
      make("legend", {}, "Credential"),
      login("identifier", "Identifier", "text"),
      login("secret", "Secret", "password"),
      make("p", { class: "none" }, "Stored in this tab only, until it is closed."),
    ),
    fields.length &&
      make(
        "fieldset",
        {},
        make("legend", {}, "Parameters"),
        make("div", { class: "inputs" }, fields),
        make(
          "p",
          { class: "actions" },
          make(
            "button",
            { type: "button", class: "plain", click: () => fill(form, action.example) },
            "Fill in the example",
          ),
          make("button", { type: "button", class: "plain", click: () => fill(form, {}) }, "Clear"),
        ),
      ),
    make("fieldset", { class: "formats" }, make("legend", {}, "Send to"), formats),
    make(
      "p",
      { class: "actions" },
      make("button", { class: action.writes ? "danger" : "" }, action.writes ? "Send…" : "Send"),
      action.writes && make("span", { class: "warning" }, "This changes data."),
    ),
  );
  for (const name of ["identifier", "secret"]) form.elements[name].value = credential.get(name);
  const required = action.parameters.filter((parameter) => parameter.required).map(({ name }) => name);
  fill(form, Object.fromEntries(Object.entries(action.example).filter(([name]) => required.includes(name))));
  return make("section", { class: "try" }, make("h2", {}, "Try it"), make("div", { class: "columns" }, form, answer));
}

function labelled(id, label, input, ...notes) {
  return make("div", { class: "input" }, make("label", { for: id }, label, ...notes), input);
}

function field(action, parameter, prefix) {
  const types = [parameter.type ?? "string"].flat();
  const id = `${prefix}p-${parameter.name}`;
  const common = { id, "data-name": parameter.name, "data-type": types[0] };
  const hint = parameter.default ?? { date: "YYYY-MM-DD", "date-time": "YYYY-MM-DD HH:MM:SS" }[parameter.format] ?? "";
  const options = types[0] === "boolean" ? [true, false] : parameter.enum;
  let input;
  if (options) {
    const choice = (value) => make("option", { value }, String(value));
    input = make(
      "select",
      common,
      make("option", { value: "" }, parameter.default === undefined ? "—" : `default: ${parameter.default}`),
      options.map((value) => choice(String(value))),
    );
  } else if (types[0] === "object" || types[0] === "array") {
    input = make("textarea", {
      ...common,
      rows: 3,
      spellcheck: "false",
      placeholder: types[0] === "object" ? '{"1": …}' : "[…]",
    });
  } else {
    const isNumber = types[0] === "integer" || types[0] === "number";
    input = make("input", {
      ...common,
      type: "text",
      placeholder: hint || " ",
      inputmode: isNumber ? "decimal" : null,
      spellcheck: isNumber ? "false" : null,
    });
  }
  return labelled(id, parameter.name, input, parameter.required && make("span", { class: "required" }, "required"));
}

function fill(form, values) {
  for (const input of form.querySelectorAll("[data-name]")) {
    const value = values[input.dataset.name] ?? "";
    input.value = typeof value === "object" ? JSON.stringify(value, null, 1).replace(/\s+/g, " ") : value;
  }
}

/// The values of the form for JSON; empty fields are not sent.
function values(form) {
  const given = {};
  for (const input of form.querySelectorAll("[data-name]")) {
    const text = input.value;
    input.setCustomValidity("");
    if (text === "") continue;
    try {
      given[input.dataset.name] = valueOf(text, input.dataset.type);
    } catch (error) {
      input.setCustomValidity(`This must be JSON: ${error.message}`);
      input.addEventListener("input", () => input.setCustomValidity(""), { once: true });
      input.reportValidity();
      return null;
    }
  }
  return given;
}

/// Numbers that JavaScript would write differently, such as 1.50, are sent as text; the server accepts both.
function valueOf(text, type) {
  if (type === "object" || type === "array") return JSON.parse(text);
  if (type === "boolean") return text === "true";
  return (type === "integer" || type === "number") && String(Number(text)) === text ? Number(text) : text;
}

async function submit(event, action, form, answer) {
  event.preventDefault();
  const given = values(form);
  if (!given || (action.writes && !(await isSure(action)))) return;
  const button = form.querySelector("button:not([type])");
  const [outcome, reply] = answer.children;
  button.disabled = true;
  reply.replaceChildren();
  outcome.replaceChildren(make("p", { class: "none" }, "Waiting for the response …"));
  try {
    const [url, options] = requestOf(action, given, form.elements);
    const start = performance.now();
    const response = await fetch(url, {
      ...options,
      method: "POST",
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE),
    });
    const text = await response.text();
    const kind = (response.headers.get("content-type") ?? "").split(";")[0];
    outcome.replaceChildren(...showOutcome(action, response, kind, text, performance.now() - start));
    reply.replaceChildren(...showReply(response, kind, text));
  } catch (error) {
    const doubt = action.writes ? " Whether anything was changed is not known." : "";
    outcome.replaceChildren(make("p", { class: "failed" }, `There is no answer: ${error.message}.${doubt}`));
  }
  button.disabled = false;
  if (document.activeElement === document.body) button.focus({ preventScroll: true });
  if (answer.getBoundingClientRect().top > innerHeight - 100) answer.scrollIntoView({ block: "nearest" });
}

function requestOf(action, given, { identifier, secret, format }) {
  const login = { identifier: identifier.value, secret: secret.value };
  if (format.value !== "v1") {
    const parameters = { ...given, ...login, action: action.name, responsetype: format.value };
    return [`${ADDRESS}includes/api.php`, { body: new URLSearchParams(pairs(parameters)) }];
  }
  const bytes = new TextEncoder().encode(`${login.identifier}:${login.secret}`);
  const headers = { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}`, "content-type": "application/json" };
  return [`${ADDRESS}v1/${action.name}`, { headers, body: JSON.stringify(given) }];
}

function isSure(action) {
  const dialog = find("sure");
  find("sure-text").textContent = `${action.name} will be carried out on ${location.host}.`;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((sure) =>
    dialog.addEventListener("close", () => sure(dialog.returnValue === "send"), { once: true }),
  );
}

function showOutcome(action, response, kind, text, time) {
  const refusal = refusalOf(kind, text);
  const known = action.errors.find((error) => error.message === refusal?.message);
  const failed = refusal || !response.ok;
  const size = new Blob([text]).size;
  return [
    make(
      "p",
      { class: "outcome" },
      make("strong", { class: failed ? "failed" : "done" }, `${response.status} ${response.statusText}`),
      make("span", {}, `${Math.round(time)} ms`),
      make("span", {}, `${size.toLocaleString("en")} bytes`),
    ),
    refusal &&
      make(
        "p",
        { class: "refusal" },
        make("code", {}, refusal.code ?? known?.code ?? "error"),
        " ",
        make("span", {}, refusal.message),
      ),
  ].filter(Boolean);
}

function showReply(response, kind, text) {
  return [
    make(
      "dl",
      { class: "headers" },
      HEADERS.filter((name) => response.headers.has(name)).map((name) => [
        make("dt", {}, name),
        make("dd", {}, response.headers.get(name)),
      ]),
    ),
    make("div", { class: "card" }, make("p", { class: "caption" }, "Reply"), code(pretty(kind, text), "The reply")),
  ];
}

/// The error message in a reply of any format.
function refusalOf(kind, text) {
  if (kind.includes("json")) {
    let reply = {};
    try {
      reply = JSON.parse(text);
    } catch {
      /* It is shown as it is. */
    }
    if (reply?.code && reply.status >= 400) return { code: reply.code, message: reply.detail };
    return reply?.result === "error" ? { message: reply.message } : null;
  }
  if (kind.includes("xml")) {
    const reply = new DOMParser().parseFromString(text, "application/xml");
    const said = (name) => reply.querySelector(`whmcsapi > ${name}`)?.textContent;
    return said("result") === "error" ? { message: said("message") } : null;
  }
  const [, message] = /^result=error;message=(.*)/s.exec(text) ?? [];
  return message === undefined ? null : { message };
}

/// Indents JSON without changing numbers or the order.
function pretty(kind, text) {
  let depth = 0;
  const line = (by = 0) => `\n${"  ".repeat((depth += by))}`;
  if (kind.includes("json")) {
    try {
      JSON.parse(text);
    } catch {
      return text;
    }
    return text.replace(/"(?:\\.|[^"\\])*"|\[\s*\]|\{\s*\}|[[{]|[\]}]|,|:|\s+/g, (token) => {
      if (token[0] === '"') return JSON.stringify(JSON.parse(token));
      if (/^[[{]$/.test(token)) return token + line(1);
      if (/^[\]}]$/.test(token)) return line(-1) + token;
      return { ",": `,${line()}`, ":": ": " }[token] ?? token.trim();
    });
  }
  if (kind.includes("xml")) {
    return text
      .trim()
      .split("\n")
      .map((tag) => {
        if (tag.startsWith("</")) depth -= 1;
        const indented = "  ".repeat(Math.max(depth, 0)) + tag;
        if (/^<\w[^>]*[^/]>$|^<\w>$/.test(tag)) depth += 1;
        return indented;
      })
      .join("\n");
  }
  return text.replace(/;(?=[\w[\]-]+=)/g, ";\n");
}

// --- Start ---

async function start() {
  for (const place of document.querySelectorAll(".address")) place.textContent = ADDRESS;
  if (!find("list")) return;
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
  read(await response.json());
  find("version").textContent = api.info.version;
  find("search").addEventListener("input", showList);
  find("search").addEventListener("keydown", openFirst);
  find("menu").addEventListener("click", () => openMenu(!find("side").classList.contains("open")));
  find("skip").addEventListener("click", (event) => {
    event.preventDefault();
    find("main").focus();
  });
  for (const button of find("sure").querySelectorAll("button"))
    button.addEventListener("click", () => find("sure").close(button.value));
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => show());
  showList();
  show(true);
}

start().catch((error) =>
  find("main")?.replaceChildren(make("p", { class: "failed" }, `The documentation cannot be shown: ${error.message}`)),
);
