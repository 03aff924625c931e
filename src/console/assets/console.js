// Makes the pages of the console more convenient. Every page works without it.
"use strict";

document.addEventListener("submit", (event) => {
  // A second click sends the form only once.
  const button = event.submitter;
  if (button) setTimeout(() => (button.disabled = true));
});

// A page that is shown again by the browser's button Back can be sent again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});

// Shows times in the zone of the browser, and says so. Without scripts they are in the zone of the server.
const zone = document.getElementById("zone");
const zoneOfServer = zone?.textContent;
if (zone) {
  const zoneOfBrowser = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const place of [zone, ...document.querySelectorAll(".zone")]) place.textContent = zoneOfBrowser;
  for (const field of document.querySelectorAll("input[type=datetime-local]")) useZoneOfBrowser(field);
}
improve(document);

function improve(part) {
  if (zone) showTimesOfBrowser(part);
  nameCells(part);
}

// `2026-11-20 12:30:00`, in the zone of the browser.
function local(at) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

function showTimesOfBrowser(part) {
  for (const time of part.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = `${time.textContent} ${zoneOfServer}`;
    time.textContent = local(at);
  }
}

// A field for a time is filled in in the zone of the browser, and sent in UTC.
function useZoneOfBrowser(field) {
  const at = new Date(field.dataset.utc);
  if (!Number.isNaN(at.getTime())) field.value = local(at).slice(0, 16).replace(" ", "T");
  field.form?.addEventListener("formdata", ({ formData }) => {
    const chosen = new Date(field.value);
    if (!Number.isNaN(chosen.getTime())) formData.set(field.name, chosen.toISOString());
  });
}

// On a narrow screen each row of a table is a block, in which the cells need the names of their columns.
function nameCells(part) {
  for (const table of part.querySelectorAll(".scroll > table:not(.calendar)")) {
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, at) => (cell.dataset.name = names[at] ?? ""));
    table.classList.add("named");
  }
}

// Loads parts of a page again: an element with an id and `data-refresh`, the number of seconds. Parts that are being used stay.
for (const part of document.querySelectorAll("[data-refresh][id]")) {
  const seconds = Number(part.dataset.refresh);
  if (seconds > 0) setInterval(() => refresh(part.id), seconds * 1000);
}

async function refresh(id) {
  const part = document.getElementById(id);
  if (!part?.dataset.refresh || document.hidden || part.contains(document.activeElement)) return;
  try {
    const response = await fetch(location.href, {
      credentials: "same-origin",
      redirect: "error",
      // Nobody has done anything: the session's idle time goes on.
      headers: { "x-console-refresh": "1" },
    });
    if (!response.ok) throw new Error(String(response.status));
    const loaded = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
    if (!loaded) throw new Error(id);
    improve(loaded);
    const scrolled = part.querySelector(".scroll")?.scrollLeft ?? 0;
    part.replaceChildren(...loaded.childNodes);
    if (scrolled) part.querySelector(".scroll").scrollLeft = scrolled;
    // What has ended does not change any more.
    if (!loaded.dataset.refresh) delete part.dataset.refresh;
    document.getElementById(`${id}-stale`)?.remove();
  } catch {
    // The server is away, or the session has ended.
    sayStale(part);
  }
}

// Says above a part since when it was not loaded again.
function sayStale(part) {
  if (document.getElementById(`${part.id}-stale`)) return;
  const note = document.createElement("p");
  note.id = `${part.id}-stale`;
  note.className = "problem";
  note.setAttribute("role", "status");
  note.textContent = `Not renewed since ${local(new Date())}: the server is away, or the session has ended. Load the page again.`;
  part.before(note);
}
