import path from 'node:path';
import { flagsOf, planStack, type StackOptions } from './plan.js';

const options: StackOptions = { nsqd: 1, lookupd: 1, data: 'd', host: '127.0.0.1' };

describe('planStack', () => {
  it('takes the usual ports, and 100 more for each further daemon', () => {
    const { nsqds, lookupds } = planStack({ ...options, nsqd: 3, lookupd: 2 });
    expect(nsqds.map(({ name, tcpPort, httpPort }) => [name, tcpPort, httpPort])).toEqual([
      ['nsqd-1', 4150, 4151],
      ['nsqd-2', 4250, 4251],
      ['nsqd-3', 4350, 4351],
    ]);
    expect(lookupds.map(({ name, tcpPort, httpPort }) => [name, tcpPort, httpPort])).toEqual([
      ['nsqlookupd-1', 4160, 4161],
      ['nsqlookupd-2', 4260, 4261],
    ]);
  });

  it('gives each nsqd a folder and a node id of its own', () => {
    const { nsqds, lookupds } = planStack({ ...options, nsqd: 2 });
    expect(nsqds.map(({ dataPath }) => dataPath)).toEqual([path.resolve('d/nsqd-1'), path.resolve('d/nsqd-2')]);
    expect(nsqds.map(({ flags }) => flags[0])).toEqual(['--node-id=1', '--node-id=2']);
    expect(lookupds.map(({ dataPath }) => dataPath)).toEqual([null]);
  });

  it('has the daemons tell of an address that can be reached', () => {
    const broadcast = (host: string, broadcastAddress?: string) =>
      planStack({ ...options, host, broadcastAddress }).lookupds.flatMap(({ flags }) => flags);
    expect(broadcast('127.0.0.1')).toEqual(['--broadcast-address=127.0.0.1']);
    expect(broadcast('0.0.0.0')).toEqual([]);
    expect(broadcast('::')).toEqual([]);
    expect(broadcast('0.0.0.0', 'queue.example')).toEqual(['--broadcast-address=queue.example']);
  });

  it("passes further flags on behind its own, so that the user's count", () => {
    const { nsqds } = planStack({ ...options, host: '::1', anyPorts: true, durability: 'disk', nsqdFlag: ['--node-id=7'] });
    expect(nsqds.map(flagsOf)).toEqual([
      [
        '--tcp-address=[::1]:0',
        '--http-address=[::1]:0',
        `--data-path=${path.resolve('d/nsqd-1')}`,
        '--node-id=1',
        '--broadcast-address=::1',
        '--durability=disk',
        '--node-id=7',
      ],
    ]);
  });
});
