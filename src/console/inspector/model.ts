/** `/console/inspector/model`: the model in force as a graph, as rows and as text. */
import { transformer } from "@openfga/syntax-transformer";
import { html } from "hono/html";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { type Option, select, table } from "../parts.ts";
import type { Layouts } from "./layouts.ts";
import { relationRows, relationsGraph, typesGraph } from "./model-graph.ts";
import { askForm, graphPicture, inspecting, inspectorPage, PAGES, refusedPage } from "./shell.ts";
import { storePath } from "./store-path.ts";

type Model = Parameters<typeof transformer.transformJSONToDSL>[0] & { id: string };
type Models = { authorization_models: Model[] };

export function modelPages(app: ConsoleApp, { engine: { rewrites } }: ConsoleDeps, layouts: Layouts): void {
  app.get("/inspector/model", async (c) => {
    const { api, words } = inspecting(c);
    const store = await storePath(api);
    if (!store.ok) return refusedPage(c, store);
    const models = await api.get<Models>(`${store.value}/authorization-models`);
    if (!models.ok) return refusedPage(c, models);
    const [model] = models.value.authorization_models;
    const wanted = c.req.query("type") ?? "";
    const type = rewrites.has(wanted) ? wanted : undefined;
    const graph = type === undefined ? typesGraph(rewrites) : relationsGraph(rewrites, type);
    const title = type === undefined ? words.model.types : words.model.oneType(type);
    const { columns } = words;
    const rows = relationRows(rewrites, type).map(({ type: of, relation, definition, isPermission }) => [
      html`<code>${of}#${relation}</code>`,
      html`<code>${definition}</code>`,
      isPermission ? words.yes : words.no,
    ]);
    const body = html`<p class="hint">${words.model.id(model?.id ?? "")}</p>${chooseType(c, [...rewrites.keys()], type)}
<h2>${title}</h2><p class="hint">${words.model.note}</p>
${await graphPicture(words, layouts, graph, "model", title)}
${table({ caption: words.model.relations, head: [columns.relation, columns.definition, columns.permission], rows })}
${type === undefined && model !== undefined && html`<h2>${words.model.dsl}</h2><pre tabindex="0" lang="en"><code>${transformer.transformJSONToDSL(model)}</code></pre>`}`;
    return inspectorPage(c, { name: "model", title: words.model.title, body, fga: [["fga", "model", "get"]] });
  });
}

function chooseType(c: ConsoleContext, types: readonly string[], type: string | undefined) {
  const { words } = inspecting(c);
  const options: Option[] = [{ value: "", text: words.model.all }, ...types.map((one) => ({ value: one, text: one }))];
  return askForm(PAGES.model, words, [select({ label: words.fields.type, name: "type", value: type ?? "", options })]);
}
