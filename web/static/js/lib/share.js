// A shared screen: a second publication beside the camera, over a connection of its own.

import { MediaLink, onlyVp8, prefer } from "./rtc.js";

/**
 * Two pictures of the screen. Text stays readable because the size is kept and pictures are few; the
 * small one is for weak lines.
 * @type {RTCRtpEncodingParameters[]}
 */
const LAYERS = [
  { rid: "l", scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 5 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 2_000_000, maxFramerate: 8 },
];

/** Sends one screen, watches nothing. */
class ScreenLink extends MediaLink {
  /** @param {RTCPeerConnection} peer */
  _publish(peer) {
    const screen = peer.addTransceiver("video", { direction: "sendonly", sendEncodings: LAYERS });
    prefer(screen, onlyVp8(RTCRtpSender.getCapabilities("video")));
    return [screen.sender];
  }

  _receive() {}

  _track() {
    return this.local?.getVideoTracks()[0] || null;
  }
}

/** The one screen that this page shares, or none. */
export class ScreenShare {
  /**
   * @param {string} url where offers are posted
   * @param {Record<string, string>} headers that prove who this is
   * @param {(sharing: boolean, refused: string) => void} changed `refused` is the server's code
   */
  constructor(url, headers, changed) {
    this.url = url;
    this.headers = headers;
    this.changed = changed;
    /** @type {ScreenLink | null} */
    this.link = null;
    /** @type {MediaStream | null} */
    this.stream = null;
  }

  get sharing() {
    return this.link !== null;
  }

  /** Ask which screen, and send it; nothing happens when the asking is cancelled. */
  async start() {
    this.stop();
    const wanted = { video: { frameRate: { max: 8 } }, audio: false };
    const stream = await navigator.mediaDevices.getDisplayMedia(wanted).catch(() => null);
    if (!stream) return;
    const [track] = stream.getVideoTracks();
    // sharp letters rather than smooth movement (W3C mst-content-hint, section 3)
    track.contentHint = "text";
    track.onended = () => this.stop();
    this.stream = stream;
    this.link = new ScreenLink(this.url, this.headers, 0, {
      slot() {},
      state() {},
      refused: (code) => {
        this._end(code);
        return false;
      },
    });
    await this.link.publish(stream);
    this.link.start();
    this.changed(true, "");
  }

  /** End it here; nothing happens when nothing is shared. */
  stop() {
    this._end("");
  }

  /** @param {string} refused */
  _end(refused) {
    const { link, stream } = this;
    this.link = null;
    this.stream = null;
    stream?.getTracks().forEach((track) => track.stop());
    link?.stop();
    if (link) this.changed(false, refused);
  }
}
