// When a page that joins does what, for measurements. A plain script, put into pages before their
// own; `arrival` holds the first moment of each step in Unix milliseconds.

globalThis.arrival = {};

{
  const note = (step) => (globalThis.arrival[step] ??= Date.now());
  note("page begun");
  addEventListener("DOMContentLoaded", () => note("scripts run"));
  addEventListener("load", () => note("page loaded"));
  const { mediaDevices } = navigator;
  if (mediaDevices) {
    const open = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      note("camera asked");
      const stream = await open(wanted);
      note("camera open");
      return stream;
    };
  }
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) {
      if (name === "first-contentful-paint") arrival["first paint"] = performance.timeOrigin + startTime;
    }
  }).observe({ type: "paint", buffered: true });

  // Sound has come once samples were handed on to the loudspeaker, not when its packets have.
  async function hearing(peer) {
    note("sound come");
    while (!arrival["sound heard"] && peer.connectionState !== "closed") {
      for (const report of (await peer.getStats()).values()) {
        if (report.type === "inbound-rtp" && report.jitterBufferEmittedCount > 0) note("sound heard");
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  globalThis.WebSocket = class extends globalThis.WebSocket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", () => note("websocket welcome"));
    }
  };
  const ask = globalThis.fetch;
  globalThis.fetch = async (...how) => {
    if (String(how[0]).startsWith("/rtc")) note("offer sent");
    const answer = await ask(...how);
    if (String(how[0]).startsWith("/rtc")) note("answer come");
    return answer;
  };
  globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
    constructor(...how) {
      super(...how);
      this.addEventListener("track", ({ track }) => {
        if (track.kind === "audio") track.addEventListener("unmute", () => void hearing(this));
      });
      this.addEventListener("iceconnectionstatechange", () => {
        if (this.iceConnectionState === "connected") note("path found");
      });
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") note("media connected");
      });
    }
  };
}
