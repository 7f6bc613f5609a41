// Small helpers to build elements. Text is always set as text, never as markup: names come from files.

/**
 * @param {string} tag
 * @param {Record<string, string> | null} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = null, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element #${id}`);
  return element;
}

/**
 * Replaces what a section shows.
 * @param {string} id
 * @param {...(Node | string)} children
 */
export function show(id, ...children) {
  const element = byId(id);
  element.className = '';
  element.replaceChildren(...children);
}

/** @param {string} id @param {string} text @param {'message' | 'error'} [kind] */
export function showMessage(id, text, kind = 'message') {
  const element = byId(id);
  element.className = `message ${kind === 'error' ? 'error' : ''}`;
  element.textContent = text;
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly (Node | string)[])[]} rows
 * @param {readonly number[]} numeric columns of numbers
 */
export function tableOf(head, rows, numeric = []) {
  /** @param {string} tag @param {readonly (Node | string)[]} cells */
  const row = (tag, cells) =>
    el('tr', null, ...cells.map((cell, column) => el(tag, numeric.includes(column) ? { class: 'number' } : null, cell)));
  return el('table', null, el('thead', null, row('th', head)), el('tbody', null, ...rows.map((cells) => row('td', cells))));
}

/** @param {string} state */
export function stateMark(state) {
  return el('span', { class: 'state', 'data-state': state }, state);
}

/** @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
