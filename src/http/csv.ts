/**
 * Comma-separated values (RFC 4180) that a spreadsheet opens as text: what it would take for a formula is preceded by an
 * apostrophe, at the beginning of a cell and behind each semicolon, at which spreadsheets of many countries divide cells,
 * quoted or not. Ids and names are other people's words.
 */

export const CSV = "text/csv";

// what a spreadsheet begins a formula with, in its wide forms too, behind what it does not show or takes for a quote
const FORMULA = /(^|;)(?=[\s"\u200B\uFEFF]*[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20])/g;
const QUOTED = /[",\r\n]/;

/** A line with its end; a cell without a value is empty. */
export const csvLine = (cells: readonly (string | null | undefined)[]): string => `${cells.map(cellOf).join(",")}\r\n`;

function cellOf(value: string | null | undefined): string {
  const safe = (value ?? "").replace(FORMULA, "$1'");
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
