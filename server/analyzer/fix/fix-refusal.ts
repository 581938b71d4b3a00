/** Why no additive change helps: carried through the steps of a fix to its answer, never past it. */
export class FixRefusal extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "FixRefusal";
  }
}
