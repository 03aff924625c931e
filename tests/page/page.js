// Uses the documentation page of the demo as a person does, on a desktop and on a phone.
import assert from "node:assert/strict";
import puppeteer from "puppeteer-core";

const [chromium, server, identifier, secret, images] = process.argv.slice(2);
const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844, isMobile: true, hasTouch: true },
};
const NARROWEST = { width: 360, height: 740, isMobile: true, hasTouch: true };
const ENTRY = "For the outage of 18 February";

// The browser's own sandbox does not work as root, as in a container.
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/// Opens a page in a browser session of its own, and records events that must not happen.
async function open(path, size) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const seen = { wrong: [], calls: [] };
  page.on("pageerror", (error) => seen.wrong.push(error.message));
  page.on("console", (message) => {
    // The browser itself tells of each call that was refused.
    const isCall = seen.calls.some((call) => call.url === message.location().url);
    if (message.type() === "error" && !isCall) seen.wrong.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== server) seen.wrong.push(`a request to ${url}`);
    if (request.method() === "POST") seen.calls.push({ url: request.url() });
    assert(!request.url().includes(secret), "the secret is in an address");
  });
  await page.setViewport(size);
  await page.goto(server + path, { waitUntil: "networkidle0" });
  return { page, seen, close: () => context.close() };
}

const text = (page, selector) => page.$eval(selector, (element) => element.innerText);
const focused = (page, what) => page.evaluate((what) => document.activeElement[what], what);

async function go(page, action) {
  await page.evaluate((action) => (location.hash = action), action);
  await page.waitForFunction((action) => document.querySelector("h1").textContent === action, {}, action);
}

async function set(page, name, value) {
  const selector = ["identifier", "secret"].includes(name) ? `[name="${name}"]` : `[data-name="${name}"]`;
  await page.$eval(selector, (input) => (input.value = ""));
  await page.type(selector, value);
}

/// Submits the form and waits for the response.
async function send(page, format) {
  await page.$eval(`[name="format"][value="${format}"]`, (input) => input.click());
  await page.$eval(".answer > [role=status]", (outcome) => outcome.replaceChildren());
  await page.focus(`[name="format"]:checked`);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".outcome");
  return { outcome: await text(page, ".outcome"), answer: await text(page, ".answer") };
}

async function searchesByKeyboardOnly(page) {
  await page.keyboard.press("/");
  assert.equal(await focused(page, "id"), "search");
  await page.keyboard.type("updatedsince");
  assert.match(await text(page, "#found"), /^\d+ actions? found$/);
  await page.keyboard.press("ArrowDown");
  const name = await focused(page, "hash");
  assert.equal(name, "#GetInvoices");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, "solid", "the focus is visible");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.tagName === "H1");
  assert.equal(await text(page, "h1"), "GetInvoices");
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  assert.equal(await page.$eval("#search", (search) => search.value), "");
  await page.keyboard.type("xyzzy");
  assert.equal(await text(page, "#found"), "No actions found");
  await page.keyboard.press("Escape");
}

async function showsExamplesInEachLanguage(page) {
  await go(page, "GetCredits");
  await page.focus('[role="tab"][aria-selected="true"]');
  for (const [name, part] of [
    ["curl", "-d clientid=1"],
    ["PHP", "'clientid' => 1"],
    ["Python", '"clientid": 1'],
    ["JavaScript", "clientid: 1"],
  ]) {
    assert.equal(await focused(page, "innerText"), name);
    assert((await text(page, '[role="tabpanel"]')).includes(part), name);
    const reply = await text(page, '[aria-label="Example of the reply"]');
    assert.equal(reply.includes('"result": "success"'), ["curl", "PHP"].includes(name), reply);
    await page.keyboard.press("ArrowRight");
  }
}

async function readsInEachFormat(page) {
  await go(page, "GetCredits");
  await set(page, "identifier", identifier);
  await set(page, "secret", secret);
  await set(page, "clientid", "1");
  for (const [format, part, type] of [
    ["v1", `"description": "${ENTRY}"`, "application/json"],
    ["json", `"description": "${ENTRY}"`, "application/json"],
    ["xml", `<description>${ENTRY}</description>`, "application/xml"],
    ["nvp", `credits[credit][2][description]=${ENTRY}`, "text/plain"],
  ]) {
    const { outcome, answer } = await send(page, format);
    assert.match(outcome, /^200 OK\s+\d+ ms\s+\d+ bytes$/);
    for (const expected of [part, type, "x-request-id"]) assert(answer.includes(expected), `${format}: ${answer}`);
  }
}

async function showsWhatIsRefused(page) {
  for (const [parameter, value, format, status, code, message] of [
    ["clientid", "99", "v1", "404 Not Found", "client_id_not_found", "Client ID Not Found"],
    ["clientid", "99", "json", "200 OK", "client_id_not_found", "Client ID Not Found"],
    ["clientid", "99", "xml", "200 OK", "client_id_not_found", "Client ID Not Found"],
    ["clientid", "99", "nvp", "200 OK", "client_id_not_found", "Client ID Not Found"],
    ["secret", "wrong", "v1", "401 Unauthorized", "authentication_failed", "Authentication Failed"],
    ["secret", "wrong", "json", "403 Forbidden", "", "Authentication Failed"],
  ]) {
    await set(page, parameter, value);
    const { outcome } = await send(page, format);
    const refusal = await text(page, ".refusal");
    assert(
      outcome.startsWith(status) && refusal.includes(code) && refusal.includes(message),
      `${format}: ${outcome} ${refusal}`,
    );
  }
}

async function asksBeforeItChanges(page, seen) {
  await set(page, "secret", secret);
  await go(page, "AddCredit");
  assert.equal(await page.$eval('[name="secret"]', (input) => input.value), secret, "it is typed in once");
  const kept = await page.evaluate(() => [localStorage.length, document.cookie, location.search]);
  assert.deepEqual(kept, [0, "", ""]);
  await page.$$eval(".plain", ([fillIn]) => fillIn.click());
  const calls = seen.calls.length;
  for (const key of ["Escape", "Enter"]) {
    await page.focus('[name="identifier"]');
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    await page.keyboard.press(key);
    await page.waitForSelector("dialog:not([open])");
  }
  assert.equal(seen.calls.length, calls, "nothing was sent: what Enter meets first is Cancel");
  await page.focus('[name="identifier"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".outcome");
  assert.match(await text(page, ".answer"), /200 OK[^]*"newbalance"/);
}

async function fits(page) {
  const names = await page.$$eval("#list a", (links) => links.map((link) => link.hash));
  for (const name of ["#", "#all", ...names]) {
    await page.evaluate((name) => (location.hash = name), name);
    await page.waitForFunction(() => document.querySelector("h1"));
    const [width, room] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    assert(width <= room, `${name} is ${width} wide in ${room}`);
  }
}

/// An API description with a recursive schema, and with HTML in its texts.
const HOSTILE = "<img src=x> <script>alert(1)</script>";
function hostileDocument() {
  const node = {
    type: "object",
    properties: { [HOSTILE]: { type: "string", description: HOSTILE }, again: { $ref: "#/components/schemas/Node" } },
  };
  const content = {
    "application/json": { schema: { $ref: "#/components/schemas/Node" }, example: { [HOSTILE]: `';${HOSTILE}` } },
  };
  const post = {
    operationId: "GetNodes",
    summary: HOSTILE,
    description: HOSTILE,
    tags: [HOSTILE],
    "x-access": "read",
    requestBody: { content },
    responses: { 200: { content } },
    "x-errors": [{ status: 404, code: HOSTILE, message: HOSTILE }],
  };
  const info = { title: HOSTILE, version: HOSTILE, description: HOSTILE };
  return { info, paths: { "/v1/GetNodes": { post } }, components: { schemas: { Node: node } } };
}

async function showsTextAsText() {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    const isDocument = request.url().endsWith("/openapi.json");
    return isDocument
      ? request.respond({ contentType: "application/json", body: JSON.stringify(hostileDocument()) })
      : request.continue();
  });
  page.on("dialog", () => assert.fail("a script of the document ran"));
  for (const path of ["/docs", "/docs#GetNodes", "/docs#all"]) {
    await page.goto("about:blank");
    await page.goto(server + path, { waitUntil: "networkidle0" });
    assert((await text(page, "main")).includes(HOSTILE), path);
    assert.equal(await page.$$eval("img, body script", (elements) => elements.length), 0, path);
  }
  await context.close();
}

for (const [name, size] of Object.entries(SIZES)) {
  const { page, seen, close } = await open("/docs", size);
  await searchesByKeyboardOnly(page);
  await showsExamplesInEachLanguage(page);
  await readsInEachFormat(page);
  await showsWhatIsRefused(page);
  await asksBeforeItChanges(page, seen);
  await page.setViewport(name === "phone" ? NARROWEST : size);
  await fits(page);
  assert.deepEqual(seen.wrong, []);
  await close();

  const picture = await open("/docs#AddCredit", size);
  await picture.page.screenshot({ path: `${images}/docs-${name}.png` });
  await picture.close();
  console.log(`${name}: searched, read in each format, refused, asked before it changed, fits`);
}

// Below a path prefix, as behind a proxy, the page keeps the prefix.
const { page, seen, close } = await open("/billing/docs#GetCredits", SIZES.desktop);
await readsInEachFormat(page);
assert(seen.calls.length === 4 && seen.calls.every(({ url }) => url.startsWith(`${server}/billing/`)));
assert.deepEqual(seen.wrong, []);
await close();
await showsTextAsText();
const home = await open("/", NARROWEST);
assert((await text(home.page, "pre")).includes(`${server}/includes/api.php`));
await home.page.click('a[href="docs"]');
await home.page.waitForSelector("#list a");
assert.deepEqual(home.seen.wrong, []);
console.log("below a prefix: the same; the document is shown as text; the first page leads to it");
await browser.close();
