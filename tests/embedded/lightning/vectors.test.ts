import { request } from 'node:http';
import { firstValueFrom } from 'rxjs';
import { HttpListener } from '../../../src/embedded/http-listener.js';
import { marbles } from '../../../src/testing.js';
import { bodyOf, expectRecorded, stageOf, targetOf, type Got } from './replay.js';
import { scenarios, type Step } from './vectors.js';

/** What is not built: traces and what only they bring in, the dashboard. */
const LEFT_OUT: ReadonlyMap<string, (step: Step) => boolean> = new Map([
  ['S14', ({ request }) => request.path === '/v1/traces' || request.method === 'GET' || request.path.endsWith('/next')],
  ['S19', ({ id }) => ['S19.01', 'S19.02', 'S19.04', 'S19.05', 'S19.06'].includes(id)],
]);

const built = scenarios.map((scenario) => ({
  ...scenario,
  steps: scenario.steps.filter((step) => LEFT_OUT.get(scenario.name)?.(step) !== true),
}));

describe.each(built)('$name $title', (scenario) => {
  it('is answered as recorded, in virtual time', () => {
    const { core, at } = stageOf(scenario);
    let compared = 0;
    marbles(function* () {
      for (const step of scenario.steps) {
        at(step.now);
        let got: Got | undefined;
        const { method, headers = {} } = step.request;
        core.serve(
          {
            method,
            target: targetOf(step),
            body: bodyOf(step),
            header: (name) => (name === 'host' ? 'h' : headers[name]),
          },
          { answer: (answer) => (got = { ...answer, body: String(answer.body) }), drop: () => {} },
        );
        yield 100;
        if (got === undefined) throw new Error(`${step.id} is not answered`);
        check(step, got, 'http://h');
        compared++;
      }
    });
    expect(compared).toBe(scenario.steps.length);
  });

  it('is answered as recorded, over sockets', async () => {
    const { core, at } = stageOf(scenario);
    const listener = new HttpListener(core);
    const port = await firstValueFrom(listener.open('127.0.0.1', 0));
    for (const step of scenario.steps) {
      at(step.now);
      check(step, await exchange(port, step), `http://127.0.0.1:${port}`);
    }
    await firstValueFrom(listener.close(() => core.flush()));
    expect(core.tally.requests).toBe(scenario.steps.length);
  });
});

it('replays all steps but 26', () => {
  const left = built.reduce((sum, { steps }) => sum + steps.length, 0);
  expect([scenarios.reduce((sum, { steps }) => sum + steps.length, 0), left]).toEqual([377, 351]);
});

function check(step: Step, got: Got, base: string): void {
  try {
    expectRecorded(step, got, base);
  } catch (error) {
    throw new Error(`${step.id} ${step.title}: ${String(error)}`, { cause: error });
  }
}

function exchange(port: number, step: Step): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { method, headers = {} } = step.request;
    const body = bodyOf(step);
    const length = body === undefined ? {} : { 'content-length': body.length };
    const outgoing = request(
      { host: '127.0.0.1', port, method, path: targetOf(step), headers: { ...headers, ...length }, agent: false },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject).on('end', () => {
          const named = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
          resolve({ status: incoming.statusCode ?? 0, headers: Object.fromEntries(named), body: text });
        });
      },
    );
    outgoing.on('error', reject).end(body);
  });
}
