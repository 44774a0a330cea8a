/** A graph whose nodes have their places, as a picture: boxes with links, and arrows between them with their labels. Pure. */
import { arrowHead, node, picture, type SvgPart, svg } from "../svg.ts";
import type { Placed } from "./graph.ts";

/** Room for the lines and arrows at the border. */
const MARGIN = 8;
/** From the middle of a line of text to its base. */
const BASELINE = 4;

/** The picture; `id` is its own in the page, `title` says what it shows. */
export function drawGraph(placed: Placed, { id, title }: { id: string; title: string }) {
  const head = `${id}-arrow`;
  const size = { width: placed.width + 2 * MARGIN, height: placed.height + 2 * MARGIN };
  return picture({ id, title, class: "graph", hasLinks: true, ...size }, [
    arrowHead(head),
    svg("g", { transform: `translate(${MARGIN} ${MARGIN})` }, [
      ...placed.edges.map((edge) => drawnEdge(edge, head)),
      ...placed.nodes.map(drawnNode),
    ]),
  ]);
}

function drawnNode({ label, kind, detail, href, x, y, width, height }: Placed["nodes"][number]): SvgPart {
  const box = svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 4 });
  return node({ kind, href, detail }, [box, svg("text", { x, y: y + BASELINE }, label)]);
}

function drawnEdge({ label, whole, kind, points, at }: Placed["edges"][number], head: string): SvgPart {
  const [first, ...rest] = points.map(({ x, y }) => `${Math.round(x)} ${Math.round(y)}`);
  return svg("g", { class: `edge ${kind}` }, [
    whole === label ? undefined : svg("title", {}, whole),
    svg("path", { d: `M${first}C${rest.join(" ")}`, "marker-end": `url(#${head})` }),
    label === "" || at === undefined ? undefined : svg("text", { x: at.x, y: at.y + BASELINE }, label),
  ]);
}
