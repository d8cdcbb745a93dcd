import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Asked } from './asked.js';
import type { ClientQuestion } from './client-messages.js';
import { placed, type Place } from './processes.js';

const PROGRAM = fileURLToPath(new URL('../peers/lnc_client_peer.py', import.meta.url));

/** How long a process that was let go may take to end. */
const LINGER_MS = 5000;

interface Reply {
  readonly body?: unknown;
  readonly failure?: string;
}

/** The official Python client in a process of its own: a question per line, an answer per line. */
export class PythonClient implements Asked<ClientQuestion> {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting: { resolve: (body: unknown) => void; reject: (error: Error) => void }[] = [];

  constructor(python: string, mode: string, on: Place) {
    const [file, ...args] = placed(on, [python, PROGRAM, mode]);
    this.child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.answered(JSON.parse(line) as Reply));
    this.child.on('error', (error) => this.failed(error));
    this.child.on('exit', (code, signal) => this.failed(new Error(`python ended with ${signal ?? `code ${code}`}`)));
    // Its end is told by `exit`.
    this.child.stdin.on('error', () => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ask<Answer>(question: ClientQuestion): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.waiting.push({ resolve: resolve as (body: unknown) => void, reject });
      this.child.stdin.write(`${JSON.stringify(question)}\n`);
    });
  }

  /** It ends when it has answered; one that waits for a server that is gone is ended. */
  release(): void {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LINGER_MS);
    this.child.once('exit', () => clearTimeout(timer));
    if (this.child.exitCode !== null || this.child.signalCode !== null) clearTimeout(timer);
  }

  private answered({ body, failure }: Reply): void {
    const call = this.waiting.shift();
    if (failure === undefined) call?.resolve(body);
    else call?.reject(new Error(`python: ${failure}`));
  }

  private failed(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}
