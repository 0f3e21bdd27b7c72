import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { MediaLink } from "../../../web/static/js/lib/rtc.js";

/** @type {{method: string, url: string, keepalive: boolean}[]} */
let asked = [];

class FakePeer {
  connectionState = "new";
  onconnectionstatechange = () => {};
  addTransceiver() {
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
