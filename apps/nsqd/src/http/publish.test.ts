import { TestDaemon } from '../../test/http-harness.js';

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
  daemon.options.maxMsgSize = 10;
  daemon.options.maxBodySize = 100;
});

const topics = (): string[] => [...daemon.engine.topics.keys()];

function binary(count: number, ...messages: string[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(count);
  return Buffer.concat([head, ...messages.map((text) => Buffer.concat([sizeOf(text.length), Buffer.from(text)]))]);
}

function sizeOf(size: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(size);
  return bytes;
}

describe('POST /pub', () => {
  it('delivers the body to every channel', async () => {
    const one = daemon.channel('t', 'one');
    const two = daemon.channel('t', 'two');
    const reply = await daemon.send('POST', '/pub?topic=t', 'a\n\0b');
    expect(reply).toMatchObject({
      status: 200,
      body: 'OK',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-nsq-content-type': 'nsq; version=1.0' },
    });
    expect(daemon.take(one)).toEqual(['a\n\0b']);
    expect(daemon.take(two)).toEqual(['a\n\0b']);
  });

  it('makes the topic and counts messages and bytes', async () => {
    expect(await daemon.ask('POST', '/pub?topic=new', '0123456789')).toBe('200 OK');
    expect(await daemon.ask('POST', '/pub?topic=new', 'x')).toBe('200 OK');
    expect(daemon.engine.topics.get('new')).toMatchObject({ depth: 2, messageCount: 2, messageBytes: 11 });
  });

  it.each([
    ['/pub', '0123456789a', '413 {"message":"MSG_TOO_BIG"}'],
    ['/pub', '', '400 {"message":"MSG_EMPTY"}'],
    ['/pub?topic=%zz', '', '400 {"message":"MSG_EMPTY"}'],
    ['/pub?topic=%zz', 'x', '400 {"message":"INVALID_REQUEST"}'],
    ['/pub?topic=t;x=1', 'x', '400 {"message":"INVALID_REQUEST"}'],
    ['/pub', 'x', '400 {"message":"MISSING_ARG_TOPIC"}'],
    ['/pub?Topic=t', 'x', '400 {"message":"MISSING_ARG_TOPIC"}'],
    ['/pub?topic=', 'x', '400 {"message":"INVALID_TOPIC"}'],
    ['/pub?topic=a+b&topic=t', 'x', '400 {"message":"INVALID_TOPIC"}'],
    [`/pub?topic=${'t'.repeat(65)}`, 'x', '400 {"message":"INVALID_TOPIC"}'],
  ])('refuses %s with body %j and makes no topic', async (url, body, reply) => {
    expect(await daemon.ask('POST', url, body)).toBe(reply);
    expect(topics()).toEqual([]);
  });

  it.each(['', '1.5', 'abc', '-1', '3600001', '0x10', '1_0', '99999999999999999999999'])(
    'refuses defer=%s after it has made the topic',
    async (defer) => {
      expect(await daemon.ask('POST', `/pub?topic=t&defer=${defer}`, 'x')).toBe('400 {"message":"INVALID_DEFER"}');
      expect(topics()).toEqual(['t']);
      expect(daemon.engine.topics.get('t')?.messageCount).toBe(0);
    },
  );

  it.each(['0', '%2B0', '-0'])('takes defer=%s for an ordinary publish', async (defer) => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', `/pub?topic=t&defer=${defer}`, 'x')).toBe('200 OK');
    expect(channel).toMatchObject({ depth: 1, deferredCount: 0 });
  });

  it('holds a deferred message back until its time has come', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', '/pub?topic=t&defer=%2B3600000', 'later')).toBe('200 OK');
    expect(channel).toMatchObject({ depth: 0, deferredCount: 1, messageCount: 1 });
    daemon.clock.elapsed += 3_600_100;
    daemon.engine.scan();
    expect(daemon.take(channel)).toEqual(['later']);
  });

  it('answers EXITING when the daemon stops', async () => {
    daemon.engine.exiting = true;
    expect(await daemon.ask('POST', '/pub?topic=t', 'x')).toBe('503 {"message":"EXITING"}');
    expect(await daemon.ask('POST', '/pub?topic=t&defer=5', 'x')).toBe('503 {"message":"EXITING"}');
    expect(await daemon.ask('POST', '/mpub?topic=t', 'x')).toBe('503 {"message":"EXITING"}');
  });

  it('stamps each message with the time of its own request', async () => {
    const channel = daemon.channel('t', 'c');
    await daemon.ask('POST', '/pub?topic=t', 'a');
    daemon.clock.elapsed += 5000;
    await daemon.ask('POST', '/pub?topic=t', 'b');
    daemon.take(channel);
    const stamps = [...channel.unfinished].map(({ timestampHi, timestampLo }) => (BigInt(timestampHi) << 32n) + BigInt(timestampLo >>> 0));
    expect(stamps.sort()[1]).toBe((stamps.sort()[0] ?? 0n) + 5_000_000_000n);
  });
});

describe('POST /mpub, text', () => {
  it.each([
    ['a\nb\nc', ['a', 'b', 'c']],
    ['a\nb\n', ['a', 'b']],
    ['\n\na\r\n\n\nb', ['a\r', 'b']],
    ['0123456789\n', ['0123456789']],
  ])('makes messages of the lines of %j', async (body, messages) => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', '/mpub?topic=t', body)).toBe('200 OK');
    expect(daemon.take(channel)).toEqual(messages);
    expect(daemon.engine.topics.get('t')).toMatchObject({ messageCount: messages.length, messageBytes: messages.join('').length });
  });

  it.each(['', '\n', '\n\n\n'])('publishes nothing for %j but makes the topic', async (body) => {
    expect(await daemon.ask('POST', '/mpub?topic=t', body)).toBe('200 OK');
    expect(daemon.engine.topics.get('t')?.messageCount).toBe(0);
  });

  it('publishes nothing when one line is too long', async () => {
    expect(await daemon.ask('POST', '/mpub?topic=t', 'a\n0123456789a\nb')).toBe('413 {"message":"MSG_TOO_BIG"}');
    expect(daemon.engine.topics.get('t')?.messageCount).toBe(0);
  });

  it.each([
    ['/mpub?topic=%zz', 'x'.repeat(101), '413 {"message":"BODY_TOO_BIG"}'],
    ['/mpub?topic=%zz', 'x', '400 {"message":"INVALID_REQUEST"}'],
    ['/mpub', 'x'.repeat(100), '400 {"message":"MISSING_ARG_TOPIC"}'],
    ['/mpub?topic=$', 'x', '400 {"message":"INVALID_TOPIC"}'],
  ])('refuses %s with body %j and makes no topic', async (url, body, reply) => {
    expect(await daemon.ask('POST', url, body)).toBe(reply);
    expect(topics()).toEqual([]);
  });

  it('ignores defer', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', '/mpub?topic=t&defer=abc&binary=false', 'a')).toBe('200 OK');
    expect(channel.depth).toBe(1);
  });
});

describe('POST /mpub, binary', () => {
  it.each([['true'], ['1'], ['TRUE'], ['yes'], ['']])('is meant by binary=%s', async (value) => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', `/mpub?topic=t&binary=${value}`, binary(2, 'a\n', 'bc'))).toBe('200 OK');
    expect(daemon.take(channel)).toEqual(['a\n', 'bc']);
    const warnings = value === 'true' || value === '1' ? [] : [`WARNING: deprecated value '${value}' used for /mpub binary param`];
    expect(daemon.lines).toEqual(warnings);
  });

  it('ignores what follows the last message', async () => {
    const channel = daemon.channel('t', 'c');
    expect(await daemon.ask('POST', '/mpub?topic=t&binary=1', Buffer.concat([binary(1, 'a'), Buffer.from('rest')]))).toBe('200 OK');
    expect(daemon.take(channel)).toEqual(['a']);
  });

  it.each([
    ['no body', Buffer.alloc(0), 'BAD_BODY'],
    ['a cut count', Buffer.alloc(3), 'BAD_BODY'],
    ['count 0', binary(0), 'BAD_BODY'],
    ['a negative count', binary(-1, 'a'), 'BAD_BODY'],
    ['more messages than a body can hold', binary(20, 'a'), 'BAD_BODY'],
    ['as many messages as a body can hold, with too few of them', binary(19, 'a'), 'BAD_MESSAGE'],
    ['a size of 0', binary(1, ''), 'BAD_MESSAGE'],
    ['a negative size', Buffer.concat([binary(1), sizeOf(-1)]), 'BAD_MESSAGE'],
    ['a message too big', binary(2, 'a', '0123456789a'), 'BAD_MESSAGE'],
    ['a cut size', Buffer.concat([binary(2, 'a'), Buffer.alloc(3)]), 'BAD_MESSAGE'],
    ['a cut message', Buffer.concat([binary(1), sizeOf(3), Buffer.from('ab')]), 'BAD_MESSAGE'],
  ])('refuses %s', async (_what, body, code) => {
    expect(await daemon.ask('POST', '/mpub?topic=t&binary=true', body)).toBe(`413 {"message":"${code}"}`);
    expect(daemon.engine.topics.get('t')?.messageCount).toBe(0);
  });
});
