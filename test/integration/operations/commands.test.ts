/** A command says how it is called when it is asked, and when it is called otherwise. */
import { expect, test } from "vitest";
import { runScript } from "../../support/program.ts";

for (const command of ["bench", "doctor", "import", "measure-import", "push-model", "verify"]) {
  test(`npm run ${command} -- --help says how it is called and does nothing; an unknown option is named`, async () => {
    const usage = expect.stringMatching(new RegExp(`^usage: npm run ${command} -- .*\n$`));
    expect(await runScript(command, ["--help"], {})).toEqual({ code: 0, stdout: usage, stderr: "" });
    expect(await runScript(command, ["--unheard-of"], {})).toEqual({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(new RegExp(`'--unheard-of'.*\nusage: npm run ${command} -- `)),
    });
  });
}
