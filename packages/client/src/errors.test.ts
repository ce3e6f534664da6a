import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '@nsq/protocol';
import { CLIENT_ERROR_CODES, NsqError, NsqServerError, asError } from './errors.js';
import { VERSION } from './version.js';

it.each(Object.entries(ERROR_CODES))('knows %s of nsqd, and whether it ends the connection', (code, { fatal }) => {
  const error = new NsqServerError(`${code} some text`, 'h:1');
  expect(error).toBeInstanceOf(NsqError);
  expect(error).toMatchObject({ code, fatal, message: `${code} some text`, address: 'h:1', name: 'NsqServerError' });
});

it('passes on codes that it does not know, as fatal ones', () => {
  expect(new NsqServerError('E_TOO_MANY_CHANNEL_CONSUMERS channel consumers')).toMatchObject({
    code: 'E_TOO_MANY_CHANNEL_CONSUMERS',
    fatal: true,
  });
  expect(new NsqServerError('E_BAD_PROTOCOL').code).toBe('E_BAD_PROTOCOL');
});

it('explains all its codes in the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  for (const code of Object.keys(CLIENT_ERROR_CODES)) expect(readme).toContain(`\`${code}\``);
});

it('says its version', () => {
  expect(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).toMatchObject({ version: VERSION });
});

it('makes an error of anything', () => {
  expect(asError('text')).toEqual(new Error('text'));
});
