import { appendAll, opened, readAll } from './helpers.js';

describe('a segment whose successor could not be made', () => {
  it('is never appended to again: the header that may be there says where it ends', async () => {
    const { log, fs } = await opened(undefined, { segmentBytes: 100 });
    await appendAll(log, ['a']);
    fs.fail({ operation: 'syncFolder', path: '/data/topic' });
    fs.fail({ operation: 'remove' });
    await expect(log.appended(1, [Buffer.alloc(90)], 'synced')).rejects.toMatchObject({ code: 'E_WRITE' });
    await appendAll(log, ['b'], 'synced');
    expect(log.segments).toHaveLength(2);
    const again = await opened(fs.crash('power'), { segmentBytes: 100 });
    expect(await readAll(again.log)).toEqual(['a', 'b']);
    await again.log.close();
  });
});
