import assert from "node:assert/strict";
import { test } from "node:test";

import { binOf, counters, litBars, luma, peakDb, ringHeard } from "../../../web/static/js/lib/checkup.js";

test("the light of a picture is its mean luma", () => {
  assert.equal(luma(Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255)), 128);
  assert.equal(luma(Uint8ClampedArray.of(0, 255, 0, 255)), 150);
  assert.equal(luma(new Uint8ClampedArray()), 0);
});

test("loudness is decibels below full scale, and silence has a number", () => {
  assert.equal(peakDb(Float32Array.of(0, -1)), 0);
  assert.equal(peakDb(Float32Array.of(0.1, -0.05)), -20);
  assert.equal(peakDb(Float32Array.of(0, 0)), -100);
  assert.equal(peakDb(Float32Array.of(1e-9)), -100);
});

test("speech of usual loudness passes the middle of the bars", () => {
  assert.equal(litBars(-100, 24), 0);
  assert.equal(litBars(-36, 24), 12);
  assert.equal(litBars(0, 24), 24);
});

const QUIET = [-80, -80, -80];

test("a ring is heard by two of its three tones", () => {
  assert.equal(ringHeard(QUIET, [[-50, -80, -80], [-80, -50, -80], [-80, -80, -80]]), true);
  assert.equal(ringHeard(QUIET, [[-50, -80, -80], [-80, -70, -80], [-80, -80, -70]]), false);
});

test("a voice that goes on, and a knock in one turn, are no ring", () => {
  assert.equal(ringHeard([-40, -40, -40], [[-35, -38, -36], [-36, -35, -38], [-38, -35, -36]]), false);
  assert.equal(ringHeard(QUIET, [[-80, -80, -80], [-30, -30, -30], [-80, -80, -80]]), false);
  assert.equal(ringHeard(QUIET, [[-30, -30, -30], [-30, -30, -30], [-30, -30, -30]]), false);
});

test("a frequency is found in its bin", () => {
  assert.equal(binOf(1318, 48_000, 4096), 112);
  assert.equal(binOf(0, 48_000, 4096), 0);
});

test("counters tell losses both ways and the time to the server", () => {
  const said = counters([
    { type: "outbound-rtp", packetsSent: 90 },
    { type: "outbound-rtp", packetsSent: 10 },
    { type: "remote-inbound-rtp", packetsLost: 2 },
    { type: "remote-inbound-rtp", packetsLost: -1 },
    { type: "inbound-rtp", packetsReceived: 95, packetsLost: 5 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.004 },
    { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
  ]);
  assert.deepEqual(said, { up_loss: 0.02, down_loss: 0.05, rtt_ms: 4 });
  assert.deepEqual(counters([]), { up_loss: 0, down_loss: 0, rtt_ms: 0 });
});
