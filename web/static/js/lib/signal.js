// The websocket: says hello, carries commands and their answers, and comes back for ever.

import { retryDelay } from "./retry.js";
import { t } from "./words.js";

/** @import { Message, CommandName } from "./protocol.js" */

const ANSWER_WITHIN_MS = 8000;
const SILENT_FOR_MS = 9000;
const NOT_KNOWN = 4401;

/** A command that was not carried out; the message is for people. */
export class RefusedError extends Error {
  /**
   * @param {string} code stable; `offline` when the line broke before the answer
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/**
 * @typedef {object} Hooks
 * @property {(message: Message) => void} message whatever the server says, answers to commands apart
 * @property {(up: boolean, attempts: number) => void} link the line came up, or is being mended:
 *   `attempts` counts the tries since it broke
 * @property {() => void} unknown the server does not know this token or login; nobody retries
 */

/**
 * A connection that mends itself.
 *
 * A line that is dead in one direction is found by silence: while the server sees this venue's
 * picture it says so every second or two, so nine seconds without a word make us ask anew.
 */
export class Signal {
  /**
   * @param {string} url
   * @param {{client: string, token?: string, session?: number}} hello
   * @param {Hooks} hooks
   * @param {(url: string) => WebSocket} [open]
   */
  constructor(url, hello, hooks, open = (address) => new WebSocket(address)) {
    this.url = url;
    this.hello = hello;
    this.hooks = hooks;
    this.open = open;
    this.attempts = 0;
    this.nextId = 1;
    this.stopped = false;
    /** Whether the next word must come soon. */
    this.rhythm = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Map<number, {resolve: (undo: number) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.silence = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
  }

  /** Connect, and stay connected until `stop`. */
  start() {
    this.stopped = false;
    clearTimeout(this.retry);
    const socket = this.open(this.url);
    this.socket = socket;
    this.rhythm = false;
    this._listen();
    socket.onopen = () => {
      if (socket === this.socket) socket.send(JSON.stringify({ type: "hello", ...this.hello }));
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this._receive(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this._broken(event.code);
    };
  }

  /** Close for good. */
  stop() {
    this.stopped = true;
    this._drop();
  }

  /** Open a fresh line in place of this one, and say nothing of it unless that fails. */
  renew() {
    if (this.stopped || !this.socket) return;
    this._drop();
    this.start();
  }

  /** Try at once instead of waiting for the next turn, when the line is down. */
  hurry() {
    if (!this.stopped && !this.socket) this.start();
  }

  /**
   * Send a command.
   * @param {CommandName} type
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<number>} settled by the server's answer: the number to undo it by, or 0
   * @throws {RefusedError} when it was refused or the line broke
   */
  send(type, fields = {}) {
    const { socket } = this;
    if (!socket || socket.readyState !== 1) return Promise.reject(offline());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => this._settle(id, offline()), ANSWER_WITHIN_MS);
      this.waiting.set(id, {
        resolve: (undo) => (clearTimeout(late), resolve(undo)),
        reject: (error) => (clearTimeout(late), reject(error)),
      });
      socket.send(JSON.stringify({ type, id, ...fields }));
    });
  }

  /** @param {Message} message */
  _receive(message) {
    if (message.type === "truth") this.rhythm = message.seen;
    this._listen();
    if (message.type === "done") return this._settle(message.id, null, message.undo);
    if (message.type === "refused") {
      return this._settle(message.id, new RefusedError(message.code, message.message));
    }
    if (message.type === "welcome" || message.type === "waiting") {
      this.attempts = 0;
      this.hooks.link(true, 0);
    }
    return this.hooks.message(message);
  }

  /**
   * @param {number} id
   * @param {RefusedError | null} error
   * @param {number} [undo]
   */
  _settle(id, error, undo = 0) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(error);
    else waiting?.resolve(undo);
  }

  /** Wait for the next word; a line that has not opened in time is as silent as a dead one. */
  _listen() {
    clearTimeout(this.silence);
    const opened = this.socket?.readyState === 1;
    if (opened && !this.rhythm) return;
    this.silence = setTimeout(() => (opened ? this.renew() : this._broken(0)), SILENT_FOR_MS);
  }

  _drop() {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    const { socket } = this;
    this.socket = null;
    if (socket) socket.close();
    for (const id of [...this.waiting.keys()]) this._settle(id, offline());
  }

  /** @param {number} code of the closing frame, 0 for silence */
  _broken(code) {
    this._drop();
    if (this.stopped) return;
    if (code === NOT_KNOWN) {
      this.stopped = true;
      this.hooks.unknown();
      return;
    }
    this.attempts += 1;
    this.hooks.link(false, this.attempts);
    this.retry = setTimeout(() => this.start(), retryDelay(this.attempts, Math.random()));
  }
}

function offline() {
  return new RefusedError("offline", t("网络断了，这一步没有送到。接上以后请再点一次。"));
}
