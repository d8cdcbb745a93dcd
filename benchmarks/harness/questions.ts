import type { ChildProcess } from 'node:child_process';
import type { Asked } from './asked.js';

interface Envelope {
  readonly call: number;
  readonly body?: unknown;
  readonly failure?: string;
}

/** Answers the questions of the parent process, one by one; ends with the parent. */
export function serveQuestions<Question>(answer: (question: Question) => unknown): void {
  process.on('message', (envelope: Envelope) => {
    void (async () => {
      try {
        process.send?.({ call: envelope.call, body: await answer(envelope.body as Question) });
      } catch (error) {
        process.send?.({
          call: envelope.call,
          failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
    })();
  });
  process.on('disconnect', () => process.exit(0));
}

/** Asks a child process and waits; fails with what the child failed with, or when it dies. */
export class Respondent<Question> implements Asked<Question> {
  private calls = 0;
  private readonly waiting = new Map<number, { resolve: (body: unknown) => void; reject: (error: Error) => void }>();

  constructor(
    private readonly child: ChildProcess,
    private readonly name: string,
  ) {
    child.on('message', (envelope: Envelope) => {
      const call = this.waiting.get(envelope.call);
      this.waiting.delete(envelope.call);
      if (envelope.failure === undefined) call?.resolve(envelope.body);
      else call?.reject(new Error(`${this.name}: ${envelope.failure}`));
    });
    child.on('error', (error) => this.fail(error));
    child.on('exit', (code, signal) => this.fail(new Error(`${this.name} ended with ${signal ?? `code ${code}`}`)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ask<Answer>(question: Question): Promise<Answer> {
    const call = ++this.calls;
    return new Promise<Answer>((resolve, reject) => {
      this.waiting.set(call, { resolve: resolve as (body: unknown) => void, reject });
      this.child.send({ call, body: question }, (error) => error && this.fail(error));
    });
  }

  /** Lets the child go; it ends by itself when the channel closes. */
  release(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
