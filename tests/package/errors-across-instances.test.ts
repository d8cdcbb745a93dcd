import { built, runNode } from './run-node.js';

const bothInstances = `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  const modules = { ...(await import(${JSON.stringify(built('index.js'))})), ...(await import(${JSON.stringify(built('lance.js'))})) };
  const commonJs = { ...require(${JSON.stringify(built('index.cjs'))}), ...require(${JSON.stringify(built('lance.cjs'))}) };
  const show = (value) => console.log(JSON.stringify(value));`;

describe('errors of two loaded copies', () => {
  it('recognise each other by class and by ancestor, both ways', () => {
    const script = `${bothInstances}
      const ask = (from, by) => {
        const error = new from.TopicNotFoundError('no such topic');
        return [error instanceof by.TopicNotFoundError, error instanceof by.LanceError, error instanceof by.SluiceError];
      };
      show({ copies: modules.SluiceError !== commonJs.SluiceError, there: ask(modules, commonJs), back: ask(commonJs, modules) });`;
    expect(runNode(script)).toEqual({ copies: true, there: [true, true, true], back: [true, true, true] });
  });

  it('do not recognise cousins and strangers', () => {
    const script = `${bothInstances}
      const error = new modules.TopicNotFoundError('no such topic');
      const stranger = Object.assign(new Error('not ours'), { code: 'SLUICE' });
      show([error instanceof commonJs.TimeoutError, error instanceof commonJs.PayloadError, stranger instanceof commonJs.SluiceError]);`;
    expect(runNode(script)).toEqual([false, false, false]);
  });
});
