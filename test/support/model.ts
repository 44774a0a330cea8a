/** The text of model.fga. */
import { readFileSync } from "node:fs";

export const MODEL = readFileSync(new URL("../../model.fga", import.meta.url), "utf8");
