import { TestDaemon } from '../../test/http-harness.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});

const post = (path: string): Promise<string> => daemon.ask('POST', path);
const topic = () => daemon.engine.topics.get('t');

describe('POST /topic/*', () => {
  it.each(['create', 'delete', 'empty', 'pause', 'unpause'])('%s asks for a topic, in a query that can be read', async (action) => {
    expect(await post(`/topic/${action}`)).toBe('400 {"message":"MISSING_ARG_TOPIC"}');
    expect(await post(`/topic/${action}?topic=%z`)).toBe('400 {"message":"INVALID_REQUEST"}');
    expect(daemon.lines).toContainEqual(expect.stringMatching(/^ERROR: failed to parse request params - /));
  });

  it.each([
    ['create', '400 {"message":"INVALID_TOPIC"}'],
    ['delete', '404 {"message":"TOPIC_NOT_FOUND"}'],
    ['empty', '400 {"message":"INVALID_TOPIC"}'],
    ['pause', '404 {"message":"TOPIC_NOT_FOUND"}'],
    ['unpause', '404 {"message":"TOPIC_NOT_FOUND"}'],
  ])('%s answers an invalid name with %s', async (action, reply) => {
    expect(await post(`/topic/${action}?topic=a%20b`)).toBe(reply);
  });

  it.each(['delete', 'empty', 'pause', 'unpause'])('%s answers TOPIC_NOT_FOUND for an unknown topic', async (action) => {
    expect(await post(`/topic/${action}?topic=t`)).toBe('404 {"message":"TOPIC_NOT_FOUND"}');
  });

  it('creates a topic once and replies with nothing', async () => {
    const reply = await daemon.send('POST', '/topic/create?topic=t%23ephemeral');
    expect(reply).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0', 'x-nsq-content-type': 'nsq; version=1.0' } });
    expect(reply.headers).not.toHaveProperty('content-type');
    const created = daemon.engine.topics.get('t#ephemeral');
    expect(await post('/topic/create?topic=t%23ephemeral')).toBe('200');
    expect(daemon.engine.topics.get('t#ephemeral')).toBe(created);
  });

  it('deletes a topic with its channels', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await post('/topic/delete?topic=t')).toBe('200');
    expect(topic()).toBeUndefined();
    expect(channel.exiting).toBe(true);
  });

  it('empties the topic and leaves its channels alone', async () => {
    const channel = daemon.channel('t', 'c');
    await daemon.ask('POST', '/pub?topic=t', 'kept');
    topic()?.pause();
    await daemon.ask('POST', '/pub?topic=t', 'dropped');
    expect(await post('/topic/empty?topic=t')).toBe('200');
    expect(topic()?.depth).toBe(0);
    expect(channel.depth).toBe(1);
  });

  it('pauses and resumes, and persists each', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await post('/topic/pause?topic=t')).toBe('200');
    expect(await post('/topic/pause?topic=t')).toBe('200');
    await daemon.ask('POST', '/pub?topic=t', 'x');
    expect(channel.depth).toBe(0);
    expect(await post('/topic/unpause?topic=t')).toBe('200');
    expect(channel.depth).toBe(1);
    expect(daemon.persisted).toBe(3);
  });

  it('stays paused when the metadata cannot be written', async () => {
    daemon.channel('t', 'c');
    daemon.persistError = new Error('failed to persist metadata - no space');
    expect(await post('/topic/pause?topic=t')).toBe('200');
    expect(topic()?.paused).toBe(true);
    expect(daemon.lines).toContain('ERROR: failed to persist metadata - no space');
  });

  it('writes a line in the access log', async () => {
    await post('/topic/create?topic=t');
    expect(daemon.lines).toEqual([expect.stringMatching(/^INFO: 200 POST \/topic\/create\?topic=t \(\S+\) \S+s$/)]);
  });
});

describe('POST /channel/*', () => {
  const actions = ['create', 'delete', 'empty', 'pause', 'unpause'];

  it.each(
    actions.flatMap((action) => [
      [`/channel/${action}?topic=%z`, '400 {"message":"INVALID_REQUEST"}'],
      [`/channel/${action}?channel=$`, '400 {"message":"MISSING_ARG_TOPIC"}'],
      [`/channel/${action}?topic=$`, '400 {"message":"INVALID_ARG_TOPIC"}'],
      [`/channel/${action}?topic=u`, '400 {"message":"MISSING_ARG_CHANNEL"}'],
      [`/channel/${action}?topic=u&channel=`, '400 {"message":"INVALID_ARG_CHANNEL"}'],
      [`/channel/${action}?topic=u&channel=c`, '404 {"message":"TOPIC_NOT_FOUND"}'],
    ]),
  )('%s is answered with %s', async (url, reply) => {
    expect(await post(url)).toBe(reply);
    expect(daemon.engine.topics.size).toBe(0);
  });

  it.each(actions.slice(1))('%s answers CHANNEL_NOT_FOUND for an unknown channel', async (action) => {
    daemon.engine.topic('t');
    expect(await post(`/channel/${action}?topic=t&channel=c`)).toBe('404 {"message":"CHANNEL_NOT_FOUND"}');
  });

  it('creates a channel once', async () => {
    daemon.engine.topic('t');
    expect(await post('/channel/create?topic=t&channel=c')).toBe('200');
    const created = topic()?.channels.get('c');
    expect(await post('/channel/create?topic=t&channel=c')).toBe('200');
    expect(created).toBeDefined();
    expect(topic()?.channels.get('c')).toBe(created);
  });

  it('deletes a channel, and an ephemeral topic with its last one', async () => {
    daemon.channel('t', 'c');
    daemon.channel('e#ephemeral', 'c');
    expect(await post('/channel/delete?topic=t&channel=c')).toBe('200');
    expect(await post('/channel/delete?topic=e%23ephemeral&channel=c')).toBe('200');
    expect([...daemon.engine.topics.keys()]).toEqual(['t']);
    expect(topic()?.channels.size).toBe(0);
  });

  it('empties what is queued, in flight and deferred', async () => {
    const channel = daemon.channel('t', 'c');
    await daemon.ask('POST', '/pub?topic=t', 'in flight');
    daemon.take(channel);
    await daemon.ask('POST', '/pub?topic=t', 'queued');
    await daemon.ask('POST', '/pub?topic=t&defer=1000', 'deferred');
    expect(channel).toMatchObject({ depth: 1, inFlightCount: 1, deferredCount: 1 });
    expect(await post('/channel/empty?topic=t&channel=c')).toBe('200');
    expect(channel).toMatchObject({ depth: 0, inFlightCount: 0, deferredCount: 0 });
  });

  it('pauses and resumes delivery, and persists each', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await post('/channel/pause?topic=t&channel=c')).toBe('200');
    await daemon.ask('POST', '/pub?topic=t', 'x');
    expect(daemon.take(channel)).toEqual([]);
    expect(await post('/channel/unpause?topic=t&channel=c')).toBe('200');
    expect(daemon.take(channel)).toEqual(['x']);
    expect(daemon.persisted).toBe(2);
  });
});
