/** Texts of `size` bytes each, and how many of them have been taken. */
export class Counted implements Iterable<string> {
  taken = 0;
  returned = false;

  constructor(
    readonly size: number,
    readonly count: number,
  ) {}

  *[Symbol.iterator](): Generator<string> {
    try {
      for (let i = 0; i < this.count; i++) {
        this.taken++;
        yield String(i).padStart(this.size, '.');
      }
    } finally {
      this.returned = true;
    }
  }
}
