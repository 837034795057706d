// Draw every figure as bars, of all libraries or of the one that is chosen.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SHOWN = 40; // bars before "show all"
const REFUSED = "invalid"; // grey in every figure
const GREY = data.palette[7];
const SHORT = 14; // letters of a label that stands beside its bar on a phone, too
const known = new Map(); // a name has one colour on the whole page, as far as the colours reach

function element(name, classes, text) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
}

// One bar for each label, with its parts in the order of the colours.
function bars(figure, rows) {
  const found = new Map();
  for (const row of rows) {
    const label = String(row[figure.label]);
    const meaning = row.meaning ?? "";
    if (!found.has(label)) found.set(label, { label, meaning, total: 0, parts: [] });
    const bar = found.get(label);
    bar.total += row[figure.value];
    bar.parts.push([figure.colour ? String(row[figure.colour]) : "", row[figure.value]]);
  }
  const list = [...found.values()];
  return figure.byValue ? list.sort((a, b) => b.total - a.total) : list;
}

function colours(figure) {
  if (!figure.colour) return new Map([["", data.palette[0]]]);
  const names = [...new Set(figure.rows.map((row) => String(row[figure.colour])))].sort();
  const order = [...names.filter((one) => one !== REFUSED), ...names.filter((one) => one === REFUSED)];
  const found = new Map(order.map((name) => [name, name === REFUSED ? GREY : ""]));
  const free = () => data.palette.find((one) => ![...found.values()].includes(one)) ?? GREY;
  for (const name of names.filter((one) => known.has(one))) {
    const kept = known.get(name);
    if (![...found.values()].includes(kept)) found.set(name, kept);
  }
  for (const name of names.filter((one) => !found.get(one))) {
    found.set(name, free());
    if (!known.has(name)) known.set(name, found.get(name));
  }
  return found;
}

function draw(figure, rows, place, all) {
  const list = bars(figure, rows);
  const colour = colours(figure);
  const longest = Math.max(...list.map((bar) => bar.total), 1);
  place.replaceChildren();
  place.classList.toggle("short", list.every((bar) => bar.label.length <= SHORT));
  if (!list.length) place.append(element("p", "", "Nothing of this library."));
  for (const bar of all ? list : list.slice(0, SHOWN)) {
    const line = element("div", "line");
    const track = element("div", "track");
    for (const [name, value] of bar.parts) {
      const part = element("span", "part");
      part.style.width = `${(100 * value) / longest}%`;
      part.style.background = colour.get(name) ?? GREY;
      part.title = `${bar.label}${name ? ` · ${name}` : ""}: ${value.toLocaleString("en")}`;
      track.append(part);
    }
    const number = element("span", "number", bar.total.toLocaleString("en"));
    track.append(number);
    if (bar.meaning) line.title = `${bar.label}: ${bar.meaning}`;
    line.append(element("span", "label", bar.label), track);
    place.append(line);
  }
  if (!all && list.length > SHOWN) {
    const more = element("button", "more", `Show all ${list.length}`);
    more.addEventListener("click", () => draw(figure, rows, place, true));
    place.append(more);
  }
  if (figure.colour) {
    const used = new Set(rows.map((row) => String(row[figure.colour])));
    const legend = element("p", "legend");
    for (const [name, value] of colour) {
      if (!used.has(name)) continue;
      const swatch = element("span", "swatch");
      swatch.style.background = value;
      const entry = element("span", "key");
      entry.append(swatch, name || "none");
      legend.append(entry);
    }
    place.prepend(legend);
  }
}

function show(library) {
  const places = [...document.querySelectorAll(".bars")];
  data.figures.forEach((figure, n) => {
    const own = library ? data.libraries[library][figure.title] : figure.rows;
    // The funnel and the spend are of the whole workspace.
    const whole = library && own === undefined && figure.title === data.figures[0].title;
    places[n].closest("section").hidden = Boolean(whole);
    if (!whole) draw(figure, own ?? [], places[n], false);
  });
}

const chooser = document.getElementById("library");
chooser?.addEventListener("change", () => show(chooser.value));
show("");
