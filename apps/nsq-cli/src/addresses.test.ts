import { InvalidArgumentError } from 'commander';
import { httpAddressOf, resolveTargets, tcpAddressOf } from './addresses.js';

describe('resolveTargets', () => {
  const env = { NSQ_NSQD: 'a:1, http://b:2', NSQ_LOOKUPD: 'http://c:3' };

  it('takes flags before the environment, whatever their kind', async () => {
    expect(await resolveTargets({ nsqd: ['x'] }, 'lookupd', env)).toEqual({ nsqds: ['x'], lookupds: [] });
    expect(await resolveTargets({ lookupd: ['x'] }, 'nsqd', env)).toEqual({ nsqds: [], lookupds: ['x'] });
  });

  it('takes of the environment what the command prefers, else what is there', async () => {
    expect(await resolveTargets({}, 'nsqd', env)).toEqual({ nsqds: ['a:1', 'http://b:2'], lookupds: [] });
    expect(await resolveTargets({}, 'lookupd', env)).toEqual({ nsqds: [], lookupds: ['http://c:3'] });
    expect(await resolveTargets({}, 'nsqd', { NSQ_LOOKUPD: 'c' })).toEqual({ nsqds: [], lookupds: ['c'] });
    expect(await resolveTargets({}, 'lookupd', { NSQ_NSQD: 'a', NSQ_LOOKUPD: '' })).toEqual({ nsqds: ['a'], lookupds: [] });
  });

  it('means the nsqd of this machine otherwise', async () => {
    expect(await resolveTargets({}, 'nsqd', {})).toEqual({ nsqds: ['127.0.0.1:4150'], lookupds: [] });
  });

  it('refuses an address in the environment that is none', async () => {
    await expect(resolveTargets({}, 'nsqd', { NSQ_NSQD: 'a:b:c' })).rejects.toThrow(InvalidArgumentError);
    await expect(resolveTargets({}, 'nsqd', { NSQ_NSQD: 'a:b:c' })).rejects.toThrow(/^NSQ_NSQD: "a:b:c" is no address/);
  });
});

describe('the two addresses of an nsqd', () => {
  it.each([
    ['127.0.0.1:4150', '127.0.0.1:4151'],
    ['host', 'host:4151'],
    ['[::1]:5000', '[::1]:5001'],
    ['http://host:9999', 'http://host:9999'],
    ['/run/nsqd.sock', '/run/nsqd.sock'],
  ])('has HTTP of %s at %s', (nsqd, http) => {
    expect(httpAddressOf(nsqd)).toBe(http);
  });

  it('has clients where it was named, and asks one that was named by its URL', async () => {
    expect(await tcpAddressOf('host:4150')).toBe('host:4150');
    await expect(tcpAddressOf('http://127.0.0.1:1')).rejects.toMatchObject({ code: 'ERR_NSQ_CONNECT' });
  });
});
