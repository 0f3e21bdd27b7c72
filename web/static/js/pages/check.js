// The device check of one venue: five parts in twenty seconds, each said in words as it is known.
// The page measures; what it means is the server's to say.

import { binOf, counters, litBars, luma, peakDb, ringHeard, TONE_SECONDS, TONES, TURN_SECONDS } from "../lib/checkup.js";
import { choose, DeviceKeeper, stayAwake } from "../lib/devices.js";
import { need, say, setIcon, watch } from "../lib/el.js";
import { canConnect, MediaLink } from "../lib/rtc.js";
import { t } from "../lib/words.js";
import { leadToAnotherBrowser } from "./parts.js";

/** @import { Devices } from "../lib/devices.js" */

const LASTS_S = 20;
const FIRST_WORD_OF_NETWORK_S = 6;
const CONNECTS_WITHIN_S = 10;
const CAMERA_AT_S = 2;
const LISTEN_S = 3;
const MAIN_AT_S = 15;
const LEAVES_AFTER_S = 10;
const FORGOTTEN_AFTER_S = 300;
const AGAIN_AFTER_MS = 5000;
const FFT = 4096;
const QUIET_S = 1.2;

const { token = "", reason = "hand" } = document.body.dataset;
const headers = { Authorization: `Bearer ${token}` };
const here = `/check/${token}`;
const bars = Array.from(document.querySelectorAll(".lvl i"));
const meter = need(document, ".lvl", HTMLElement);
const own = need(document, "video[data-own]", HTMLVideoElement);

/** @typedef {"network" | "camera" | "microphone" | "loudspeaker" | "main"} Part */

const known = {
  check: 0,
  began: 0,
  connectedAt: 0,
  breaks: 0,
  /** @type {Devices | null} */
  devices: null,
  /** @type {Set<Part>} */
  done: new Set(),
  /** @type {Set<string>} */
  poor: new Set(),
  over: false,
};

/** The microphone as it is, without what browsers do to voices. */
const ears = {
  /** @type {AudioContext | null} */
  context: null,
  /** @type {AnalyserNode | null} */
  analyser: null,
  /** @type {MediaStream | null} */
  stream: null,
};

/** @type {MediaLink | null} */
let media = null;
const devices = new DeviceKeeper((found) => {
  known.devices = found;
  watch(own, found.stream);
  own.play().catch(() => {});
  need(document, ".own__none", HTMLElement).hidden = !found.camera;
  media?.publish(found.stream);
  listDevices();
});

const wait = (/** @type {number} */ seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const elapsed = () => (known.began ? (performance.now() - known.began) / 1000 : 0);

/** @param {Part} part */
const row = (part) => need(document, `[data-part=${part}]`, HTMLElement);

/**
 * Say that a part is being looked at.
 * @param {Part} part
 * @param {string} words
 * @param {string} [note]
 */
function begin(part, words, note = "") {
  const place = row(part);
  place.className = "now";
  setIcon(place, "st-wait");
  say(need(place, "[data-words]", HTMLElement), words);
  say(need(place, "[data-note]", HTMLElement), note);
  need(place, "[data-tag]", HTMLElement).hidden = true;
}

/**
 * Tell the server what was measured, and show what it says of it.
 * @param {Part} part
 * @param {Record<string, unknown>} measured
 */
async function enter(part, measured) {
  const answer = await fetch(`${here}/${known.check}/${part}`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(measured),
  });
  if (!answer.ok) throw new Error(part);
  const found = await answer.json();
  const place = row(part);
  const tag = need(place, "[data-tag]", HTMLElement);
  place.className = found.grade;
  setIcon(place, `st-${found.grade}`);
  say(need(place, "[data-words]", HTMLElement), found.words);
  say(need(place, "[data-note]", HTMLElement), found.note);
  const again = place.querySelector("[data-again]");
  if (again instanceof HTMLElement) again.hidden = found.grade === "ok";
  tag.hidden = Boolean(again) && found.grade !== "ok";
  tag.className = `tag tag--${found.grade}`;
  setIcon(tag, `st-${found.grade}`);
  say(need(tag, "span", HTMLElement), { ok: t("正常"), warn: t("留意"), bad: t("要修") }[/** @type {"ok"} */ (found.grade)]);
  known.done.add(part);
  if (found.grade === "ok") known.poor.delete(part);
  else known.poor.add(part);
  draw();
}

// --- the five parts ------------------------------------------------------------------------------

async function checkNetwork() {
  begin("network", t("正在连街道的服务器"));
  while (!known.connectedAt && elapsed() < CONNECTS_WITHIN_S) await wait(0.2);
  if (!known.connectedAt) return enter("network", { connected: false });
  begin("network", t("连上了，正在看稳不稳"));
  await wait(Math.max(0, FIRST_WORD_OF_NETWORK_S - elapsed()));
  await enter("network", await networkNow());
  await wait(Math.max(0, LASTS_S - elapsed()));
  return enter("network", await networkNow());
}

async function networkNow() {
  const reports = (await media?.peer?.getStats())?.values() || [];
  const seconds = Math.round((performance.now() - known.connectedAt) / 1000);
  return { connected: true, breaks: known.breaks, seconds, ...counters(reports) };
}

async function checkCamera() {
  const found = known.devices;
  begin("camera", t("正在看画面"));
  if (!found || found.camera) return enter("camera", { trouble: found?.camera || "missing" });
  await wait(CAMERA_AT_S);
  const before = own.getVideoPlaybackQuality().totalVideoFrames;
  await wait(1);
  const fps = own.getVideoPlaybackQuality().totalVideoFrames - before;
  return enter("camera", {
    label: labelOf("video"),
    width: own.videoWidth,
    height: own.videoHeight,
    luma: luma(snapshot()),
    fps: Math.min(240, fps),
  });
}

function snapshot() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 36];
  const pen = canvas.getContext("2d");
  if (!pen || !own.videoWidth) return new Uint8ClampedArray();
  pen.drawImage(own, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
}

/** @param {"audio" | "video"} kind */
function labelOf(kind) {
  const tracks = known.devices?.stream?.getTracks() || [];
  return (tracks.find((track) => track.kind === kind)?.label || "").slice(0, 120);
}

async function checkMicrophone() {
  const found = known.devices;
  begin("microphone", t("正在听，请随便说两句话"));
  if (!found || found.microphone) return enter("microphone", { trouble: found?.microphone || "missing" });
  let peak = -100;
  for (const end = performance.now() + 1000 * LISTEN_S; performance.now() < end; await wait(0.05)) {
    peak = Math.max(peak, loudness());
  }
  return enter("microphone", { label: labelOf("audio"), peak_db: peak });
}

async function checkLoudspeaker() {
  begin("loudspeaker", t("正在放一段铃声，听到了吗？"));
  const back = await ring();
  if (back) return heard("back");
  for (const key of keys()) key.hidden = false;
  return undefined;
}

const keys = () => /** @type {HTMLButtonElement[]} */ (Array.from(document.querySelectorAll("[data-heard]")));

/** @param {"back" | "yes" | "no" | "nobody"} how */
function heard(how) {
  for (const key of keys()) key.hidden = how !== "nobody";
  return enter("loudspeaker", { heard: how });
}

// --- sound ---------------------------------------------------------------------------------------

/** Open the microphone a second time, with nothing taken out of what it hears. */
async function openEars() {
  for (const track of ears.stream?.getTracks() || []) track.stop();
  ears.context ||= new AudioContext();
  await Promise.race([ears.context.resume(), wait(0.5)]);
  const track = known.devices?.stream?.getAudioTracks()[0];
  if (!track) return;
  const { deviceId } = track.getSettings();
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, deviceId };
  ears.stream = await navigator.mediaDevices.getUserMedia({ audio: raw });
  ears.analyser = ears.context.createAnalyser();
  ears.analyser.fftSize = FFT;
  ears.analyser.smoothingTimeConstant = 0;
  ears.context.createMediaStreamSource(ears.stream).connect(ears.analyser);
}

/** @returns {number} decibels below full scale, now */
function loudness() {
  const { analyser } = ears;
  if (!analyser) return -100;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  return peakDb(samples);
}

/** @returns {number[]} how loud each tone of the ring is now */
function tonesNow() {
  const { analyser, context } = ears;
  if (!analyser || !context) return TONES.map(() => -200);
  const spectrum = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(spectrum);
  return TONES.map((hertz) => Math.max(-200, spectrum[binOf(hertz, context.sampleRate, FFT)]));
}

/**
 * @param {number} seconds
 * @returns {Promise<number[]>} the loudest that each tone's frequency was meanwhile
 */
async function listen(seconds) {
  const loudest = TONES.map(() => -200);
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; await wait(0.04)) {
    tonesNow().forEach((db, tone) => (loudest[tone] = Math.max(loudest[tone], db)));
  }
  return loudest;
}

/** Ring, and tell whether the microphone heard it. */
async function ring() {
  const { context } = ears;
  if (!context) return false;
  const before = await listen(QUIET_S);
  const turns = [];
  for (const hertz of TONES) {
    sound(context, hertz, context.currentTime + 0.02);
    turns.push(await listen(TURN_SECONDS));
  }
  return ringHeard(before, turns);
}

/**
 * @param {AudioContext} context
 * @param {number} hertz
 * @param {number} at
 */
function sound(context, hertz, at) {
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.4, at + 0.02);
  gain.gain.setValueAtTime(0.4, at + TONE_SECONDS - 0.05);
  gain.gain.linearRampToValueAtTime(0, at + TONE_SECONDS);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + TONE_SECONDS);
}

// --- the course of it ----------------------------------------------------------------------------

function draw() {
  const share = known.over ? 1 : Math.min(1, elapsed() / LASTS_S);
  const left = Math.max(1, Math.ceil(LASTS_S - elapsed()));
  need(document, "[data-progress]", SVGRectElement).setAttribute("width", String(100 * share));
  need(document, "[role=progressbar]", HTMLElement).setAttribute("aria-valuenow", String(Math.round(100 * share)));
  say(need(document, "[data-count]", HTMLElement), String(known.done.size));
  const lit = litBars(loudness(), bars.length);
  meter.setAttribute("aria-valuenow", String(lit));
  bars.forEach((bar, number) => bar.classList.toggle("on", number < lit));
  if (known.over) {
    const n = known.poor.size;
    head(n ? t("体检做完了，有 {n} 项要看一看", { n }) : t("体检做完了，五项正常"), n ? t("照下面写的做，再试一次；不行就打电话找会务。") : t("到时间会自己入会，您不用操作。"));
  } else if (known.began) {
    head(t("正在体检，再有 {n} 秒就好", { n: left }), t("请坐在平时开会的位置，随便说两句话。"));
  }
}

/**
 * @param {string} title
 * @param {string} lead
 */
function head(title, lead) {
  say(need(document, "[data-head]", HTMLElement), title);
  say(need(document, "[data-lead]", HTMLElement), lead);
}

function connect() {
  media = new MediaLink(`${here}/${known.check}/rtc`, headers, 1, {
    slot() {},
    state(state) {
      if (state === "connected" && !known.connectedAt) known.connectedAt = performance.now();
      if (state === "lost" && known.connectedAt && !known.over) known.breaks += 1;
    },
    refused: () => true,
  });
  media.publish(known.devices?.stream || null);
  media.start();
}

async function checkMain() {
  await wait(Math.max(0, MAIN_AT_S - elapsed()));
  begin("main", t("正在问主会场的服务器，收到您的画面和声音没有"));
  await enter("main", {});
}

async function run() {
  const answer = await fetch(`${here}?by=${reason}`, { method: "POST", headers });
  if (!answer.ok) throw new Error("begin");
  known.check = (await answer.json()).check;
  await devices.open();
  await openEars().catch(() => {});
  known.began = performance.now();
  connect();
  await Promise.all([
    checkNetwork(),
    checkCamera()
      .then(checkMicrophone)
      .then(checkLoudspeaker),
    checkMain(),
  ]);
  if (!known.done.has("loudspeaker")) await heard("nobody");
  known.over = true;
  media?.stop();
  draw();
  leaveSoon();
}

/** A page that checked itself goes back to waiting; one that somebody forgot does so later. */
async function leaveSoon() {
  const back = need(document, "[data-back]", HTMLAnchorElement);
  const itself = reason !== "hand";
  need(document, "[data-over]", HTMLElement).hidden = false;
  if (itself) say(need(document, "[data-leaving]", HTMLElement), t("过一会儿自己回到等候页。"));
  await wait(itself ? LEAVES_AFTER_S : FORGOTTEN_AFTER_S);
  location.replace(back.href);
}

async function listDevices() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) || [];
  for (const select of document.querySelectorAll("select[data-device]")) {
    if (!(select instanceof HTMLSelectElement)) continue;
    const kind = /** @type {"videoinput" | "audioinput"} */ (select.dataset.device);
    const used = known.devices?.stream?.getTracks().find((track) => kind.startsWith(track.kind));
    const found = all.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "communications");
    select.replaceChildren(...found.map((one) => new Option(one.label, one.deviceId)));
    if (!found.length) select.append(new Option(t("没有找到"), ""));
    select.disabled = found.length < 2;
    select.value = used?.getSettings().deviceId || select.value;
    select.onchange = () => change(kind, select.value);
  }
}

/**
 * @param {"videoinput" | "audioinput"} kind
 * @param {string} id
 */
async function change(kind, id) {
  choose(kind, id);
  await devices.open();
  await openEars().catch(() => {});
  await (kind === "videoinput" ? checkCamera() : checkMicrophone());
}

/** @param {Event} event */
async function press(event) {
  const key = event.target instanceof Element ? event.target.closest("button") : null;
  if (!key) return;
  if (key.dataset.heard) await heard(/** @type {"yes" | "no"} */ (key.dataset.heard));
  if (key.dataset.do === "repeat") location.reload();
  if (!key.dataset.again) return;
  key.hidden = true;
  await devices.open();
  await openEars().catch(() => {});
  await (key.dataset.again === "microphone" ? checkMicrophone() : checkLoudspeaker());
}

if (canConnect()) {
  stayAwake();
  setInterval(draw, 100);
  document.addEventListener("click", (event) => press(event).catch(failed));
  window.addEventListener("pagehide", () => media?.stop());
  run().catch(failed);
} else {
  leadToAnotherBrowser();
}

function failed() {
  head(t("连不上街道的服务器"), t("正在自己再试，您不用操作。"));
  setTimeout(() => location.reload(), AGAIN_AFTER_MS);
}
