// What a test sees of a page with pictures, from decoded pixels and from the browser's own counters.
// A plain script, put into pages before their own scripts, like mark.js.

/** Every media connection the page has made, the newest last; `connectedAt` in Unix milliseconds. */
globalThis.peersMade = [];
if (globalThis.RTCPeerConnection) {
  globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
    constructor(...how) {
      super(...how);
      globalThis.peersMade.push(this);
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") this.connectedAt ??= Date.now();
      });
    }
  };
}

/**
 * Look at the pictures of some video elements.
 * @param {string} selector
 * @returns {{venue: number, mark: {venue: number, frame: number} | null, colour: string,
 *   frames: number, at: number}[]} in order of the page; `venue` is that of the tile around it, -1
 *   when there is none; `colour` is `green`, `blue` or empty, by what most of the picture is
 */
globalThis.lookAt = function lookAt(selector) {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return Array.from(document.querySelectorAll(selector), (video) => {
    const tile = video.closest("venue-tile");
    const seen = {
      venue: tile ? Number(tile.dataset.venue) : -1,
      mark: null,
      colour: "",
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      at: performance.now(),
    };
    if (!video.videoWidth || video.readyState < 2) return seen;
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    pen.drawImage(video, 0, 0);
    const image = pen.getImageData(0, 0, canvas.width, canvas.height);
    seen.mark = globalThis.readMark(image);
    seen.colour = mainColour(image.data);
    return seen;
  });

  function mainColour(data) {
    let [red, green, blue] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4 * 37) {
      red += data[at];
      green += data[at + 1];
      blue += data[at + 2];
    }
    if (green > 2 * red && green > 2 * blue) return "green";
    return blue > 2 * red && blue > 2 * green ? "blue" : "";
  }
};

/**
 * Return when a video first showed a picture that is mostly green, looking at each of its frames.
 * @param {string} selector
 * @returns {Promise<number>} Unix milliseconds
 */
globalThis.firstGreen = function firstGreen(selector) {
  const video = document.querySelector(selector);
  return new Promise((resolve) => {
    const look = () => {
      if (globalThis.lookAt(selector)[0].colour === "green") resolve(Date.now());
      else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
};

/** Return how many packets of sound have come in over the newest connection. */
globalThis.soundReceived = async function soundReceived() {
  const peer = globalThis.peersMade.at(-1);
  let packets = 0;
  for (const report of peer ? (await peer.getStats()).values() : []) {
    if (report.type === "inbound-rtp" && report.kind === "audio") packets += report.packetsReceived;
  }
  return packets;
};

/** Give this page a blue camera that moves and carries venue 0's mark. Its microphone stays. */
globalThis.useBlueCamera = function useBlueCamera() {
  replaceCamera((pen, turn) => {
    pen.fillStyle = "#1030d0";
    pen.fillRect(0, 0, 640, 360);
    pen.fillStyle = "#fff";
    pen.fillRect((turn * 4) % 600, 100, 40, 40);
    globalThis.drawMark(pen, { venue: 0, frame: turn });
  });
};

/**
 * Give this page a camera that shows one picture, for pages to be looked at.
 * @param {string} png in base64; decoded here, because our pages let no foreign address in
 */
globalThis.useCamera = function useCamera(png) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  let picture = null;
  createImageBitmap(new Blob([bytes], { type: "image/png" })).then((made) => (picture = made));
  replaceCamera((pen) => picture && pen.drawImage(picture, 0, 0, 640, 360));
};

function replaceCamera(paint) {
  const media = navigator.mediaDevices;
  if (!media) return;
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const stream = wanted.audio ? await original({ audio: wanted.audio }) : new MediaStream();
    if (!wanted.video) return stream;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [640, 360];
    const pen = canvas.getContext("2d");
    let turn = 0;
    setInterval(() => paint(pen, (turn += 1)), 66);
    for (const track of canvas.captureStream(15).getVideoTracks()) stream.addTrack(track);
    return stream;
  };
}
