// The methods of FOSSBilling's API, from its openapi.json. Texts from it are inserted as text, never as HTML.

/// The address of the API: this page's address up to `docs`.
const ADDRESS = location.origin + location.pathname.replace(/\/docs\/fossbilling\/?$/, "");
const find = (id) => document.getElementById(id);

/// Creates an element. Strings among the children become text nodes.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function parameters(schema) {
  const rows = Object.entries(schema.properties).map(([name, { type }]) =>
    make(
      "tr",
      {},
      make("td", {}, make("code", {}, name)),
      make("td", {}, [type].flat().join(" or ")),
      make("td", {}, schema.required.includes(name) ? "required" : ""),
    ),
  );
  return rows.length ? make("table", {}, make("tbody", {}, ...rows)) : make("p", {}, "No parameters.");
}

function method(path, { description, requestBody, security }) {
  const example = `curl ${security.length ? "-u USER:KEY " : ""}${ADDRESS}${path} -d name=value`;
  return make(
    "details",
    { "data-path": path },
    make("summary", {}, make("code", {}, path.replace("/api/", ""))),
    make("p", {}, description),
    parameters(requestBody.content["application/json"].schema),
    make("pre", { tabindex: 0 }, make("code", {}, example)),
  );
}

function search() {
  const words = find("search").value.toLowerCase().split(/\s+/);
  for (const one of document.querySelectorAll("details")) {
    one.hidden = !words.every((word) => one.dataset.path.includes(word));
  }
}

const answer = await fetch("../fossbilling/openapi.json");
if (answer.ok) {
  const { paths } = await answer.json();
  find("list").append(...Object.entries(paths).map(([path, { post }]) => method(path, post)));
  find("search").addEventListener("input", search);
} else {
  find("about").textContent = "This server does not answer FOSSBilling's API: its operator has not set fossbilling = true.";
}
