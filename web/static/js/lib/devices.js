// Camera and microphone: takes what can be had and says in words what cannot.

import { t } from "./words.js";

/**
 * `refused` by a person or a rule, `missing`, `taken` by another program, `insecure`: the address
 * does not let the browser ask, `lost`: unplugged meanwhile.
 * @typedef {"" | "refused" | "missing" | "taken" | "insecure" | "lost"} Trouble
 * @typedef {{stream: MediaStream | null, camera: Trouble, microphone: Trouble}} Devices
 */

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * Return the device that was chosen on this computer, for a constraint; none wished for without.
 * @param {"videoinput" | "audioinput"} kind
 * @returns {{deviceId?: string}}
 */
function chosen(kind) {
  try {
    const id = localStorage.getItem(`pinhui.${kind}`);
    return id ? { deviceId: id } : {};
  } catch {
    return {};
  }
}

/**
 * Keep which device this computer uses from now on; lost where the browser keeps nothing.
 * @param {"videoinput" | "audioinput"} kind
 * @param {string} id
 */
export function choose(kind, id) {
  try {
    localStorage.setItem(`pinhui.${kind}`, id);
  } catch {
    // private windows keep nothing
  }
}

/**
 * Return what kind of trouble a browser's refusal means.
 * @param {unknown} error from getUserMedia
 * @returns {Trouble}
 */
export function troubleOf(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "taken";
}

/**
 * Open camera and microphone; one of them alone when the other is not to be had.
 * @returns {Promise<Devices>}
 */
export async function openDevices() {
  const media = navigator.mediaDevices;
  if (!media) return { stream: null, camera: "insecure", microphone: "insecure" };
  const camera = { ...VIDEO, ...chosen("videoinput") };
  const microphone = { ...AUDIO, ...chosen("audioinput") };
  try {
    const stream = await media.getUserMedia({ video: camera, audio: microphone });
    return { stream, camera: "", microphone: "" };
  } catch {
    const video = await openOne(media, { video: camera });
    const audio = await openOne(media, { audio: microphone });
    const tracks = [...video.tracks, ...audio.tracks];
    const stream = tracks.length ? new MediaStream(tracks) : null;
    return { stream, camera: video.trouble, microphone: audio.trouble };
  }
}

/**
 * @param {MediaDevices} media
 * @param {MediaStreamConstraints} wanted
 * @returns {Promise<{tracks: MediaStreamTrack[], trouble: Trouble}>}
 */
async function openOne(media, wanted) {
  try {
    return { tracks: (await media.getUserMedia(wanted)).getTracks(), trouble: "" };
  } catch (error) {
    return { tracks: [], trouble: troubleOf(error) };
  }
}

/**
 * Return what happened and what to do, in one or two sentences; empty when all is well.
 * @param {Devices} devices
 * @param {boolean} isMain whether this is the main venue
 */
export function troubleWords(devices, isMain) {
  if (devices.camera) return cameraWords(devices.camera, isMain);
  if (devices.microphone) return microphoneWords(devices.microphone);
  return "";
}

/**
 * @param {Trouble} trouble
 * @param {boolean} isMain
 */
function cameraWords(trouble, isMain) {
  const unseen = isMain ? t("分会场看不到主会场") : t("主会场看不到您");
  switch (trouble) {
    case "insecure":
      return t("这个网址不是安全连接，浏览器不让用摄像头和话筒，{unseen}。您可以先看、先听。", { unseen });
    case "refused":
      return t("浏览器没有获准用摄像头，{unseen}。点地址栏左边的锁，允许摄像头和话筒，再点“再试”。", { unseen });
    case "taken":
      return t("摄像头被别的程序占着，{unseen}。关掉其他视频程序，再点“再试”。", { unseen });
    default:
      return t("没有找到摄像头，{unseen}。插好摄像头的线，再点“再试”。", { unseen });
  }
}

/** @param {Trouble} trouble */
function microphoneWords(trouble) {
  switch (trouble) {
    case "refused":
      return t("浏览器没有获准用话筒，大家听不见您。点地址栏左边的锁，允许话筒，再点“再试”。");
    case "taken":
      return t("话筒被别的程序占着，大家听不见您。关掉其他通话程序，再点“再试”。");
    default:
      return t("没有找到话筒，大家听不见您。插好话筒的线，再点“再试”。");
  }
}

/** An opening that was begun before anybody asked for it. @type {Promise<Devices> | null} */
let early = null;

/** Begin to open camera and microphone for whoever keeps them later: an old camera takes a second. */
export function openEarly() {
  early ||= openDevices();
}

/**
 * Keeps camera and microphone open: opens them, notices when one is unplugged or one comes back.
 */
export class DeviceKeeper {
  /** @param {(devices: Devices) => void} changed told of every change, and of the first opening */
  constructor(changed) {
    this.changed = changed;
    /** @type {Devices} */
    this.devices = { stream: null, camera: "", microphone: "" };
    /** The opening under way: two at once would leave a camera on. */
    this.opening = /** @type {Promise<void> | null} */ (null);
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      if (this.devices.camera || this.devices.microphone) this.open();
    });
  }

  /** Open, or try again. */
  open() {
    this.opening ||= this._open().finally(() => (this.opening = null));
    return this.opening;
  }

  async _open() {
    const { stream } = this.devices;
    if (stream) stream.getTracks().forEach((track) => track.stop());
    const opening = early || openDevices();
    early = null;
    this.devices = await opening;
    this.devices.stream?.getTracks().forEach((track) => {
      track.onended = () => this._lost(track);
    });
    this.changed(this.devices);
  }

  /** @param {MediaStreamTrack} track */
  _lost(track) {
    if (track.kind === "video") this.devices.camera = "lost";
    else this.devices.microphone = "lost";
    this.changed(this.devices);
  }
}

/** Keep the screen awake while the page is in sight, where the browser can. */
export function stayAwake() {
  const ask = () => {
    if (document.visibilityState !== "visible") return;
    navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
