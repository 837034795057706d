// Draw every figure as bars, of all libraries or of the one that is chosen.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const SHOWN = 40; // bars before "show all"
const REFUSED = "invalid"; // grey in every figure
const GREY = data.palette[7];

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
  const coloured = names.filter((name) => name !== REFUSED);
  const found = new Map(coloured.map((name, n) => [name, data.palette[n % data.palette.length]]));
  return names.includes(REFUSED) ? found.set(REFUSED, GREY) : found;
}

function draw(figure, rows, place, all) {
  const list = bars(figure, rows);
  const colour = colours(figure);
  const longest = Math.max(...list.map((bar) => bar.total), 1);
  place.replaceChildren();
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
