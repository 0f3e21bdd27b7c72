// <recording-mark>: 录制中 in red on every screen, and once, when it begins, a chime and a sentence.

import { el, say } from "../lib/el.js";
import { isNews, noticeKey, noticeWords, recordingWords } from "../lib/recording.js";

/** @import { RecordingNow } from "../lib/protocol.js" */

const TOLD = "recording-told";
const NOTICE_MS = 8000;
const CHIME_HZ = [523, 659, 784];

/** A page that is opened anew does not chime again: what it has told outlives it. */
export class RecordingMark extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.tag = el("span", { class: "tag tag--live", hidden: "" });
    this.notice = el("p", { class: "recnotice", role: "alert", hidden: "" });
    this.append(this.tag, this.notice);
  }

  /**
   * @param {RecordingNow} recording
   * @param {number} session
   * @param {number} now
   */
  show(recording, session, now) {
    const { tag } = this;
    if (!tag) return;
    tag.hidden = !recording.on;
    tag.classList.toggle("tag--live", !recording.trouble);
    tag.classList.toggle("tag--warn", Boolean(recording.trouble));
    say(tag, recordingWords(recording, now));
    const key = noticeKey(session, recording);
    if (!isNews(recording, sessionStorage.getItem(TOLD), key)) return;
    sessionStorage.setItem(TOLD, key);
    this._tell(noticeWords(recording));
  }

  /** @param {string} words */
  _tell(words) {
    const { notice } = this;
    if (!notice) return;
    say(notice, words);
    notice.hidden = false;
    setTimeout(() => (notice.hidden = true), NOTICE_MS);
    chime();
  }
}

/** Three soft tones going up. */
function chime() {
  const sound = new AudioContext();
  CHIME_HZ.forEach((hz, index) => {
    const at = sound.currentTime + index * 0.22;
    const [voice, volume] = [sound.createOscillator(), sound.createGain()];
    voice.frequency.value = hz;
    volume.gain.setValueAtTime(0.2, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
    voice.connect(volume).connect(sound.destination);
    voice.start(at);
    voice.stop(at + 0.65);
  });
  setTimeout(() => sound.close(), 2000);
}

customElements.define("recording-mark", RecordingMark);
