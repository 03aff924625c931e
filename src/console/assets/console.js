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
  zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  showTimesOfBrowser(document);
}

function showTimesOfBrowser(part) {
  const two = (number) => String(number).padStart(2, "0");
  for (const time of part.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.title = `${time.textContent} ${zoneOfServer}`;
    const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
    time.textContent = `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
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
    if (!response.ok) return;
    const loaded = new DOMParser().parseFromString(await response.text(), "text/html").getElementById(id);
    if (!loaded) return;
    showTimesOfBrowser(loaded);
    part.replaceChildren(...loaded.childNodes);
    // What has ended does not change any more.
    if (!loaded.dataset.refresh) delete part.dataset.refresh;
  } catch {
    // The server is away, or the session has ended: the page stays as it is until it is loaded again.
  }
}
