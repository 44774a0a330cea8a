/**
 * A person at the console, who knows it by what it says: names of buttons and links, labels of fields. The same story is
 * played with a pointer and by the keyboard alone, and only what is visible can be used.
 */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { SAMPLE_LINK } from "./console-service.ts";

export type Person = {
  page: Page;
  /** Types an address: only to begin with, or to come to a page that a mail would link to. */
  open(path: string): Promise<void>;
  /** Uses the link or button of this name, in `within` where there are several. */
  press(name: string | RegExp, within?: string | RegExp): Promise<void>;
  fill(label: string | RegExp, text: string): Promise<void>;
  /** Chooses an option of a list, or one of several radio buttons. */
  choose(label: string | RegExp, option: string | RegExp): Promise<void>;
  sees(text: string | RegExp): Promise<void>;
  doesNotSee(text: string | RegExp): Promise<void>;
};

/** How long a page may take on a slow machine. */
const PATIENCE = 20_000;
/** More stops than any page has. */
const STOPS_MAX = 250;

const visible = (locator: Locator) => locator.filter({ visible: true });

/** The part of the page that has this text: a row, a card, a dialog. */
function partOf(page: Page, within: string | RegExp | undefined): Page | Locator {
  if (within === undefined) return page;
  const parts = page
    .locator("dialog[open], tr, li, article, section, [role=group], fieldset")
    .filter({ hasText: within });
  // the innermost is the last in the document's order
  return visible(parts).last();
}

function actionOf(page: Page, name: string | RegExp, within?: string | RegExp): Locator {
  const part = partOf(page, within);
  const exact = typeof name === "string";
  const options = { name, exact };
  const found = part
    .getByRole("button", options)
    .or(part.getByRole("link", options))
    .or(part.getByRole("menuitem", options))
    .or(part.locator("summary").filter({ hasText: name }));
  return visible(found).first();
}

/** Uses a control, and waits for the page that it leads to: all lead to one but those that open something in their own page. */
async function follow(page: Page, control: Locator, use: () => Promise<void>): Promise<void> {
  const isOpener = (element: Control) => element.tagName === "SUMMARY" || element.type === "button";
  if (await control.evaluate(isOpener, undefined, { timeout: PATIENCE })) return use();
  await Promise.all([page.waitForEvent("framenavigated", { timeout: PATIENCE }), use()]);
  await page.waitForLoadState();
}

const fieldOf = (page: Page, label: string | RegExp) => visible(page.getByLabel(label)).first();

/** What is there for both, whatever they act with. */
const looking = (page: Page): Pick<Person, "page" | "open" | "sees" | "doesNotSee"> => ({
  page,
  open: async (path) => {
    await page.goto(path);
  },
  sees: async (text) => {
    await visible(page.getByText(text)).first().waitFor({ timeout: PATIENCE });
  },
  doesNotSee: async (text) => {
    await page.waitForLoadState();
    expect(await visible(page.getByText(text)).count(), `${text} on ${page.url()}`).toBe(0);
  },
});

/** Signs in by the list of the sample people, with the button of this name. */
export async function signIn(page: Page, name: string | RegExp): Promise<void> {
  await page.goto(SAMPLE_LINK);
  await page.getByRole("button", { name }).click();
  await page.waitForLoadState();
}

/** Somebody who clicks. */
export function byPointer(page: Page): Person {
  return {
    ...looking(page),
    press: async (name, within) => {
      const action = actionOf(page, name, within);
      await follow(page, action, () => action.click({ timeout: PATIENCE }));
    },
    fill: async (label, text) => fieldOf(page, label).fill(text, { timeout: PATIENCE }),
    choose: async (label, option) => {
      if (await isGroup(page, label)) return radioOf(page, label, option).check();
      const field = listOf(page, label);
      await field.selectOption(await optionOf(field, option));
    },
  };
}

/** Somebody who has no pointer: every control is reached by Tab, or by arrows where the platform does so, and seen to be reached. */
export function byKeyboard(page: Page): Person {
  return {
    ...looking(page),
    press: async (name, within) => {
      const action = actionOf(page, name, within);
      await reach(page, action);
      await follow(page, action, () => page.keyboard.press("Enter"));
    },
    fill: async (label, text) => {
      const field = fieldOf(page, label);
      await reach(page, field);
      const type = await field.getAttribute("type");
      // what a date field takes is its parts, in the order of the browser's language
      if (type === "date" || type === "datetime-local") await typeDate(page, text);
      else {
        await page.keyboard.press("ControlOrMeta+a");
        await page.keyboard.type(text);
      }
      expect(await field.inputValue()).toBe(text);
    },
    choose: async (label, option) => {
      if (await isGroup(page, label)) return reach(page, radioOf(page, label, option), true);
      const field = listOf(page, label);
      await reach(page, field);
      const wanted = await optionOf(field, option);
      await page.keyboard.press("Home");
      for (let stop = 0; (await field.inputValue()) !== wanted; stop += 1) {
        expect(stop, `${option} of ${label}`).toBeLessThan(STOPS_MAX);
        await page.keyboard.press("ArrowDown");
      }
    },
  };
}

/** In English dates begin with the month; behind the year, which may be longer, Tab leads to the hour. */
async function typeDate(page: Page, text: string): Promise<void> {
  const [, year = "", month = "", day = "", time, hour = "", minute = ""] =
    /^(\d{4})-(\d\d)-(\d\d)(T(\d\d):(\d\d))?$/.exec(text) ?? [];
  await page.keyboard.type(`${month}${day}${year}`);
  if (time === undefined) return;
  await page.keyboard.press("Tab");
  const ofTwelve = String(Number(hour) % 12 || 12).padStart(2, "0");
  await page.keyboard.type(`${ofTwelve}${minute}${Number(hour) < 12 ? "A" : "P"}`);
}

const groupOf = (page: Page, name: string | RegExp) => visible(page.getByRole("group", { name })).first();
const listOf = (page: Page, label: string | RegExp) =>
  visible(page.getByLabel(label).and(page.locator("select"))).first();

/** Whether a choice is made by radio buttons, once it is there. */
async function isGroup(page: Page, label: string | RegExp): Promise<boolean> {
  const group = groupOf(page, label);
  await group.or(listOf(page, label)).first().waitFor({ timeout: PATIENCE });
  return (await group.count()) > 0;
}

/** The value of the option with this text. */
async function optionOf(field: Locator, option: string | RegExp): Promise<string> {
  const found = field.locator("option").filter({ hasText: option }).first();
  return (await found.getAttribute("value")) ?? (await found.textContent()) ?? "";
}

const radioOf = (page: Page, label: string | RegExp, option: string | RegExp) =>
  groupOf(page, label).getByLabel(option).first();

/** As much of a browser's own objects as the function below uses, which runs in the page. */
type Control = { tagName: string; type?: string; name?: string };
type Window = {
  document: { activeElement: (Control & { outerHTML: string }) | null; body: Control };
  getComputedStyle: (of: Control) => { outlineStyle: string; outlineWidth: string; boxShadow: string };
};

/** Where the focus is, seen from a control: on it, on another radio button of its group, or elsewhere; and whether that can be seen. */
function focusSeenFrom(wanted: Control) {
  const { document, getComputedStyle } = globalThis as unknown as Window;
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return { place: "elsewhere", seen: true, at: "" };
  const { outlineStyle, boxShadow, outlineWidth } = getComputedStyle(focused);
  const seen = (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
  const sameGroup = focused.type === "radio" && wanted.type === "radio" && focused.name === wanted.name;
  const at = focused.outerHTML.slice(0, 200);
  return { place: focused === wanted ? "on it" : sameGroup ? "in its group" : "elsewhere", seen, at };
}

/** Moves the focus to a control by the keyboard. */
async function reach(page: Page, control: Locator, isRadio = false): Promise<void> {
  await control.waitFor({ timeout: PATIENCE });
  const name = String(control);
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    const { place, seen, at } = await control.evaluate(focusSeenFrom);
    expect(seen, `the focus on ${at} is visible`).toBe(true);
    if (place === "on it") {
      // the first of a group that has none checked is focused before it is checked
      if (isRadio && !(await control.isChecked())) await page.keyboard.press("Space");
      return;
    }
    await page.keyboard.press(place === "in its group" ? "ArrowDown" : "Tab");
  }
  throw new Error(`no Tab leads to ${name} on ${page.url()}`);
}
