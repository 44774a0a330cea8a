/** The reader of pages that the console's tests use: it finds forms as a browser sends them, and what is not the page's own. */
import { expect, test } from "vitest";
import { kindOf } from "../support/console-visitor.ts";
import { flawsIn, foreignIn, formsIn, hrefsIn, readHtml } from "../support/html.ts";

const PAGE = `<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1><h2>B</h2>
<a href="/console/x">x</a>
<form method="post" action="/console/y"><input type="hidden" name="etag" value="1"><textarea name="note">n</textarea>
<select name="role"><option value="viewer">V</option><option value="asset" selected>A</option></select>
<input type="radio" name="how" value="one"><input type="radio" name="how" value="two" checked></form>
<form id="f"><input name="q"></form><button form="f" name="go" value="1">Go</button>
</main></body></html>`;

test("forms are found with their fields, those beside the form too, and links", () => {
  const html = readHtml(PAGE);
  expect(formsIn(html, "/console/here")).toEqual([
    {
      method: "post",
      action: "/console/y",
      fields: [
        { name: "etag", type: "hidden", value: "1", options: [] },
        { name: "note", type: "textarea", value: "n", options: [] },
        { name: "role", type: "select", value: "asset", options: ["viewer", "asset"] },
        { name: "how", type: "radio", value: "two", options: ["one", "two"] },
      ],
    },
    {
      method: "get",
      action: "/console/here",
      fields: [
        { name: "q", type: "text", value: "", options: [] },
        { name: "go", type: "button", value: "1", options: ["1"] },
      ],
    },
  ]);
  expect(hrefsIn(html)).toEqual(["/console/x"]);
  expect([...foreignIn(html), ...flawsIn(html)]).toEqual([]);
});

test.for([
  "<planted>",
  "<b planted=1>",
  "<b onclick='x()'>",
  "<b style='color:red'>",
  "<script>x()</script>",
  "<a href='javascript:x()'>a</a>",
  "<a href='//evil.example'>a</a>",
  "<img src='https://evil.example/x' alt=''>",
  "<iframe src='/console'></iframe>",
])("%s is not a page's own", (markup) => {
  expect(foreignIn(readHtml(PAGE.replace("<h2>", `${markup}<h2>`)))).toHaveLength(1);
});

test.for([
  ["<p id=a></p><p id=a></p>", "id a twice"],
  ["<label for=none>a</label>", 'for="none" of nothing'],
  ["<h4>d</h4>", "h4 too deep"],
  ["<p lang=en lang=de></p>", "duplicate-attribute:1"],
  ["<main></main>", "2 main elements"],
])("%s is a flaw of a page", ([markup, flaw]) => {
  expect(flawsIn(readHtml(PAGE.replace("<h1>A</h1>", `<h1>A</h1>${markup}`)))).toContain(flaw);
});

test("two pages of one kind differ in ids and values", () => {
  const kind = kindOf("/console/cooperations/01ABC/pause?organization=sunward");
  expect(kind).toBe(kindOf("/console/cooperations/01DEF/pause?organization=brightfix"));
  expect(kind).not.toBe(kindOf("/console/cooperations/01ABC/resume?organization=sunward"));
});
