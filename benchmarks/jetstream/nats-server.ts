import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const READY_WITHIN_MS = 10_000;

/** A server with JetStream in a folder of its own, on a free port of this machine. */
export interface NatsServer {
  /** host:port. */
  readonly address: string;
  stop(): Promise<void>;
}

/** What a program says of its version, or undefined if there is no such program. */
export async function natsVersion(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version']);
    return stdout.trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Starts the program and waits until it takes connections. */
export async function startNatsServer(program: string): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-nats-'));
  const child = spawn(program, ['--jetstream', '--store_dir', folder, '--addr', '127.0.0.1', '--port', '-1'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    kill();
    await ended;
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  };
  let log = '';
  const listening = new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nats-server is not ready:\n${log}`)), READY_WITHIN_MS);
    child.once('close', (code) => reject(new Error(`nats-server ended with ${code}:\n${log}`)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
      if (port === undefined || !log.includes('Server is ready')) return;
      clearTimeout(late);
      resolve(`127.0.0.1:${port}`);
    });
  });
  try {
    return { address: await listening, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
