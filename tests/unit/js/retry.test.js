import assert from "node:assert/strict";
import { test } from "node:test";

import { freshClientId, retryDelay } from "../../../web/static/js/lib/retry.js";

test("the wait doubles from half a second and never passes five seconds", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 1000].map((n) => retryDelay(n, 1)), [500, 1000, 2000, 4000, 5000, 5000]);
});

test("chance shortens a wait to no less than half", () => {
  assert.equal(retryDelay(3, 0), 1000);
  assert.equal(retryDelay(3, 0.5), 1500);
});

test("a client id is one the server takes, and never the same twice", () => {
  const [one, other] = [freshClientId(), freshClientId()];
  assert.match(one, /^[A-Za-z0-9_-]{8,64}$/);
  assert.notEqual(one, other);
});
