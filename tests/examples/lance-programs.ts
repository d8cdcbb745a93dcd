import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');

/** A program of the folder `examples` while it runs. */
export class Program {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  private readonly child;

  constructor(name: string, ...args: string[]) {
    this.child = spawn(process.execPath, ['--import', 'tsx', join('examples', name), ...args], { cwd: ROOT });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.lines.push(line));
    createInterface({ input: this.child.stderr }).on('line', (line) => this.errors.push(line));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  stop(): void {
    this.child.kill('SIGTERM');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
