import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { watchMore } from "../../../web/static/js/lib/more.js";
import { MediaLink } from "../../../web/static/js/lib/rtc.js";

/** @type {{method: string, url: string, keepalive: boolean}[]} */
let asked = [];
/** @type {string[]} */
let sections = [];

class FakePeer {
  connectionState = "new";
  onconnectionstatechange = () => {};
  /** @param {string} kind @param {RTCRtpTransceiverInit} how */
  addTransceiver(kind, { direction }) {
    sections.push(`${kind} ${direction}`);
    return { sender: { replaceTrack: async () => {} }, receiver: { track: {} }, setCodecPreferences() {} };
  }
  async createOffer() {
    return { sdp: "offer" };
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  close() {
    this.connectionState = "closed";
  }
}

/** @param {string} url @param {RequestInit} words */
async function fakeFetch(url, { method = "GET", keepalive = false }) {
  asked.push({ method, url, keepalive });
  const headers = new Map([["Location", `/rtc/${asked.length}`]]);
  return { status: 201, headers, text: async () => "answer" };
}

beforeEach(() => {
  asked = [];
  sections = [];
  const capable = { getCapabilities: () => null };
  Object.assign(globalThis, {
    RTCPeerConnection: FakePeer,
    RTCRtpSender: capable,
    RTCRtpReceiver: capable,
    MediaStream: class {},
    fetch: fakeFetch,
  });
});

const settled = () => new Promise((done) => setTimeout(done, 5));

/** @type {MediaLink[]} */
const made = [];
afterEach(() => made.splice(0).forEach((link) => link.stop()));

/** Return a link that stands. */
async function connected() {
  const link = new MediaLink("/rtc", {}, 1, { slot() {}, state() {}, refused: () => true });
  made.push(link);
  link.start();
  await settled();
  return link;
}

test("who leaves says good-bye in a way that outlives the page", async () => {
  const link = await connected();
  link.stop();
  assert.deepEqual(asked[1], { method: "DELETE", url: "/rtc/1", keepalive: true });
});

test("more pictures come by a connection that hears and sends nothing", async () => {
  /** @type {MediaStream[]} */
  const pictures = [];
  const link = watchMore("/rtc?client=one", {}, pictures, 2);
  made.push(link);
  await settled();
  assert.equal(asked[0].url, "/rtc?client=one&part=more");
  assert.deepEqual(sections, Array(31).fill("video recvonly"));
  assert.deepEqual([0 in pictures, 2 in pictures, pictures.length], [false, true, 33]);
});

test("a line that is mended is not said good-bye to", async () => {
  const link = await connected();
  link.hurry();
  await settled();
  assert.deepEqual(
    asked.map((one) => one.method),
    ["POST", "POST"],
  );
  link.stop();
  assert.equal(asked[2].url, "/rtc/2");
});
