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

/** Give this page a camera that costs the computer little: a grey room in which something moves. */
globalThis.useCalmCamera = function useCalmCamera() {
  replaceCamera((pen, turn) => {
    pen.fillStyle = "#5a6a70";
    pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = "#fff";
    pen.fillRect((turn * 20) % 300, 50, 20, 20);
  }, { rate: 4, width: 320, height: 180 });
};

function replaceCamera(paint, { rate = 15, width = 640, height = 360 } = {}) {
  const media = navigator.mediaDevices;
  if (!media) return;
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const stream = wanted.audio ? await original({ audio: wanted.audio }) : new MediaStream();
    if (!wanted.video) return stream;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d");
    let turn = 0;
    setInterval(() => paint(pen, (turn += 1)), 1000 / rate);
    for (const track of canvas.captureStream(rate).getVideoTracks()) stream.addTrack(track);
    return stream;
  };
}

/**
 * Give this page a microphone in a silent room: it is open, and nobody says a word. There is nothing
 * to filter either, which would cost more than all the rest of the sound.
 */
globalThis.useSilence = function useSilence() {
  const media = navigator.mediaDevices;
  if (!media) return;
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = async (wanted) => {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const stream = await original({ ...wanted, audio: wanted.audio && plain });
    for (const track of stream.getAudioTracks()) track.enabled = false;
    return stream;
  };
};

/** Let this page share a screen with a few lines of text on it, without being asked which one. */
globalThis.useScreen = function useScreen() {
  const media = navigator.mediaDevices;
  if (!media) return;
  media.getDisplayMedia = async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [1280, 720];
    const pen = canvas.getContext("2d");
    const stream = canvas.captureStream(4);
    let turn = 0;
    const painting = setInterval(() => {
      if (stream.getVideoTracks()[0].readyState === "ended") clearInterval(painting);
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = "#222";
      pen.font = "40px sans-serif";
      ["岁末消防检查安排", "第一周　自查", "第二周　互查", "第三周　整改"].forEach((line, at) => pen.fillText(line, 120, 160 + 110 * at));
      pen.fillRect(120, 620, (turn += 4) % 1000, 8);
    }, 250);
    return stream;
  };
};

/** Count in `wakesAsked` how often the page asks that its screen stays awake. */
globalThis.countWake = function countWake() {
  globalThis.wakesAsked = 0;
  const lock = navigator.wakeLock;
  if (!lock) return;
  const request = lock.request.bind(lock);
  lock.request = (kind) => {
    globalThis.wakesAsked += 1;
    return request(kind);
  };
};

/** Keep what the page says in passing, in `toastsShown`. */
globalThis.keepToasts = function keepToasts() {
  globalThis.toastsShown = [];
  addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector("action-toast");
    const note = () => globalThis.toastsShown.push(place.textContent);
    if (place) new MutationObserver(note).observe(place, { subtree: true, childList: true, characterData: true });
  });
};

/** Let the page find that its line has broken; what it makes anew is another matter. */
globalThis.breakLine = function breakLine() {
  const peer = globalThis.peersMade.find((one) => one.connectionState === "connected");
  Object.defineProperty(peer, "connectionState", { get: () => "failed" });
  peer.onconnectionstatechange();
};

/**
 * Return of which kinds of parts the page in sight is made, whatever is written in them and however
 * many there are.
 * @returns {string[]}
 */
globalThis.madeOf = function madeOf() {
  const shown = Array.from(document.querySelectorAll("body *")).filter((node) => node.checkVisibility({ checkVisibilityCSS: true }));
  return [...new Set(shown.map((node) => `${node.localName}.${node.getAttribute("class") || ""}`))];
};

/**
 * Return what does not fit the width of the window: text and controls that stand beyond its edge
 * and cannot be scrolled to within a box of their own, and the page itself when it scrolls sideways.
 * @returns {string[]} empty when all is in sight or below
 */
globalThis.tooWide = function tooWide() {
  const limit = document.documentElement.clientWidth + 1;
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const box = node.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || box.bottom < 0 || (box.right <= limit && box.left >= -1)) continue;
    if (!hasWords(node) || !node.checkVisibility({ checkVisibilityCSS: true }) || scrolls(node)) continue;
    found.push(`${Math.round(box.left)} to ${Math.round(box.right)}: ${node.outerHTML.slice(0, 90)}`);
  }
  const { scrollWidth } = document.documentElement;
  return scrollWidth > limit ? [`the page is ${scrollWidth} wide`, ...found] : found;

  function hasWords(node) {
    if (node.matches("button, input, select, textarea, a[href]")) return true;
    return Array.from(node.childNodes).some((child) => child.nodeType === 3 && child.textContent.trim());
  }

  function scrolls(node) {
    for (let box = node.parentElement; box && box !== document.body; box = box.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  }
};
