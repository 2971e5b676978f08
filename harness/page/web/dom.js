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

// A column is [title] or [title, "number"]; rows are lists of text, numbers or elements, or
// {length, row(i)}, which makes them when they are seen. Of a long table a page is seen at a time;
// an event "reveal" with a row's number turns to the page that has it.
export function table(caption, columns, rows, most = 200) {
  const {length, row} = Array.isArray(rows) ? {length: rows.length, row: (i) => rows[i]} : rows;
  const body = el("tbody", null);
  const fill = (from) => body.replaceChildren(
    ...Array.from({length: Math.max(0, Math.min(most, length - from))}, (_, i) =>
      el("tr", null, row(from + i).map((cell, column) => el(column === 0 ? "th" : "td",
        {class: columns[column][1], scope: column === 0 ? "row" : null}, cell)))));
  fill(0);
  const made = el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", null, el("caption", null, caption),
      el("thead", null, el("tr", null, columns.map(([title, kind]) =>
        el("th", {scope: "col", class: kind}, title)))), body));
  return length <= most ? made : pages(made, length, most, fill);
}

// The table, and the ways to its other pages.
function pages(made, length, most, fill) {
  const last = Math.floor((length - 1) / most) * most;
  let from = 0;
  const where = el("output", {"aria-live": "polite"});
  const number = el("input", {type: "number", min: "1", max: String(length), step: "1",
    onchange: () => turnTo(Math.floor((Number(number.value) - 1) / most) * most)});
  const press = (words, to) =>
    el("button", {type: "button", onclick: () => turnTo(to())}, words);
  const before = [press("first", () => 0), press(`previous ${most}`, () => from - most)];
  const after = [press(`next ${most}`, () => from + most), press("last", () => last)];
  const turnTo = (to) => {
    from = Math.max(0, Math.min(last, to || 0));
    fill(from);
    where.textContent = `${from + 1} to ${Math.min(length, from + most)} of ${length}`
      .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    // A button that can do nothing keeps the focus: whoever pressed it by a key is not thrown out.
    for (const button of before) button.setAttribute("aria-disabled", from === 0);
    for (const button of after) button.setAttribute("aria-disabled", from === last);
  };
  turnTo(0);
  const whole = el("div", {class: "paged"}, made, el("p", {class: "pager"}, before, where, after,
    el("label", null, "row ", number)));
  whole.addEventListener("reveal", (event) => turnTo(Math.floor(event.detail / most) * most));
  return whole;
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

// The same, made when it is opened, which an event "reveal" does, too.
export function lazyDetails(summary, make) {
  const made = details(summary);
  const fill = () => {
    if (made.children.length === 1) made.append(make());
  };
  made.addEventListener("toggle", () => {
    if (made.open) fill();
  });
  made.addEventListener("reveal", () => {
    made.open = true;
    fill();
  });
  return made;
}

export function link(address, ...children) {
  return el("a", {href: `#${address}`}, ...children);
}

// The data that stand in the page.
export function data(id) {
  return JSON.parse(document.getElementById(`data-${id}`).textContent);
}
