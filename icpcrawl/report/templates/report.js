"use strict";
// Everything in the data block came from websites and spreadsheets: it becomes text nodes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { strings, columns, rules, labels } = data;
  const STEP = 100, PRINTED = 2000, TASKS = 5;
  const VERDICTS = ["non-compliant", "inconclusive", "not-assessed", "compliant", "not-required", "rejected"];
  const SEVERITIES = ["error", "warning", "notice", ""];
  const HEADS = ["verdict", "site_id", "rules", "icp_number", "hosting", "owner", "due"];

  // What the officer may add; what stands in these columns is shown as it is.
  const MORE_HEADS = ["entity", "group", "tags", "url", "change", "days_open", "first_seen", "assessed_at", "outcome", "http_status",
    "final_url", "tls", "encoding", "addresses", "countries", "cdn", "filing_required", "icp_raw", "icp_link_target",
    "icp_expected", "icp_match", "psb_number", "psb_link_target", "psb_due", "licence_number", "register_number", "register_entity"];
  let heads = [...HEADS];

  const OWN_HEADS = { site_id: "html.site", rules: "html.found" };

  let language = 0; // 0 = Chinese, 1 = English: the place of a text in every pair
  const say = (key, said = {}) => {
    const text = (labels[key] || [key.split(".").pop(), key.split(".").pop()])[language];
    return text.replace(/\{(\w+)\}/g, (_, name) => said[name] ?? "…");
  };
  const title = (rule) => (rules[rule] ? rules[rule][language] : rule);

  const rows = data.rows.map((row, place) => {
    const [cells, reasonZh, reasonEn, whyZh, whyEn, requiredZh, requiredEn, found, unlisted, refused, problem, icp, psb, licence] = row;
    const site = { place, unlisted, problem: strings[problem], found: found.map(finding), open: false };
    columns.forEach((column, at) => { site[column] = strings[cells[at]]; });
    site.around = { psb: strings[psb], licence: strings[licence], filing: strings[icp], link: strings[icp] };
    site.reason = [strings[reasonZh], strings[reasonEn]];
    site.why = [strings[whyZh], strings[whyEn]];
    site.required = [strings[requiredZh], strings[requiredEn]];
    site.refused = refused && { row: refused[0], line: refused[1], column: strings[refused[2]], value: strings[refused[3]] };
    site.standing = site.found.filter((each) => !each.waiver);
    site.loud = site.standing.filter((each) => each.severity !== "notice");
    site.due = site.loud.map((each) => each.due).filter(Boolean).sort()[0] || "";
    site.when = when(site.due);
    site.holder = site.entity || site.register_entity;
    site.rank = VERDICTS.indexOf(site.verdict) * 10 + SEVERITIES.indexOf(site.severity);
    site.age = site.days_open === "" ? -1 : Number(site.days_open);
    return site;
  });

  function when(day) {
    if (!day) return "";
    return day < data.today ? "overdue" : day <= data.soon ? "soon" : "later";
  }

  function finding(parts) {
    const [rule, severity, confidence, observed, expected, where, fixZh, fixEn, snippet, change, since, days, waiver, due] = parts;
    return {
      rule: strings[rule], severity: strings[severity], confidence: strings[confidence], observed: strings[observed],
      expected: strings[expected], where: strings[where], fix: [strings[fixZh], strings[fixEn]],
      snippet: strings[snippet], change: strings[change], since: strings[since], days, waiver: strings[waiver], due: strings[due],
    };
  }

  // What is searched, made on the first search.
  const haystack = (site) => site.haystack ??= [
    site.site_id, site.name, site.entity, site.owner, site.group, site.tags, site.domain, site.url, site.final_url,
    site.icp_number, site.icp_expected, site.psb_number, site.licence_number, site.provider, site.cdn, site.addresses,
    ...site.reason, ...site.found.flatMap((each) => [each.rule, ...(rules[each.rule] || []).slice(0, 2)]),
  ].join("\n").toLowerCase();

  // So that the first search need not wait for 20,000 of them.
  let warmed = 0;
  function warm(idle) {
    while (warmed < rows.length && idle.timeRemaining() > 2) haystack(rows[warmed++]);
    if (warmed < rows.length) requestIdleCallback(warm);
  }

  // ---- what is shown

  const atRisk = new Map(Object.entries(data.risks).map(([entity, sites]) => [entity, new Set(sites)]));
  const nothing = () => ({ verdict: "", rule: "", owner: null, due: "", change: "", outcome: "", entity: "", hosting: "" });
  let wanted = nothing(), query = "", shown = STEP, chosen = rows;
  let order = { by: "worst", down: false };

  const { compare } = new Intl.Collator("zh-CN");
  // Empty cells last. Each text is put into its place once: comparing Chinese 300,000 times takes too long.
  function plain(text) {
    let places = null;
    return (a, b) => {
      places ??= new Map([...new Set(rows.map(text))].sort((one, other) => (one === "") - (other === "") || compare(one, other)).map((each, at) => [each, at]));
      return places.get(text(a)) - places.get(text(b));
    };
  }
  const orders = {
    worst: (a, b) => a.rank - b.rank || b.age - a.age,
    verdict: (a, b) => a.rank - b.rank,
    site_id: plain((site) => site.name || site.site_id),
    rules: (a, b) => b.standing.length - a.standing.length,
    days_open: (a, b) => b.age - a.age,
  };

  function choose() {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    chosen = rows.filter((site) =>
      (!wanted.verdict || site.verdict === wanted.verdict) &&
      (!wanted.rule || site.standing.some((each) => each.rule === wanted.rule)) &&
      (wanted.owner === null || site.owner === wanted.owner) &&
      (!wanted.due || site.when === wanted.due) &&
      (!wanted.change || site.change === wanted.change ||
        (wanted.change === "fresh" && (site.change === "new" || site.change === "regressed"))) &&
      (!wanted.entity || (atRisk.get(wanted.entity)?.has(site.site_id) ?? site.holder === wanted.entity)) &&
      (!wanted.hosting || site.hosting === wanted.hosting) &&
      (!wanted.outcome || site.outcome === wanted.outcome) &&
      words.every((word) => haystack(site).includes(word)));
    const sign = order.down ? -1 : 1;
    const column = order.by, by = (orders[column] ??= plain((site) => site[column]));
    chosen.sort((a, b) => sign * by(a, b) || a.place - b.place);
    shown = STEP;
    draw();
  }

  // ---- drawing

  function el(name, given, ...inside) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(given || {})) {
      if (key === "click") made.addEventListener("click", value);
      else made.setAttribute(key, value);
    }
    made.append(...inside.filter((each) => each !== null && each !== ""));
    return made;
  }
  const mark = (group, value) => el("span", { class: `mark ${value}` }, say(`${group}.${value}`));
  const address = (url) =>
    /^https?:\/\//i.test(url) ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, url) : url;
  const pair = (key, ...inside) =>
    inside.some((each) => each) ? [el("dt", null, say(key)), el("dd", null, ...inside)] : [];
  const fact = (key, ...inside) => (inside.some((each) => each) ? [el("div", null, ...pair(key, ...inside))] : []);

  function summary(site) {
    if (!site.standing.length || site.verdict === "not-assessed") return [site.reason[language]];
    // A notice beside an error is noise here; the details list it.
    const told = (site.loud.length ? site.loud : site.standing).slice(0, 2);
    const more = site.standing.length - told.length;
    return [
      ...told.map((each) => el("div", null, mark("severity", each.severity), " ", title(each.rule))),
      more ? el("small", null, say("html.more", { count: more + site.unlisted })) : "",
    ];
  }

  const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400000);
  const dueText = (day) => (when(day) === "overdue" ? say("html.overdue", { days: daysBetween(day, data.today) }) : say("html.due_on", { day }));
  function dueMark(day, told) {
    if (!day) return "";
    return when(day) === "overdue" ? el("span", { class: "mark error", title: day }, dueText(day)) : el("span", { class: told ? "day told" : "day", "data-due": say("html.due_on", { day: "" }) }, day);
  }

  function line(site) {
    const toggle = el("button", { type: "button", class: "toggle", "aria-expanded": String(site.open) }, site.name || site.site_id);
    const inside = {
      verdict: () => [mark("verdict", site.verdict)],
      site_id: () => [toggle, site.domain && site.domain !== site.name ? el("small", null, site.domain) : ""],
      rules: () => summary(site),
      icp_number: () => [site.icp_number || site.licence_number],
      hosting: () => [site.hosting ? say(`hosting.${site.hosting}`) : "", site.provider ? el("small", null, site.provider) : ""],
      due: () => [dueMark(site.due),
        site.change && site.change !== "first-run" && site.change !== "unchanged" ? el("small", null, say(`change.${site.change}`)) : ""],
      days_open: () => [site.days_open ? say(site.days_open === "0" ? "html.today" : "html.days", { days: site.days_open }) : ""],
      change: () => [site.change ? say(`change.${site.change}`) : ""],
      outcome: () => [site.outcome ? say(`outcome.${site.outcome}`) : ""],
      filing_required: () => [site.filing_required ? say(`html.required_${site.filing_required}`) : ""],
    };
    const made = el("tr", { class: `row ${site.verdict}` },
      ...heads.map((column) => el("td", null, ...(inside[column] ? inside[column]() : [site[column].replaceAll("|", ", ")]))));
    made.addEventListener("click", (event) => {
      if (event.target.closest("a") || String(getSelection())) return;
      site.open = !site.open;
      toggle.setAttribute("aria-expanded", String(site.open));
      if (site.open) made.after(detail(site));
      else made.nextSibling.remove();
    });
    return made;
  }

  function detail(site) {
    const numberLink = site.icp_link ? [" → ", address(site.icp_link), ` (${site.icp_link_target})`] : [];
    const psbLink = site.psb_link ? [" → ", address(site.psb_link), ` (${site.psb_link_target})`] : [];
    const why = (texts) => (texts[language] ? el("small", null, texts[language]) : "");
    const body = el("td", { colspan: heads.length },
      el("p", null, el("strong", null, site.reason[language])),
      site.problem ? el("p", { class: "banner" }, site.problem) : "",
      ...site.found.map((each) => told(each, site)),
      site.unlisted ? el("p", null, say("html.more", { count: site.unlisted })) : "",
      el("div", { class: "facts" },
        ...(site.refused ? fact("column.line", `${site.refused.line}`) : []),
        ...(site.refused ? fact("column.column", site.refused.column) : []),
        ...(site.refused ? fact("column.value", site.refused.value) : []),
        ...fact("column.site_id", site.site_id),
        ...fact("column.entity", site.entity),
        ...fact("column.final_url", address(site.final_url || site.url)),
        ...fact("column.assessed_at", site.assessed_at),
        ...fact("column.outcome", site.outcome ? say(`outcome.${site.outcome}`) : "", site.http_status ? ` (HTTP ${site.http_status})` : ""),
        ...fact("column.encoding", site.encoding),
        ...fact("column.tls", site.tls),
        ...fact("column.icp_number", site.icp_number, ...(site.icp_number ? numberLink : [])),
        ...fact("column.icp_expected", site.icp_expected, site.icp_expected ? ` (${site.icp_match})` : ""),
        ...fact("column.psb_number", site.psb_number, ...(site.psb_number ? psbLink : [])),
        ...fact("column.psb_due", site.psb_due),
        ...fact("column.licence_number", site.licence_number),
        ...fact("column.register_number", site.register_number, site.register_entity ? ` ${site.register_entity}` : ""),
        ...fact("column.hosting", site.hosting ? say(`hosting.${site.hosting}`) : "",
          site.hosting_confidence ? ` (${say("column.confidence")}: ${say(`confidence.${site.hosting_confidence}`)})` : "", why(site.why)),
        ...fact("column.filing_required", site.filing_required ? say(`html.required_${site.filing_required}`) : "", why(site.required)),
        ...fact("column.addresses", site.addresses.replaceAll("|", ", "), site.countries ? ` (${site.countries.replaceAll("|", ", ")})` : ""),
        ...fact("column.cdn", site.cdn),
        ...fact("column.tags", site.tags.replaceAll("|", ", ")),
        ...fact("column.first_seen", site.first_seen),
        ...fact("column.evidence", site.evidence ? el("code", null, site.evidence.slice(0, 16) + "…") : "")));
    return el("tr", { class: "detail" }, body);
  }

  // The number itself stands out of what surrounds it on the page.
  function highlighted(text, site) {
    const numbers = [site.icp_raw, site.icp_number, site.psb_number, ...site.licence_number.split("|")];
    const found = numbers.filter((number) => number && number !== text && text.includes(number)).sort((a, b) => b.length - a.length)[0];
    if (!found) return [text];
    const parts = text.split(found);
    return parts.flatMap((part, at) => (at ? [el("mark", null, found), part] : [part])).filter((part) => part !== "");
  }

  function told(each, site) {
    const around = site.around[each.rule.split("-")[0]];
    const law = (rules[each.rule] || [])[2 + language];
    const age = each.since ? ` · ${say("column.first_seen")} ${each.since} · ${say(`change.${each.change}`)}` : "";
    return el("div", { class: `finding ${each.severity}${each.waiver ? " waived" : ""}` },
      el("h4", null, mark("severity", each.severity), " ", title(each.rule)),
      el("dl", null,
        ...pair("column.rule", el("code", null, each.rule), ` · ${say("column.confidence")}: ${say(`confidence.${each.confidence}`)}${age}`),
        ...pair("column.observed", ...highlighted(each.observed, site)),
        ...(around && around !== each.observed ? pair("html.on_page", ...highlighted(around, site)) : []),
        ...pair("column.expected", each.expected),
        ...pair("column.due", each.waiver || !each.due ? "" : each.severity === "notice" ? each.due : dueMark(each.due)),
        ...pair("column.where", each.where),
        ...pair("html.remedy", each.fix[language]),
        ...(each.snippet ? pair("column.snippet", snippet(each.snippet)) : []),
        ...pair("column.law", law),
        ...pair("column.waiver", each.waiver.replaceAll("|", " · "))));
  }

  function snippet(text) {
    const shown = el("pre", null, text);
    return el("div", { class: "snippet" }, shown, copier("html.copy", () => text));
  }

  // A file opened from a disk may lack the clipboard: then what is selected in a field is copied.
  function copier(label, text) {
    const made = el("button", { type: "button", click: async () => {
      try { await navigator.clipboard.writeText(text()); } catch {
        const field = el("textarea", null, text());
        made.after(field);
        field.select();
        document.execCommand("copy");
        field.remove();
      }
      made.textContent = say("html.copied");
      setTimeout(() => { made.textContent = say(label); }, 1500);
    } }, say(label));
    return made;
  }

  // ---- what one owner has to put right, the longest overdue first

  const naming = (site) => (site.name && site.name !== site.domain ? `${site.name} (${site.domain || site.site_id})` : site.domain || site.site_id);

  function tasksOf(owner) {
    const own = rows.filter((site) => site.owner === owner && site.loud.length);
    const late = (each) => (each.due && each.due < data.today ? each.due : "9999");
    return own.flatMap((site) => site.loud.map((each) => ({ site, each }))).sort((a, b) =>
      late(a.each).localeCompare(late(b.each)) || SEVERITIES.indexOf(a.each.severity) - SEVERITIES.indexOf(b.each.severity) ||
      (a.each.due || "9999").localeCompare(b.each.due || "9999") || a.site.place - b.site.place);
  }

  function task({ site, each }) {
    return el("div", { class: `finding ${each.severity}` },
      el("h4", null, mark("severity", each.severity), ` ${naming(site)}: ${title(each.rule)} `, dueMark(each.due, true)),
      el("p", null, ...(each.observed ? [say("column.observed"), ": ", ...highlighted(each.observed, site), each.expected ? ` → ${each.expected}` : "", el("br")] : []),
        each.fix[language]),
      each.snippet ? snippet(each.snippet) : "");
  }

  // Plain text, to be forwarded in a message or a ticket.
  const listed = (tasks) => tasks.map(({ site, each }) => [
    `[${say(`severity.${each.severity}`)}] ${naming(site)}: ${title(each.rule)}${each.due ? ` (${dueText(each.due)})` : ""}`,
    each.observed ? `  ${say("column.observed")}: ${each.observed}${each.expected ? ` → ${each.expected}` : ""}` : "",
    `  ${each.fix[language]}`, each.snippet ? `  ${each.snippet}` : ""].filter((text) => text.trim()).join("\n")).join("\n\n");

  function drawTasks(folded, limit) {
    const owner = folded.dataset.work, tasks = tasksOf(owner), left = tasks.length - limit;
    const heading = () => `${document.title.split(" · ")[language]} ${data.today} · ${owner || say("html.no_owner")}`;
    folded.querySelector(".tasks").replaceChildren(
      el("p", { class: "acts" }, copier("html.copy_list", () => `${heading()}\n\n${listed(tasks)}\n`), " ",
        el("button", { type: "button", click: () => show({ owner }) }, say("html.in_table"))),
      ...tasks.slice(0, limit).map(task),
      left > 0 ? el("p", null, el("button", { type: "button", click: () => drawTasks(folded, limit + STEP) }, say("html.show_more", { count: Math.min(left, STEP) }))) : "");
  }

  const table = document.getElementById("table"), more = document.getElementById("more");

  function drawRows(limit) {
    const body = document.createDocumentFragment();
    for (const site of chosen.slice(0, limit)) {
      body.append(line(site));
      if (site.open) body.append(detail(site));
    }
    table.tBodies[0].replaceChildren(body);
  }

  function draw() {
    drawRows(shown);
    document.getElementById("count").textContent =
      say("html.count", { shown: Math.min(shown, chosen.length), chosen: chosen.length, all: rows.length });
    more.hidden = chosen.length <= shown;
    more.textContent = say("html.show_more", { count: Math.min(STEP, chosen.length - shown) });
    for (const head of table.tHead.rows[0].cells) {
      const active = head.dataset.by === order.by;
      if (active) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    for (const tile of document.querySelectorAll("[data-verdict]")) {
      tile.setAttribute("aria-pressed", String(tile.dataset.verdict === wanted.verdict));
    }
  }

  function drawHeads() {
    table.tHead.replaceChildren(el("tr", null, ...heads.map((column) => el("th", { scope: "col", "data-by": column },
      el("button", { type: "button", click: () => {
        order = { by: column, down: order.by === column && !order.down };
        choose();
      } }, say(OWN_HEADS[column] || `column.${column}`))))));
  }

  // Value → rows that have it, the most frequent first; counted once, asked for at every reset.
  const counts = {};
  function counted(name, values) {
    if (!counts[name]) {
      const found = new Map();
      for (const site of rows) for (const value of values(site)) found.set(value, (found.get(value) || 0) + 1);
      counts[name] = [...found].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 1000);
    }
    return counts[name];
  }
  const some = (value) => (value ? [value] : []);

  function selector(name, values, text) {
    const options = counted(name, values);
    if (!options.length) return "";
    const made = el("select", { "aria-label": say(`html.any_${name}`) }, el("option", { value: "*" }, say(`html.any_${name}`)),
      ...options.map(([value, count]) => el("option", { value: `=${value}` }, `${text(value)} (${count})`)));
    const now = wanted[name];
    if (now === "fresh") made.append(el("option", { value: "=fresh" }, text(now)));
    made.value = now === null || (now === "" && name !== "owner") ? "*" : `=${now}`;
    made.addEventListener("change", () => {
      wanted[name] = made.value === "*" ? nothing()[name] : made.value.slice(1);
      choose();
    });
    return made;
  }

  function controls() {
    const search = el("input", { type: "search", placeholder: say("html.search"), "aria-label": say("html.search") });
    search.value = query;
    let waiting = 0;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { query = search.value; choose(); }, 120);
    });
    const box = document.getElementById("controls");
    box.replaceChildren(...[
      search,
      selector("verdict", (site) => [site.verdict], (value) => say(`verdict.${value}`)),
      selector("rule", (site) => new Set(site.standing.map((each) => each.rule)), title),
      selector("owner", (site) => [site.owner], (value) => value || say("html.no_owner")),
      selector("due", (site) => some(site.when), (value) => say(`due.${value}`)),
      selector("change", (site) => some(site.change), (value) => say(`change.${value}`)),
      wanted.entity && selector("entity", (site) => some(site.holder), (value) => value),
      wanted.hosting && selector("hosting", (site) => some(site.hosting), (value) => say(`hosting.${value}`)),
      selector("outcome", (site) => some(site.outcome), (value) => say(`outcome.${value}`)),
      el("button", { type: "button", click: () => filter({}) }, say("html.reset")),
      columnChoice(box.querySelector("details")?.open),
    ].filter(Boolean));
  }

  function columnChoice(open) {
    const made = el("details", { class: "choice" }, el("summary", null, say("html.columns")));
    made.open = Boolean(open);
    // Without the site's name no line could be opened.
    for (const column of [...HEADS, ...MORE_HEADS].filter((each) => each !== "site_id")) {
      const box = el("input", { type: "checkbox", value: column });
      box.checked = heads.includes(column);
      box.addEventListener("change", () => {
        heads = [...HEADS, ...MORE_HEADS].filter((each) => (each === column ? box.checked : heads.includes(each)));
        drawHeads();
        draw();
      });
      made.append(el("label", null, box, ` ${say(OWN_HEADS[column] || `column.${column}`)}`));
    }
    return made;
  }

  function filter(asked) {
    wanted = { ...nothing(), ...asked };
    query = "";
    order = { by: "worst", down: false };
    controls();
    choose();
  }

  function show(asked) {
    filter(asked);
    document.getElementById("sites").scrollIntoView();
  }

  // ---- wiring

  function speak(chosenLanguage) {
    language = chosenLanguage === "en" ? 1 : 0;
    document.documentElement.lang = language ? "en" : "zh-CN";
    for (const button of document.querySelectorAll("[data-lang]")) {
      button.setAttribute("aria-pressed", String((button.dataset.lang === "en") === Boolean(language)));
    }
    drawHeads();
    controls();
    draw();
    for (const folded of owners) if (folded.open) drawTasks(folded, TASKS);
  }

  const owners = [...document.querySelectorAll("[data-work]")];
  for (const folded of owners) {
    folded.addEventListener("toggle", () => {
      if (folded.open && !folded.querySelector(".finding")) drawTasks(folded, TASKS);
    });
  }
  if (owners.length) owners[0].open = true;

  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", () => {
      const folded = document.getElementById(link.hash.slice(1)).closest("details");
      if (folded) folded.open = true;
    });
  }

  for (const button of document.querySelectorAll("[data-lang]")) {
    button.addEventListener("click", () => speak(button.dataset.lang));
  }
  for (const name of ["verdict", "rule", "due", "change", "outcome", "entity", "hosting"]) {
    for (const button of document.querySelectorAll(`[data-${name}]`)) {
      button.addEventListener("click", () => {
        const value = button.dataset[name];
        if (name === "verdict" && wanted.verdict === value) filter({});
        else if (name === "verdict") filter({ verdict: value });
        else show({ [name]: value });
      });
    }
  }
  more.addEventListener("click", () => { shown += STEP; draw(); });

  // Paper cannot be clicked: it gets all that must be fixed and every chosen row, with the details somebody opened.
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (const folded of owners) drawTasks(folded, PRINTED / owners.length);
    drawRows(PRINTED);
    document.getElementById("count").textContent =
      say("html.count", { shown: Math.min(PRINTED, chosen.length), chosen: chosen.length, all: rows.length });
  });
  addEventListener("afterprint", () => speak(language ? "en" : "zh-CN"));

  for (const id of ["controls", "table"]) document.getElementById(id).hidden = false;
  document.querySelector(".language").hidden = false;
  const asked = ["#en", "#zh", "#zh-CN"].includes(location.hash) ? location.hash.slice(1) : navigator.language;
  chosen = [...rows];
  speak(asked.startsWith("zh") ? "zh-CN" : "en");
  choose();
  globalThis.requestIdleCallback?.(warm);
})();
