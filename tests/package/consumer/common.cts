import sluice = require('sluice');
import embedded = require('sluice/embedded');
import lance = require('sluice/lance');
import testing = require('sluice/testing');

const isOurs = (error: unknown): boolean => error instanceof sluice.SluiceError || error instanceof lance.LanceError;

// @ts-expect-error: a port is a number; were the types lost, this would pass and the expected error be missing.
const server = new embedded.LanceServer({ port: '1992' });

const recording: testing.Recording = { name: 'nothing', events: [] };
testing.assertMarbles(recording, '---');

export = { isOurs, server };
