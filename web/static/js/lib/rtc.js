// The media connection: one offer for ever, and a wholly new connection whenever it breaks.

import { retryDelay } from "./retry.js";

const MENDS_ITSELF_WITHIN_MS = 2000;
const CONNECTS_WITHIN_MS = 8000;
const KNOWN_AFTER_MS = 3000;
export const AUDIO_SLOTS = 3;

/**
 * Two pictures of the camera: a small one for tiles, a large one for the big picture. The low one
 * comes first because Chromium fills them with bits in this order.
 * @type {RTCRtpEncodingParameters[]}
 */
const LAYERS = [
  { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 120_000, maxFramerate: 15 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_200_000, maxFramerate: 15 },
];

/**
 * @typedef {object} Hooks
 * @property {(kind: "video" | "audio", slot: number, stream: MediaStream) => void} slot where a slot
 *   can be watched from now on; comes again for every new connection
 * @property {(state: "connecting" | "connected" | "lost", attempts: number) => void} state
 * @property {(code: string) => boolean} refused the server's refusal; answer false to give up
 */

/** Whether this browser can take part at all. */
export function canConnect() {
  return typeof RTCPeerConnection === "function" && "addTransceiver" in RTCPeerConnection.prototype;
}

/**
 * Return VP8 with its retransmissions, the one codec that is forwarded.
 * @param {RTCRtpCapabilities | null} known
 */
export function onlyVp8(known) {
  return (known ? known.codecs : []).filter((c) => /^video\/(VP8|rtx)$/i.test(c.mimeType));
}

/** Sends a camera and a microphone, watches slots that the server fills. */
export class MediaLink {
  /**
   * @param {string} url where offers are posted
   * @param {Record<string, string>} headers that prove who this is
   * @param {number} videoSlots how many pictures are watched
   * @param {Hooks} hooks
   */
  constructor(url, headers, videoSlots, hooks) {
    this.url = url;
    this.headers = headers;
    this.videoSlots = videoSlots;
    this.voiceSlots = AUDIO_SLOTS;
    this.hooks = hooks;
    this.attempts = 0;
    this.running = false;
    this.connectedAt = 0;
    /** Where the server keeps the present connection; empty while there is none. */
    this.resource = "";
    /** @type {MediaStream | null} */
    this.local = null;
    /** @type {RTCPeerConnection | null} */
    this.peer = null;
    /** @type {RTCRtpSender[]} */
    this.senders = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Connect, and stay connected until `stop`. */
  start() {
    if (this.running) return;
    this.running = true;
    this.attempts = 0;
    this._connect();
  }

  /** Leave and say so; also right when the page is about to go. */
  stop() {
    this.running = false;
    this._release(this.resource);
    this._drop();
  }

  /** Try at once instead of waiting for the next turn, unless connected. */
  hurry() {
    if (this.running && this.peer?.connectionState !== "connected") this._connect();
  }

  /**
   * The server says that it does not know this connection. Right after connecting that is old news;
   * later it is true before the browser can notice, so connect anew.
   */
  doubt() {
    if (this.peer?.connectionState !== "connected") return;
    if (performance.now() - this.connectedAt > KNOWN_AFTER_MS) this._broken();
  }

  /**
   * Send this camera and microphone from now on; parts may be missing.
   * @param {MediaStream | null} stream
   */
  async publish(stream) {
    this.local = stream;
    await Promise.all(this.senders.map((sender) => sender.replaceTrack(this._track(sender)))).catch(
      () => this._broken(),
    );
  }

  /** @param {RTCRtpSender} sender */
  _track(sender) {
    const [audio, video] = [this.local?.getAudioTracks()[0], this.local?.getVideoTracks()[0]];
    return (sender === this.senders[0] ? audio : video) || null;
  }

  async _connect() {
    this._drop();
    this.hooks.state(this.attempts ? "lost" : "connecting", this.attempts);
    const peer = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.peer = peer;
    this._arm(CONNECTS_WITHIN_MS);
    peer.onconnectionstatechange = () => {
      if (peer === this.peer) this._changed(peer.connectionState);
    };
    try {
      await this._negotiate(peer);
    } catch {
      if (peer === this.peer) this._broken();
    }
  }

  /** @param {RTCPeerConnection} peer */
  async _negotiate(peer) {
    this._addSections(peer);
    await Promise.all(this.senders.map((sender) => sender.replaceTrack(this._track(sender))));
    const offer = await peer.createOffer();
    await peer.setLocalDescription(offer);
    const response = await fetch(this.url, {
      method: "POST",
      headers: { ...this.headers, "Content-Type": "application/sdp" },
      body: offer.sdp,
    });
    const resource = response.headers.get("Location") || "";
    if (peer !== this.peer) return this._release(resource);
    if (response.status !== 201) return this._refused(response);
    this.resource = resource;
    return peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
  }

  /**
   * The order is part of the protocol: the server numbers the receiving sections from 0 as they
   * stand in the offer, all pictures before all voices.
   * @param {RTCPeerConnection} peer
   */
  _addSections(peer) {
    this.senders = this._publish(peer);
    this._receive(peer);
  }

  /**
   * @param {RTCPeerConnection} peer
   * @returns {RTCRtpSender[]}
   */
  _publish(peer) {
    const microphone = peer.addTransceiver("audio", { direction: "sendonly" });
    const camera = peer.addTransceiver("video", { direction: "sendonly", sendEncodings: LAYERS });
    prefer(camera, onlyVp8(RTCRtpSender.getCapabilities("video")));
    return [microphone.sender, camera.sender];
  }

  /** @param {RTCPeerConnection} peer */
  _receive(peer) {
    const vp8 = onlyVp8(RTCRtpReceiver.getCapabilities("video"));
    for (let slot = 0; slot < this.videoSlots; slot += 1) {
      const watched = peer.addTransceiver("video", { direction: "recvonly" });
      prefer(watched, vp8);
      this.hooks.slot("video", slot, new MediaStream([watched.receiver.track]));
    }
    for (let slot = 0; slot < this.voiceSlots; slot += 1) {
      const heard = peer.addTransceiver("audio", { direction: "recvonly" });
      this.hooks.slot("audio", slot, new MediaStream([heard.receiver.track]));
    }
  }

  /** @param {Response} response */
  async _refused(response) {
    const code = await response.json().then(
      (problem) => String(problem.code),
      () => "",
    );
    if (this.hooks.refused(code)) this._broken();
    else this.stop();
  }

  /** @param {RTCPeerConnectionState} state */
  _changed(state) {
    if (state === "connected") {
      clearTimeout(this.timer);
      this.attempts = 0;
      this.connectedAt = performance.now();
      this.hooks.state("connected", 0);
    } else if (state === "disconnected") {
      this._arm(MENDS_ITSELF_WITHIN_MS);
    } else if (state === "failed") {
      this._broken();
    }
  }

  /** @param {number} ms until the connection counts as broken */
  _arm(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._broken(), ms);
  }

  _broken() {
    this._drop();
    if (!this.running) return;
    this.attempts += 1;
    this.hooks.state("lost", this.attempts);
    this.timer = setTimeout(() => this._connect(), retryDelay(this.attempts, Math.random()));
  }

  /** Let go of the connection without a good-bye: one that is mended is not left. */
  _drop() {
    clearTimeout(this.timer);
    const { peer } = this;
    this.peer = null;
    this.senders = [];
    peer?.close();
    this.resource = "";
  }

  /**
   * Say good-bye to a connection, also while the page goes: the browser sends this to its end.
   * @param {string} resource
   */
  _release(resource) {
    if (!resource) return;
    fetch(resource, { method: "DELETE", headers: this.headers, keepalive: true }).catch(() => {});
  }
}

/**
 * @param {RTCRtpTransceiver} transceiver
 * @param {RTCRtpCodec[]} codecs none: a browser that cannot say keeps its own order
 */
export function prefer(transceiver, codecs) {
  if (codecs.length) transceiver.setCodecPreferences(codecs);
}

/** Watches and sends nothing: an observer, a second screen. */
export class WatchLink extends MediaLink {
  _publish() {
    return [];
  }
}
