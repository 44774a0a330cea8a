/** How far an import is, as one line of text: a bar for a terminal, words for a log. Pure. */

/** Lines done of those in the file, since `from`; how many were refused by this run, and its age. */
export type Progress = { from: number; line: number; total: number; refused: number; seconds: number };

const WIDTH = 30;

/** `[#########---------------------]  31 %  31 000 of 100 020 lines, 312 a second, 3 refused, 3:41 left`. */
export function progressBar(progress: Progress): string {
  const { line, total } = progress;
  const filled = total === 0 ? WIDTH : Math.min(WIDTH, Math.floor((line / total) * WIDTH));
  return `[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${progressLine(progress)}`;
}

/** The same without the bar. */
export function progressLine({ from, line, total, refused, seconds }: Progress): string {
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((line / total) * 100));
  const pace = seconds > 0 ? (line - from + 1) / seconds : 0;
  const left = pace > 0 && line < total ? `, ${clock((total - line) / pace)} left` : "";
  const no = refused > 0 ? `, ${spaced(refused)} refused` : "";
  return `${String(percent).padStart(3)} %  ${spaced(line)} of ${spaced(total)} lines, ${spaced(Math.round(pace))} a second${no}${left}`;
}

const spaced = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, " ");

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
