import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { RefusedError, Signal } from "../../../web/static/js/lib/signal.js";
import { learn } from "../../../web/static/js/lib/words.js";

/** A line that a test holds in its hand. */
class FakeSocket {
  constructor() {
    this.readyState = 0;
    /** @type {any[]} */
    this.sent = [];
    this.closed = false;
    FakeSocket.all.push(this);
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  accept() {
    this.readyState = 1;
    this.onopen();
  }

  /** @param {Record<string, unknown>} message */
  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  /** @param {number} code */
  hangUp(code = 1006) {
    this.onclose({ code });
  }
}
/** @type {FakeSocket[]} */
FakeSocket.all = [];

/** @type {string[]} */
let log = [];

function connect() {
  const hooks = {
    message: (/** @type {any} */ message) => log.push(message.type),
    link: (/** @type {boolean} */ up, /** @type {number} */ attempts) => log.push(up ? "up" : `down ${attempts}`),
    unknown: () => log.push("unknown"),
  };
  const signal = new Signal("ws://x/ws", { client: "client-1", token: "t" }, hooks, () => new FakeSocket());
  signal.start();
  return signal;
}

const last = () => FakeSocket.all[FakeSocket.all.length - 1];

function welcomed() {
  const signal = connect();
  last().accept();
  last().say({ type: "welcome" });
  return signal;
}

beforeEach(() => {
  learn({});
  log = [];
  FakeSocket.all = [];
  mock.timers.enable({ apis: ["setTimeout"] });
});
afterEach(() => mock.timers.reset());

test("hello is the first word, and says who is here", () => {
  connect();
  last().accept();
  assert.deepEqual(last().sent, [{ type: "hello", client: "client-1", token: "t" }]);
});

test("a command is settled by the answer that carries its number", async () => {
  const signal = welcomed();
  const [one, other] = [signal.send("floor.request"), signal.send("floor.give", { venue: 3 })];
  assert.deepEqual(last().sent.slice(1), [{ type: "floor.request", id: 1 }, { type: "floor.give", id: 2, venue: 3 }]);
  last().say({ type: "refused", id: 2, code: "venue_not_here", message: "不在" });
  last().say({ type: "done", id: 1 });
  await one;
  await assert.rejects(other, (error) => error instanceof RefusedError && error.code === "venue_not_here");
});

test("a command on a broken line is refused at once, and one on its way when the line breaks", async () => {
  const signal = welcomed();
  const sent = signal.send("mute.all");
  last().hangUp();
  await assert.rejects(sent, { code: "offline" });
  await assert.rejects(signal.send("mute.all"), { code: "offline" });
});

test("a command that is never answered is given up", async () => {
  const signal = welcomed();
  const sent = signal.send("mute.all");
  mock.timers.tick(8000);
  await assert.rejects(sent, { code: "offline" });
});

test("a broken line comes back for ever, counting its tries, and starts again from one", () => {
  welcomed();
  for (let i = 0; i < 50; i += 1) {
    last().hangUp();
    mock.timers.tick(5000);
  }
  assert.equal(FakeSocket.all.length, 51);
  assert.equal(log[log.length - 1], "down 50");
  last().accept();
  last().say({ type: "welcome" });
  last().hangUp();
  assert.deepEqual(log.slice(-3), ["up", "welcome", "down 1"]);
});

test("a line that does not open in time is tried again", () => {
  connect();
  mock.timers.tick(9000);
  assert.deepEqual(log, ["down 1"]);
});

test("silence while the server should be speaking opens a fresh line, without alarm", () => {
  welcomed();
  last().say({ type: "truth", seen: true });
  mock.timers.tick(8999);
  assert.equal(FakeSocket.all.length, 1);
  mock.timers.tick(1);
  assert.equal(FakeSocket.all.length, 2);
  assert.ok(FakeSocket.all[0].closed);
  assert.deepEqual(log, ["up", "welcome", "truth"]);
});

test("silence of a server that has nothing to say is no matter", () => {
  welcomed();
  last().say({ type: "truth", seen: false });
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("what an old line still says is not heard", () => {
  const signal = welcomed();
  signal.renew();
  FakeSocket.all[0].say({ type: "ended" });
  FakeSocket.all[0].hangUp();
  assert.deepEqual(log, ["up", "welcome"]);
});

test("nobody knocks again at a door that does not know them", () => {
  connect();
  last().hangUp(4401);
  mock.timers.tick(60_000);
  assert.deepEqual(log, ["unknown"]);
  assert.equal(FakeSocket.all.length, 1);
});

test("a line that was let go stays down", () => {
  const signal = welcomed();
  signal.stop();
  signal.hurry();
  mock.timers.tick(60_000);
  assert.equal(FakeSocket.all.length, 1);
});

test("hurry does not wait for the next turn", () => {
  const signal = welcomed();
  last().hangUp();
  signal.hurry();
  assert.equal(FakeSocket.all.length, 2);
  mock.timers.tick(5000);
  assert.equal(FakeSocket.all.length, 2);
});

test("a line that comes back while no session is open counts as mended", () => {
  const signal = connect();
  last().hangUp();
  mock.timers.tick(500);
  last().accept();
  last().say({ type: "waiting", session: 0 });
  assert.deepEqual(log, ["down 1", "up", "waiting"]);
  assert.equal(signal.attempts, 0);
});
