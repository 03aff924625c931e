// Uses the console of the demo as an operator does: on a desktop and on a phone, light and dark, with the keyboard alone.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";
import UPNG from "upng-js";

const [chromium, server, identifier, secret, images] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PASSWORD = "DemoPassword";
const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844, isMobile: true, hasTouch: true },
};
const SCHEMES = ["light", "dark"];
/// What would run if a page showed it as anything but text.
const HOSTILE = `<script>window.hacked = 1</script>"'><img src=x onerror="window.hacked = 2">`;
/// A picture may have this many bytes.
const MOST_BYTES = 100_000;

// The browser's own sandbox does not work as root, as in a container.
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/// Opens a page in a browser session of its own, and records events that must not happen.
async function open(size, scheme) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    const isStatus = message.text().startsWith("Failed to load resource: the server responded with a status of 4");
    if (message.type() === "error" && !isStatus) wrong.push(`${page.url()}: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "data:" && url.origin !== server) wrong.push(`a request to ${url}`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`a dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.setViewport(size);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setUserAgent(`Operator ${HOSTILE}`);
  return { page, wrong, close: () => context.close() };
}

const text = (page, selector) => page.$eval(selector, (element) => element.innerText);
const path = (page) => new URL(page.url()).pathname;

/// Makes a client, a ticket and a call whose texts and User-Agent are hostile.
async function leaveHostileTexts() {
  const call = async (action, parameters) => {
    const body = new URLSearchParams({ identifier, secret, responsetype: "json", action, ...parameters });
    const response = await fetch(`${server}/includes/api.php`, { method: "POST", body, headers: { "user-agent": HOSTILE } });
    const reply = await response.json();
    assert.equal(reply.result, "success", JSON.stringify(reply));
    return reply;
  };
  const client = await call("AddClient", {
    firstname: HOSTILE,
    lastname: HOSTILE,
    companyname: HOSTILE,
    email: "hostile@example.com",
    address1: "1 Street",
    city: "Town",
    state: "State",
    postcode: "1",
    country: "US",
    phonenumber: "1",
    password2: "a long password",
    skipvalidation: "1",
  });
  await call("OpenTicket", { deptid: "1", clientid: client.clientid, subject: HOSTILE, message: HOSTILE });
  await call("CreateInvoice", { userid: client.clientid, itemdescription1: HOSTILE, itemamount1: "1.00", itemtaxed1: "0" });
  await call("LogActivity", { description: HOSTILE, clientid: client.clientid });
}

/// Logs in with the keyboard alone: nothing is clicked.
async function logIn(page, user) {
  await page.goto(`${server}/console`, { waitUntil: "networkidle0" });
  assert.equal(path(page), "/console/login");
  await judge(page);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Tab");
  await page.keyboard.type(user);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await Promise.all([page.waitForNavigation({ waitUntil: "networkidle0" }), page.keyboard.press("Enter")]);
  assert.equal(path(page), "/console", await text(page, "main"));
}

/// Judges the page that is open: what axe-core finds, whether it fits, and whether anything of it has run.
async function judge(page) {
  const where = page.url();
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  const told = grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join("\n    ")}`);
  assert.deepEqual(told, [], `${where}: axe-core finds`);
  const [width, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert(width <= room, `${where} is ${width} wide in ${room}`);
  // On a phone nothing is beyond the right edge of a table either.
  if (room < 600) {
    const cut = await page.$$eval(".scroll", (parts) => parts.filter((part) => part.scrollWidth > part.clientWidth).map(({ ariaLabel }) => ariaLabel));
    assert.deepEqual(cut, [], `${where}: parts that are wider than the screen`);
  }
  assert.deepEqual(await page.evaluate(() => window.violations), [], `${where} violates its policy`);
  assert.equal(await page.evaluate(() => window.hacked), undefined, `${where} has run a text`);
  assert.equal(await page.$$eval("h1", (headings) => headings.length), 1, where);
  const levels = await page.$$eval("h1, h2, h3, h4", (headings) => headings.map(({ tagName }) => Number(tagName[1])));
  levels.forEach((level, index) => assert(index === 0 || level <= levels[index - 1] + 1, `${where} skips a heading`));
}

/// Everything that can be reached with the keyboard shows where it is.
async function showsTheFocus(page) {
  await page.evaluate(() => document.activeElement.blur());
  const seen = new Set();
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      return { isBody: element === document.body, outline: style.outlineStyle, html: element.outerHTML.slice(0, 80) };
    });
    if (focused.isBody || seen.has(focused.html)) break;
    seen.add(focused.html);
    // In the frame of a mail, the browser itself shows where the focus is.
    if (focused.html.startsWith("<iframe")) continue;
    assert.notEqual(focused.outline, "none", `${page.url()}: ${focused.html} shows no focus`);
  }
  assert(seen.size > 3, `${page.url()}: the keyboard reaches ${[...seen]}`);
}

/// Saves a picture with few colors, if the documentation shows it.
const documentation = readFileSync(`${images}/../console.md`, "utf8");
async function picture(page, name) {
  if (!documentation.includes(`console-${name}.png`)) return;
  await page.evaluate(() => {
    document.activeElement.blur();
    window.scrollTo(0, 0);
  });
  const taken = await page.screenshot();
  const image = UPNG.decode(taken);
  const rgba = UPNG.toRGBA8(image)[0];
  const small = [256, 128, 64, 32].map((colors) => Buffer.from(UPNG.encode([rgba], image.width, image.height, colors)));
  const fits = small.find(({ length }) => length < MOST_BYTES);
  assert(fits, `the picture of ${name} is too large`);
  writeFileSync(`${images}/console-${name}.png`, fits);
}

/// The pages of the navigation, and of each the first page that its content leads to for each kind.
async function pages(page) {
  const navigation = await page.$$eval("nav a", (links) => links.map(({ pathname }) => pathname));
  const kinds = new Map();
  for (const from of navigation) {
    await page.goto(server + from, { waitUntil: "networkidle0" });
    const links = await page.$$eval("main a[href^='/console']", (links) => links.map((link) => link.getAttribute("href")));
    for (const link of links.map((link) => link.split("#")[0])) kinds.set(link.replace(/\d+/g, "0").replace(/=[^&]*/g, "="), link);
  }
  return [...new Set([...navigation, ...kinds.values()])];
}

const nameOf = (path) => path.replace("/console", "").replace(/^\//, "").replace(/[/?].*/, "") || "overview";

await leaveHostileTexts();
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const scheme of SCHEMES) {
    const { page, wrong, close } = await open(viewport, scheme);
    await logIn(page, "admin");
    const all = await pages(page);
    for (const where of all) {
      const response = await page.goto(server + where, { waitUntil: "networkidle0" });
      assert.equal(response.status(), 200, where);
      await judge(page);
      if (size === "desktop" && scheme === "light") await showsTheFocus(page);
      const isInNavigation = !/\d|\?/.test(where);
      const isPictured = (size === "desktop" && scheme === "light") || (nameOf(where) === "overview" && scheme === "dark");
      if (isInNavigation && isPictured) {
        await picture(page, size === "desktop" && scheme === "light" ? nameOf(where) : `${nameOf(where)}-${size}-${scheme}`);
      }
    }
    assert.deepEqual(wrong, []);
    await close();
    console.log(`${size}, ${scheme}: ${all.length} pages, with nothing serious for axe-core, and nothing that ran`);
  }
}

// Who looks sees no form that changes anything.
const looking = await open(SIZES.desktop, "light");
await logIn(looking.page, "rui");
for (const where of await pages(looking.page)) {
  await looking.page.goto(server + where, { waitUntil: "networkidle0" });
  const forms = await looking.page.$$eval("main form[method='post']", (forms) => forms.map(({ action }) => action));
  const ofOthers = forms.filter((action) => !/\/console\/sessions\/\d+\/end$/.test(action));
  assert.deepEqual(ofOthers, [], `${where} has forms for who only looks`);
}

// Times are in the zone of the browser, also in parts that are loaded again.
await looking.page.emulateTimezone("Asia/Kolkata");
await looking.page.goto(`${server}/console/sessions`, { waitUntil: "networkidle0" });
assert.match(await text(looking.page, "footer"), /times are in Asia\/(Kolkata|Calcutta)/);
const [shown, at] = await looking.page.$eval("time", (time) => [time.innerText, time.dateTime]);
const inKolkata = new Date(new Date(at).getTime() + 5.5 * 3_600_000).toISOString();
assert.equal(shown, inKolkata.slice(0, 19).replace("T", " "));

// A field is filled in in that zone, too: from the minute of the newest call on, there is a call.
await looking.page.goto(`${server}/console/calls`, { waitUntil: "networkidle0" });
assert.match(await text(looking.page, "label[for=field-since]"), /Asia\/(Kolkata|Calcutta)/);
const newest = (await text(looking.page, "#calls time")).slice(0, 16).replace(" ", "T");
await looking.page.$eval("#field-since", (field, value) => (field.value = value), newest);
await Promise.all([looking.page.waitForNavigation(), looking.page.click(".filters button")]);
assert.match(looking.page.url(), /since=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A00\.000Z/);
assert.equal(await looking.page.$eval("#field-since", ({ value }) => value), newest);
assert(await looking.page.$("#calls time"), "the newest call is found");

// A page that renews itself says so when it cannot any more.
await looking.page.goto(`${server}/console/calls?live=1`, { waitUntil: "networkidle0" });
assert.deepEqual(looking.wrong, []);
await looking.page.deleteCookie(...(await looking.page.cookies()));
await looking.page.waitForSelector("#calls-stale");
assert.match(await text(looking.page, "#calls-stale"), /^Not renewed since /);
await looking.close();

// Making a credential, without scripts as well: axe-core cannot judge there.
for (const scripts of [true, false]) {
  const { page, wrong, close } = await open(SIZES.desktop, "light");
  await page.setJavaScriptEnabled(scripts);
  await page.goto(`${server}/console/credentials`);
  await page.type("#user_name", "admin");
  await page.type("#password", PASSWORD);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await page.type("#field-description", `Made ${scripts ? "with" : "without"} scripts`);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  assert.match(await text(page, "main"), /Copy the secret now/);
  assert.deepEqual(wrong, []);
  await close();
}
console.log("who looks has no forms; a credential is made with scripts and without");
await browser.close();
