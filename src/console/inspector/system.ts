/** `/console/inspector/system`: cache, engine, events, schedule and access log at a glance, with the last minutes as charts. */
import { html } from "hono/html";
import type { Problem } from "../api.ts";
import type { ConsoleApp, ConsoleContext, ConsoleDeps } from "../context.ts";
import { type Html, table } from "../parts.ts";
import type { Words } from "../words.ts";
import { type MetricsSample, ratesOf } from "./samples.ts";
import { inspecting, inspectorPage } from "./shell.ts";
import { type ChartReading, drawSparkline } from "./sparkline.ts";

type Ready = { status: string; workers?: { ready: number; of: number } } & Record<string, unknown>;
type Name = keyof Words["inspector"]["system"]["series"];

const MEBIBYTE = 1024 * 1024;

const sum = (...values: (number | undefined)[]): number | undefined =>
  values.every((value) => value === undefined)
    ? undefined
    : values.reduce<number>((all, value) => all + (value ?? 0), 0);

const checksIn = ({ hits, misses, unstored }: MetricsSample) => sum(hits, misses, unstored);

/** Of how much one rate is of another, at each instant where there is anything of the other. */
function shareOf(part: readonly ChartReading[], whole: readonly ChartReading[], times: number): ChartReading[] {
  return whole.map(({ at, value }, n) => {
    const own = part[n]?.value;
    return { at, value: own === undefined || value === undefined || value === 0 ? undefined : (own / value) * times };
  });
}

const level = (
  samples: readonly MetricsSample[],
  value: (sample: MetricsSample) => number | undefined,
): ChartReading[] => samples.map((sample) => ({ at: sample.at, value: value(sample) }));

/** The numbers of the page over time. */
const SERIES_SHOWN: { readonly [N in Name]: (samples: readonly MetricsSample[]) => ChartReading[] } = {
  checks: (all) => ratesOf(all, checksIn),
  hits: (all) =>
    shareOf(
      ratesOf(all, ({ hits }) => hits),
      ratesOf(all, checksIn),
      100,
    ),
  duration: (all) =>
    shareOf(
      ratesOf(all, ({ seconds }) => seconds),
      ratesOf(all, checksIn),
      1000,
    ),
  engine_calls: (all) => ratesOf(all, ({ engine_calls }) => engine_calls),
  cache_failures: (all) => ratesOf(all, ({ cache_failures }) => cache_failures),
  changes_age: (all) => level(all, ({ changes_age }) => changes_age),
  events_lag: (all) => level(all, ({ events_lag }) => events_lag),
  schedule_lag: (all) => level(all, ({ schedule_lag }) => schedule_lag),
  log_lines: (all) => ratesOf(all, ({ log_lines }) => log_lines),
  log_waiting: (all) => level(all, ({ log_waiting }) => log_waiting),
  log_lost: (all) => ratesOf(all, ({ log_lost }) => log_lost),
  limited: (all) => ratesOf(all, ({ limited }) => limited),
  memory: (all) => level(all, ({ memory }) => (memory === undefined ? undefined : memory / MEBIBYTE)),
};

export function systemPages(app: ConsoleApp, { samples }: ConsoleDeps): void {
  app.get("/inspector/system", async (c) => {
    const { api, words } = inspecting(c);
    // not ready is an answer, and no refusal of the page
    const ready = await api.get<Ready>("/readyz");
    // more often than by the clock they would leave no room for those of before
    if (samples?.all().length === 0) await samples.take();
    const all = samples?.all() ?? [];
    const [from, to] = [all[0]?.at ?? 0, all.at(-1)?.at ?? 0];
    const { name, value, chart } = words.columns;
    const rows = (Object.keys(SERIES_SHOWN) as Name[]).map((series) => {
      const readings = SERIES_SHOWN[series](all);
      const title = words.system.series[series];
      return [title, shown(readings.at(-1)?.value) ?? words.system.none, chartOf(c, series, readings, { from, to })];
    });
    const { workers } = ready.ok ? ready.value : {};
    const body = html`${healthOf(c, ready.ok ? ready.value : ready.problem)}
${workers !== undefined && html`<p class="notice" data-kind="note">${words.system.workers(workers.ready, workers.of)}</p>`}
<p class="hint">${words.system.partial}</p>
${table({ caption: words.system.caption, head: [name, value, chart], rows })}`;
    return inspectorPage(c, { name: "system", title: words.system.title, body });
  });
}

function healthOf(c: ConsoleContext, state: Ready | Problem): Html {
  const { system, columns } = inspecting(c).words;
  const isReady = state.status === "ok";
  const named = (word: string) => system.health[word] ?? word;
  const rows = ["cache", "clock", "access_log"].flatMap((part) => {
    const is = (state as Record<string, unknown>)[part];
    return typeof is === "string" ? [[named(part), named(is)]] : [];
  });
  return html`<div class="notice" data-kind="${isReady ? "done" : "problem"}" data-ready="${String(isReady)}"><p>${isReady ? system.ready : system.notReady}</p></div>
${rows.length > 0 && table({ caption: system.healthCaption, head: [columns.name, columns.value], rows })}`;
}

/** A number in three digits. */
function shown(value: number | undefined): string | undefined {
  return value === undefined ? undefined : `${Number(value.toPrecision(3))}`;
}

function chartOf(
  c: ConsoleContext,
  series: Name,
  readings: readonly ChartReading[],
  range: { from: number; to: number },
) {
  const { system } = inspecting(c).words;
  const values = readings.flatMap(({ value }) => (value === undefined ? [] : [value]));
  if (values.length < 2) return system.none;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const title = system.chart(system.series[series], shown(least) ?? "", shown(most) ?? "");
  return html`${drawSparkline(readings, { id: `chart-${series}`, title, ...range })}`;
}
