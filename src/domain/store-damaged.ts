/**
 * What stands in the store is nothing that the service writes: two heads, a record that
 * cannot be read, one that is missing. Only a write past the service makes such a thing,
 * so no caller can be told what to send instead; `npm run doctor` names all of it.
 */
export class StoreDamaged extends Error {
  override readonly name = "StoreDamaged";
  /** What is wrong with the object, as a sentence without its end. */
  readonly what: string;

  constructor(object: string, what: string) {
    super(`${object}: ${what}`);
    this.what = what;
  }
}
