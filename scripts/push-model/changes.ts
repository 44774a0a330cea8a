/** What differs between two models, definition by definition, as the DSL has them. Pure. */
import type { AuthorizationModel } from "@openfga/sdk";
import { transformer } from "@openfga/syntax-transformer";

type Model = Omit<AuthorizationModel, "id">;

/**
 * One line for each type, relation and condition that is added (`+`), removed (`-`) or changed (`~`), in their order.
 * A relation's line has its type restrictions and what it is made of.
 */
export function changesBetween(from: Model, to: Model): string[] {
  const [was, is] = [definitionsOf(from), definitionsOf(to)];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [was.get(name), is.get(name)];
    if (old === now) return [];
    if (old === undefined) return [`+ ${name}${now === "" ? "" : `: ${now}`}`];
    if (now === undefined) return [`- ${name}${old === "" ? "" : `: ${old}`}`];
    return [`~ ${name}: ${old} → ${now}`];
  });
}

/** `type plant`, `plant#can_view` and `condition not_expired`, each with its text. */
function definitionsOf(model: Model): Map<string, string> {
  const definitions = new Map<string, string>();
  let at = "";
  for (const line of transformer.transformJSONToDSL(model).split("\n")) {
    const [, type] = /^type (\S+)/.exec(line) ?? [];
    const [, relation, text = ""] = /^ +define (\S+): (.*)$/.exec(line) ?? [];
    const [, condition, parameters = ""] = /^condition (\w+)(.*)$/.exec(line) ?? [];
    if (type !== undefined) {
      at = type;
      definitions.set(`type ${type}`, "");
    } else if (relation !== undefined) definitions.set(`${at}#${relation}`, text.trim());
    else if (condition !== undefined) {
      at = `condition ${condition}`;
      definitions.set(at, parameters.trim());
    } else if (at.startsWith("condition ") && line.trim() !== "")
      definitions.set(at, `${definitions.get(at)} ${line.trim()}`);
  }
  return definitions;
}
