import { TestDaemon } from '../../test/http-harness.js';

const daemon = new TestDaemon();

it('shows an index, the command line and no symbols', async () => {
  const index = await daemon.send('GET', '/debug/pprof/');
  expect(index).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(index.headers).not.toHaveProperty('x-nsq-content-type');
  expect(await daemon.ask('GET', '/debug/pprof/cmdline')).toBe(`200 ${process.argv.join('\0')}`);
  expect(await daemon.ask('GET', '/debug/pprof/symbol')).toBe('200 num_symbols: 1');
  expect(await daemon.ask('POST', '/debug/pprof/symbol')).toBe('200 num_symbols: 1');
  expect((await daemon.send('GET', '/debug/pprof')).headers).toMatchObject({ location: '/debug/pprof/' });
  expect(daemon.lines).toEqual([]);
});

it('has the profiles of every daemon', async () => {
  expect(await daemon.ask('GET', '/debug/pprof/heap?debug=1')).toMatch(/^200 \{"memory":/);
  expect(await daemon.ask('GET', '/debug/pprof/threadcreate')).toBe('404 {"message":"NOT_FOUND"}');
  expect(await daemon.ask('POST', '/debug/pprof/heap')).toBe('405 {"message":"METHOD_NOT_ALLOWED"}');
  expect(daemon.lines.filter((line) => !line.includes(' POST '))).toEqual([]);
});

it.each(['/debug', '/debug/pprof/mutex', '/debug/pprof/trace'])('does not know %s', async (path) => {
  expect(await daemon.ask('GET', path)).toBe('404 {"message":"NOT_FOUND"}');
});

it('frees memory with an empty reply', async () => {
  const reply = await daemon.send('POST', '/debug/freememory');
  expect(reply).toMatchObject({ status: 200, body: '' });
  expect(reply.headers).not.toHaveProperty('x-nsq-content-type');
});

it.each([
  ['?rate=1', '', '200'],
  ['?rate=-1', '', '200'],
  ['?rate=x', 'rate=%2B5', '200'],
  ['', '', '400 invalid block rate : strconv.Atoi: parsing "": invalid syntax'],
  ['?rate=x', '', '400 invalid block rate : strconv.Atoi: parsing "x": invalid syntax'],
  ['?rate=1', 'rate=1.5', '400 invalid block rate : strconv.Atoi: parsing "1.5": invalid syntax'],
  ['?rate=9223372036854775808', '', '400 invalid block rate : strconv.Atoi: parsing "9223372036854775808": value out of range'],
])('answers a block rate of %j and form %j with %s', async (query, form, reply) => {
  expect(await daemon.ask('PUT', `/debug/setblockrate${query}`, form)).toBe(reply);
});
