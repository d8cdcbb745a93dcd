import { clock } from '../src/foundation/clock.js';
import { Crashable, presentLife, within, type Life } from '../src/testing/run/lives.js';

/** A user's program that can be crashed, and told what to do while it runs. */
export class Program<T> {
  private readonly crashable: Crashable;
  private running: { readonly life: Life | undefined; readonly made: T } | undefined;

  /** `main` runs at each start; what it makes is what deeds are done with. */
  constructor(main: () => T) {
    this.crashable = new Crashable(() => {
      this.running = { life: presentLife(), made: main() };
    });
    this.crashable.start();
  }

  get alive(): boolean {
    return this.crashable.alive;
  }

  /** Does something as a part of the program; nothing if it is down. */
  tell(deed: (made: T) => void): void {
    const { running } = this;
    if (this.alive && running !== undefined) within(running.life, () => deed(running.made));
  }

  /** Ends it without a word; it starts again after a while. */
  crash(downMs: number): void {
    if (!this.alive) return;
    this.crashable.crash();
    // A program that ends itself is started again by others.
    within(undefined, () => clock.after(downMs, () => this.start()));
  }

  start(): void {
    if (!this.alive) this.crashable.start();
  }
}
