// Small hands for the DOM: text goes in as text, icons come from our one sheet.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return a new element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/**
 * Return an icon: `i-…` is drawn in strokes, `st-…` is a state's filled shape.
 * @param {string} name symbol in the sheet that `data-icons` of the page's body names
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  if (name.startsWith("i-")) svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Let an icon show another symbol.
 * @param {Element} place holds the icon
 * @param {string} name
 */
export function setIcon(place, name) {
  const href = `${document.body.dataset.icons}#${name}`;
  const use = place.querySelector("use");
  if (use && use.getAttribute("href") !== href) use.setAttribute("href", href);
}

/**
 * Set text only when it differs, so that screen readers hear changes and nothing else.
 * @param {Element} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Return the element of a type that a selector finds.
 * @template {Element} Kind
 * @param {ParentNode} place
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 * @throws {Error} when the page has none: the template and the script disagree
 */
export function need(place, selector, kind) {
  const found = place.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`no ${selector} on this page`);
  return found;
}

/**
 * Show a stream in a video or audio element, once.
 * @param {HTMLMediaElement} media
 * @param {MediaStream | null} stream
 */
export function watch(media, stream) {
  if (media.srcObject !== stream) media.srcObject = stream;
}

/**
 * Drop children from the end, sparing those that must stay, until the box holds the rest.
 * @param {HTMLElement} box that hides what does not fit
 * @param {() => Element | null} next the child to give way next; null when none is left
 */
export function fit(box, next) {
  for (let child = next(); box.scrollHeight > box.clientHeight && child; child = next()) child.remove();
}
