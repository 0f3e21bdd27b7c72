// The materials of a session's items as the page knows them: the list, and which page is to be shown.

/**
 * @typedef {{key: string, name: string, kind: string}} MaterialFile
 * @typedef {{item: number, file: string, page: number}} Shown what the chair shows; `item` -1: nothing,
 *   `file` empty: the first that the item has
 * @typedef {{file: string, page: number}} Leaf
 */

/** The list of one session; fetched when the page is welcomed, and whenever the server says so. */
export class Materials {
  /**
   * @param {(session: number) => string} base where a session's materials are
   * @param {() => void} changed called when a list has come
   */
  constructor(base, changed) {
    this.base = base;
    this.changed = changed;
    this.session = 0;
    /** @type {MaterialFile[][]} */
    this.items = [];
  }

  /** @param {number} [session] another one than before */
  async load(session = this.session) {
    if (session !== this.session) this.items = [];
    this.session = session;
    if (!session) return;
    const answer = await fetch(`${this.base(session)}.json`).catch(() => null);
    if (!answer?.ok || session !== this.session) return;
    const { items } = await answer.json();
    this.items = items.map((/** @type {{files: MaterialFile[]}} */ item) => item.files);
    this.changed();
  }

  /** @param {number} item */
  files(item) {
    return this.items[item] || [];
  }

  /** @param {string} key */
  address(key) {
    return `${this.base(this.session)}/${key}`;
  }
}

/**
 * Return the page to be shown: the chair's, unless this venue leafs by itself; null when none can be.
 * @param {MaterialFile[]} files of the present item
 * @param {Shown} shown by the chair
 * @param {Leaf | null} own where this venue has leafed to
 * @returns {Leaf | null}
 */
export function leafOf(files, shown, own) {
  const wanted = own || (shown.item >= 0 ? shown : { file: "", page: 1 });
  const key = wanted.file || files[0]?.key;
  return files.some((file) => file.key === key) ? { file: key, page: wanted.page } : null;
}
