// Which page of a material is shown, and what is known of the list.

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { leafOf, Materials } from "../../../web/static/js/lib/materials.js";

const FILES = [
  { key: "r1", name: "要点.pdf", kind: "pdf" },
  { key: "m2", name: "现场.jpg", kind: "picture" },
];
const NOTHING = { item: -1, file: "", page: 0 };

test("a venue that opens the material itself begins with the first file", () => {
  assert.deepEqual(leafOf(FILES, NOTHING, null), { file: "r1", page: 1 });
});

test("every page follows the chair's, unless it leafs by itself", () => {
  const shown = { item: 0, file: "m2", page: 3 };
  assert.deepEqual(leafOf(FILES, shown, null), { file: "m2", page: 3 });
  assert.deepEqual(leafOf(FILES, shown, { file: "r1", page: 2 }), { file: "r1", page: 2 });
});

test("at the hand-over the next item's first file comes up", () => {
  assert.deepEqual(leafOf(FILES, { item: 1, file: "", page: 1 }, null), { file: "r1", page: 1 });
});

test("a file that the list does not have is not shown, nor anything of an empty list", () => {
  assert.equal(leafOf(FILES, { item: 0, file: "m9", page: 1 }, null), null);
  assert.equal(leafOf([], { item: 0, file: "", page: 1 }, null), null);
});

test("the list is that of the session that was asked for last", async () => {
  const asked = [];
  mock.method(globalThis, "fetch", async (address) => {
    asked.push(address);
    return { ok: true, json: async () => ({ items: [{ files: FILES }, { files: [] }] }) };
  });
  let changes = 0;
  const materials = new Materials((session) => `/sessions/${session}/materials`, () => (changes += 1));
  await materials.load(0);
  await materials.load(4);
  assert.deepEqual(asked, ["/sessions/4/materials.json"]);
  assert.equal(changes, 1);
  assert.deepEqual(materials.files(0), FILES);
  assert.deepEqual(materials.files(7), []);
  assert.equal(materials.address("r1"), "/sessions/4/materials/r1");
  mock.restoreAll();
});

test("a list that does not come leaves what was known", async () => {
  mock.method(globalThis, "fetch", async () => {
    throw new TypeError("no line");
  });
  const materials = new Materials(() => "", () => assert.fail("nothing has come"));
  await materials.load(4);
  assert.deepEqual(materials.files(0), []);
  mock.restoreAll();
});
