import { spawn, type ChildProcess } from 'node:child_process';

/** The command line, run from source in a process of its own. */
export class Spawned {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  /** How it ended: exit code, or the signal that killed it. */
  readonly ended: Promise<number | string | null>;

  constructor(...args: readonly string[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.on('data', (chunk) => this.#hear(() => (this.stdout += String(chunk))));
    child.stderr.on('data', (chunk) => this.#hear(() => (this.stderr += String(chunk))));
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  }

  /** Resolves with the first line of stdout. */
  firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const end = this.stdout.indexOf('\n');
        if (end < 0) return;
        this.#listeners.delete(look);
        resolve(this.stdout.slice(0, end));
      };
      this.#listeners.add(look);
      void this.ended.then((how) => reject(new Error(`ended with ${how} before it said anything: ${this.stderr}`)));
      look();
    });
  }

  /** From now on nobody reads what it prints on stdout. */
  stopListening(): void {
    this.#child.stdout?.destroy();
  }

  signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  #hear(note: () => void): void {
    note();
    for (const listener of this.#listeners) listener();
  }
}
