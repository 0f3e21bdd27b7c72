import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const SCRIPT = readFileSync(new URL("../../../web/static/js/old.js", import.meta.url), "utf8");

/**
 * @param {object} element what the browser makes of a script element
 * @param {string} pathname
 */
function ledTo(element, pathname) {
  let target = "";
  const location = { pathname, replace: (/** @type {string} */ to) => (target = to) };
  vm.runInNewContext(SCRIPT, { document: { createElement: () => element }, location, encodeURIComponent });
  return target;
}

test("a browser without modules is led to the pictures and back to its page", () => {
  assert.equal(ledTo({}, "/j/abc"), "/browser?next=%2Fj%2Fabc");
});

test("it is not led on from there, and a browser with modules stays", () => {
  assert.equal(ledTo({}, "/browser"), "");
  assert.equal(ledTo({ noModule: false }, "/j/abc"), "");
});

test("it is written in words that such a browser knows", () => {
  const code = SCRIPT.replace(/^\/\/.*$/gm, "");
  assert.doesNotMatch(code, /\b(?:let|const|class|async)\b|=>|`|\?\.|\?\?/);
});
