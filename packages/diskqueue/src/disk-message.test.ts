import { DiskMessage } from './disk-message.js';

const parts = { timestamp: 1795356438461555317n, attempts: 3, id: '18a4696c0ac07000', body: Buffer.from('body') };

describe('DiskMessage', () => {
  it('gives back what it was made of', () => {
    const { payload } = DiskMessage.of(parts);
    expect(payload.toString('hex')).toBe('18ea632b27b62275' + '0003' + Buffer.from(parts.id).toString('hex') + '626f6479');
    const { timestamp, attempts, id, body } = new DiskMessage(payload);
    expect({ timestamp, attempts, id, body }).toEqual(parts);
  });

  it('gives timestamp and id as halves that are signed 32-bit integers', () => {
    const message = DiskMessage.of({ ...parts, timestamp: -2n, id: 'ffffffff80000001' });
    expect([message.timestampHi, message.timestampLo]).toEqual([-1, -2]);
    expect([message.idHi, message.idLo]).toEqual([-1, -0x7fffffff]);
  });

  it.each(['18A4696c0ac07000', 'g8a4696c0ac07000', '\x008a4696c0ac07000'])('has no number for the id %j', (id) => {
    const message = DiskMessage.of({ ...parts, id });
    expect([message.id, message.idHi, message.idLo]).toEqual([id, NaN, 0x0ac07000]);
  });

  it.each([
    [{ attempts: 65536 }],
    [{ attempts: -1 }],
    [{ attempts: 0.5 }],
    [{ id: 'short' }],
    [{ id: '18a4696c0ac0700€' }],
    [{ timestamp: 2n ** 63n }],
  ])('refuses %p', (wrong) => {
    expect(() => DiskMessage.of({ ...parts, ...wrong })).toThrow(
      expect.objectContaining({ name: 'DiskqueueError', code: 'E_MESSAGE' }) as Error,
    );
  });

  it('refuses a payload that is too short to be one', () => {
    expect(new DiskMessage(Buffer.alloc(26)).body.length).toBe(0);
    expect(() => new DiskMessage(Buffer.alloc(25))).toThrow('a payload has at least 26 bytes, got 25');
  });
});
