/** An event as every reader gets it: in a list, a stream and the body of a webhook. */
import { z } from "@hono/zod-openapi";
import { EntryView } from "./history.ts";

/** CloudEvents 1.0.2, structured JSON. */
export const EventView = z
  .strictObject({
    specversion: z.literal("1.0"),
    id: z.string().describe("The history and the number of the entry in it; a repeated delivery has the same."),
    source: z.url().describe("This service, `PUBLIC_URL`."),
    type: z.string(),
    subject: z.string().describe("What was changed."),
    time: z.iso.datetime(),
    datacontenttype: z.literal("application/json"),
    sequence: z
      .string()
      .regex(/^\d{10,}$/)
      .describe("`data.n` in ten digits: without gaps in each history."),
    data: EntryView.describe("The history entry, with what it takes to verify it."),
  })
  .openapi("Event");
