// Sentences in the page's language. Chinese is the source; the page carries the translations.

/** @type {Record<string, string> | null} */
let known = null;

/**
 * Take these translations instead of the page's.
 * @param {Record<string, string>} words from Chinese to the language shown
 */
export function learn(words) {
  known = words;
}

/** @returns {Record<string, string>} */
function load() {
  const place = typeof document === "undefined" ? null : document.getElementById("words");
  return place ? JSON.parse(place.textContent || "{}") : {};
}

/**
 * Return a sentence in the page's language with its placeholders filled.
 *
 * A translation may read "{n} person|{n} people": the first is taken when `n` is 1. A source may end
 * in "#" and a hint, which tells two uses of one sentence apart and is never shown.
 * @param {string} source the Chinese sentence, placeholders as {name}
 * @param {Record<string, string | number>} [values]
 */
export function t(source, values = {}) {
  if (!known) known = load();
  let text = known[source] || source.split("#")[0];
  const forms = text.split("|");
  if (forms.length === 2 && "n" in values) text = values.n === 1 ? forms[0] : forms[1];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
