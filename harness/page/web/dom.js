// Elements made of text. Nothing here takes HTML: whatever a run brings is text and stays text.

// What cannot be seen, or turns the direction of writing, would make a name read as another one.
// The same as report/readable.cc: names are compared with those that the program wrote.
const kUnseen = new RegExp("[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u200b-\\u200f\\u2028-" +
  "\\u202e\\u2060-\\u206f\\ufeff]", "g");
const kShort = {"\n": "\\n", "\r": "\\r", "\t": "\\t"};

export function readable(text) {
  return String(text).replace(kUnseen, (c) => {
    const code = c.codePointAt(0), digits = code.toString(16);
    return kShort[c] ?? (code < 0x80 ? `\\x${digits.padStart(2, "0")}` : `\\u{${digits}}`);
  });
}

// el("td", {class: "number"}, "12"): strings and numbers become text, null and false are left out.
export function el(tag, attributes, ...children) {
  const element = tag.startsWith("svg:")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : readable(value));
  }
  for (const child of children.flat(2)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : readable(child));
  }
  return element;
}

export function section(id, title, ...children) {
  return el("section", {id, "aria-labelledby": `${id}-title`},
    el("h2", {id: `${id}-title`}, title), ...children);
}

// A column is [title] or [title, "number"]; rows are lists of text, numbers or elements. Of a long
// table the first rows are shown, the rest when it is asked for.
export function table(caption, columns, rows, most = 200) {
  const body = el("tbody", null);
  const fill = (from, to) => {
    for (const row of rows.slice(from, to)) {
      body.append(el("tr", null, row.map((cell, i) =>
        el(i === 0 ? "th" : "td", {class: columns[i][1], scope: i === 0 ? "row" : null}, cell))));
    }
  };
  fill(0, most);
  const made = el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", null, el("caption", null, caption),
      el("thead", null, el("tr", null, columns.map(([title, kind]) =>
        el("th", {scope: "col", class: kind}, title)))), body));
  if (rows.length <= most) return made;
  const more = el("button", {type: "button", onclick: () => {
    fill(most, rows.length);
    more.remove();
  }}, `all ${rows.length} rows`);
  return el("div", null, made, more);
}

// Text of several lines, each of them readable.
export function preformatted(text) {
  return el("pre", null, text.split("\n").map((line, i) =>
    [i === 0 ? null : document.createTextNode("\n"), line]));
}

// Names and what they stand for; what is not known is left out.
export function facts(pairs) {
  return el("dl", null, pairs.filter(([, value]) =>
    value !== null && value !== undefined && value !== "" && value !== false &&
    value.length !== 0)
    .map(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

export function details(summary, ...children) {
  return el("details", null, el("summary", null, summary), ...children);
}

// The same, made when it is opened.
export function lazyDetails(summary, make) {
  const made = details(summary);
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(make());
  });
  return made;
}

export function link(hash, ...children) {
  return el("a", {href: `#${hash}`}, ...children);
}

// The data that stand in the page.
export function data(id) {
  return JSON.parse(document.getElementById(`data-${id}`).textContent);
}
