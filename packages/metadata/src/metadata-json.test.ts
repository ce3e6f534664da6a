import fc from 'fast-check';
import { MetadataError } from './metadata-error.js';
import { formatMetadata, parseMetadata, type MetadataState } from './metadata-json.js';

const isValidName = (name: string): boolean => name.length <= 64 && /^[.a-zA-Z0-9_-]+(#ephemeral)?$/.test(name);
const parse = (text: string) => parseMetadata(text, '/data/nsqd.dat', isValidName);

describe('formatMetadata', () => {
  it('writes null for no topics and for no channels', () => {
    expect(formatMetadata({ topics: [] }, '1.3.0')).toBe('{"topics":null,"version":"1.3.0"}');
    expect(formatMetadata({ topics: [{ name: 't', paused: true, channels: [] }] }, '1.3.0')).toBe(
      '{"topics":[{"name":"t","paused":true,"channels":null}],"version":"1.3.0"}',
    );
  });

  it('keeps the order of the keys and leaves out what does not belong', () => {
    const channel = { depth: 3, paused: false, name: 'c' };
    const topic = { id: 7, channels: [channel], paused: false, name: 't' };
    expect(formatMetadata({ topics: [topic] }, '1.3.0')).toBe(
      '{"topics":[{"name":"t","paused":false,"channels":[{"name":"c","paused":false}]}],"version":"1.3.0"}',
    );
  });
});

describe('parseMetadata', () => {
  const name = fc.stringMatching(/^[.a-zA-Z0-9_-]{1,40}(#ephemeral)?$/);
  const state: fc.Arbitrary<MetadataState> = fc.record({
    topics: fc.array(
      fc.record({ name, paused: fc.boolean(), channels: fc.array(fc.record({ name, paused: fc.boolean() }), { maxLength: 4 }) }),
      { maxLength: 4 },
    ),
  });

  it('gives back what was formatted', () => {
    fc.assert(
      fc.property(state, (given) => {
        expect(parse(formatMetadata(given, '1.3.0'))).toEqual({ ...given, warnings: [] });
      }),
    );
  });

  it('gives a state or a MetadataError, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          expect(Array.isArray(parse(text).topics)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(MetadataError);
        }
      }),
    );
  });

  it('reads keys in any case and any order, and ignores those it does not know', () => {
    expect(parse('{"Version":"0.3.8","TOPICS":[{"Channels":[{"Paused":true,"NAME":"c","x":1}],"Name":"t","y":[]}],"z":{}}')).toEqual({
      topics: [{ name: 't', paused: false, channels: [{ name: 'c', paused: true }] }],
      warnings: [],
    });
  });

  it.each(['null', '{}', '{"topics":null}', '{"topics":[],"version":null}'])('reads %s as no topics', (text) => {
    expect(parse(text)).toEqual({ topics: [], warnings: [] });
  });

  it.each(['', ',"channels":null', ',"channels":[]'])('reads a topic with the members "%s" as one without channels', (members) => {
    expect(parse(`{"topics":[{"name":"t"${members}}]}`).topics).toEqual([{ name: 't', paused: false, channels: [] }]);
  });

  it('skips invalid names with a warning and loads the rest', () => {
    const text = '{"topics":[{"name":"bad topic","channels":[{"name":"c"}]},{"name":"t","channels":[{"name":"no!"},{"name":"c"}]},null]}';
    expect(parse(text)).toEqual({
      topics: [{ name: 't', paused: false, channels: [{ name: 'c', paused: false }] }],
      warnings: [
        'skipping creation of invalid topic bad topic',
        'skipping creation of invalid channel no!',
        'skipping creation of invalid topic ',
      ],
    });
  });

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"topics":[{"na', ''],
    ['\ufeff{}', ''],
    ['[]', 'the document is not an object'],
    ['"x"', 'the document is not an object'],
    ['{"topics":{}}', 'topics is not a list'],
    ['{"topics":["t"]}', 'topics[0] is not an object'],
    ['{"topics":[{"name":1}]}', 'topics[0].name is not a string'],
    ['{"topics":[{"name":"t","paused":"yes"}]}', 'topics[0].paused is not true or false'],
    ['{"topics":[{"name":"t","channels":"c"}]}', 'topics[0].channels is not a list'],
    ['{"topics":[{"name":"t","channels":[{"name":"c"},[]]}]}', 'topics[0].channels[1] is not an object'],
    ['{"version":13}', 'version is not a string'],
  ])('refuses %j', (text, reason) => {
    const attempt = () => parse(text);
    expect(attempt).toThrow(MetadataError);
    expect(attempt).toThrow(`failed to parse metadata in /data/nsqd.dat - ${reason}`);
  });
});
