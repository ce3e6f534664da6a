import { NsqConnectionError, NsqError, NsqHttpError, NsqTimeoutError } from '@nsq/client';
import { explain } from './failure.js';

const system = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });
const lost = (code: string): NsqError => new NsqConnectionError('ERR_NSQ_CONNECT', 'no', 'host:4150', system(code));

it.each([
  [lost('ECONNREFUSED'), 'nothing listens at host:4150; start it with nsq up, or name another address with --nsqd or --lookupd'],
  [new NsqTimeoutError('publish: not connected', { cause: lost('ECONNREFUSED') }), /^nothing listens at host:4150;/],
  [lost('ENOTFOUND'), 'no host of that name: host:4150; check the address'],
  [lost('EHOSTUNREACH'), /^host:4150 cannot be reached/],
  [new NsqTimeoutError('x', { address: 'host:4151' }), 'host:4151 did not answer in time'],
  [new NsqHttpError('NOT_FOUND', 'x', 404, '', { address: 'host:1' }), /another kind of daemon/],
  [new NsqHttpError('TOPIC_NOT_FOUND', 'x', 404, '', { address: 'host:1' }), 'host:1 has no such topic'],
  [new Error('something else'), 'something else'],
])('explains %s', (error, text) => {
  expect(explain(error)).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
});
