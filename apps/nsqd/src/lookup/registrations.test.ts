import { array, assert, boolean, constantFrom, oneof, property, record, type Arbitrary } from 'fast-check';
import { Registrations } from './registrations.js';

/** Topics and channels of a test. */
class World {
  readonly topics = new Map<string, { readonly channels: Map<string, object> }>();
  readonly registrations = new Registrations(this.topics);

  topic(name: string): void {
    if (this.topics.has(name)) return;
    this.topics.set(name, { channels: new Map() });
    this.registrations.changed(name);
  }

  channel(topic: string, name: string): void {
    this.topic(topic);
    const channels = this.topics.get(topic)?.channels;
    if (channels?.has(name) !== false) return;
    channels.set(name, {});
    this.registrations.changed(topic, name);
  }

  deleteTopic(name: string): void {
    for (const channel of [...(this.topics.get(name)?.channels.keys() ?? [])]) this.deleteChannel(name, channel);
    if (this.topics.delete(name)) this.registrations.changed(name);
  }

  deleteChannel(topic: string, name: string): void {
    if (this.topics.get(topic)?.channels.delete(name) === true) this.registrations.changed(topic, name);
  }

  /** All that is due. */
  due(): string[] {
    const lines: string[] = [];
    for (let next = this.registrations.next(); next !== null; next = this.registrations.next()) lines.push(next.text);
    return lines;
  }

  /** `t` and `t c`, sorted. */
  get names(): string[] {
    return [...this.topics].flatMap(([topic, { channels }]) => [topic, ...[...channels.keys()].map((name) => `${topic} ${name}`)]).sort();
  }
}

let world: World;
beforeEach(() => (world = new World()));

it('registers channels instead of their topic on a new connection, and a topic that has none', () => {
  world.channel('a', 'x');
  world.channel('a', 'y');
  world.topic('b');
  world.registrations.restart();
  expect(world.due()).toEqual(['REGISTER a x', 'REGISTER a y', 'REGISTER b']);
  expect(world.due()).toEqual([]);
  world.registrations.restart();
  expect(world.due()).toEqual(['REGISTER a x', 'REGISTER a y', 'REGISTER b']);
});

it('tells what comes and goes', () => {
  world.channel('t', 'a');
  expect(world.due()).toEqual(['REGISTER t', 'REGISTER t a']);
  world.channel('t', 'b');
  world.deleteChannel('t', 'a');
  expect(world.due()).toEqual(['REGISTER t b', 'UNREGISTER t a']);
  world.channel('t', 'c');
  expect(world.due()).toEqual(['REGISTER t c']);
  world.deleteTopic('t');
  expect(world.due()).toEqual(['UNREGISTER t', 'UNREGISTER t b', 'UNREGISTER t c']);
});

it('does not mention what came and went meanwhile', () => {
  world.channel('short', 'lived');
  world.deleteTopic('short');
  world.channel('t', 'short#ephemeral');
  world.deleteChannel('t', 'short#ephemeral');
  expect(world.due()).toEqual(['REGISTER t']);
});

it('unregisters what was made anew, which lifts a tombstone', () => {
  world.channel('t', 'c');
  world.due();
  world.deleteTopic('t');
  world.channel('t', 'c');
  expect(world.due()).toEqual(['UNREGISTER t', 'UNREGISTER t c', 'REGISTER t', 'REGISTER t c']);
  world.deleteChannel('t', 'c');
  world.channel('t', 'c');
  expect(world.due()).toEqual(['UNREGISTER t c', 'REGISTER t c']);
});

it('says which registrations are those of a new connection', () => {
  world.topic('t');
  world.registrations.restart();
  expect(world.registrations.next()?.initial).toBe(true);
  expect(world.due()).toEqual([]);
  world.channel('t', 'c');
  expect(world.registrations.next()?.initial).toBe(false);
});

it('does not repeat a name that was refused until it is made anew', () => {
  world.channel('t', 'bad');
  world.channel('t', 'good');
  world.topic('worse');
  for (let next = world.registrations.next(); next !== null; next = world.registrations.next()) {
    if (next.channel === 'bad' || next.topic === 'worse') world.registrations.refuse(next);
  }
  world.registrations.restart();
  expect(world.due()).toEqual(['REGISTER t good']);
  world.deleteChannel('t', 'bad');
  world.channel('t', 'bad');
  expect(world.due()).toEqual(['REGISTER t bad']);
});

type Step = readonly ['make' | 'delete', string, string] | readonly ['say', number] | readonly ['reconnect'];
const name = constantFrom('a', 'b', 'c');
const change = (verb: 'make' | 'delete'): Arbitrary<Step> =>
  record({ topic: name, channel: name, whole: boolean() }).map(({ topic, channel, whole }) => [verb, topic, whole ? '' : channel] as const);

it('leaves the nsqlookupd with what there is, whatever happens in between', () => {
  const steps: Arbitrary<Step> = oneof(
    change('make'),
    change('delete'),
    constantFrom<Step>(['say', 1], ['say', 2], ['say', 100], ['reconnect']),
  );
  assert(
    property(array(steps, { maxLength: 60 }), (script) => {
      const { registrations, topics } = (world = new World());
      let known = new Set<string>();
      const say = (count: number): void => {
        for (let i = 0; i < count; i++) {
          const next = registrations.next();
          if (next === null) return;
          const { text, topic, channel } = next;
          if (text.startsWith('REGISTER')) known.add(topic).add(channel === '' ? topic : `${topic} ${channel}`);
          else if (channel !== '') known.delete(`${topic} ${channel}`);
          else known = new Set([...known].filter((other) => other !== topic && !other.startsWith(`${topic} `)));
        }
      };
      for (const step of script) {
        if (step[0] === 'say') say(step[1]);
        else if (step[0] === 'reconnect') {
          known = new Set();
          registrations.restart();
        } else {
          const [verb, topic, channel] = step;
          if (verb === 'make' && channel === '') world.topic(topic);
          else if (verb === 'make') world.channel(topic, channel);
          else if (channel === '') world.deleteTopic(topic);
          else world.deleteChannel(topic, channel);
        }
      }
      say(Infinity);
      expect([...known].sort()).toEqual(world.names);
      expect(topics.size).toBeLessThanOrEqual(3);
    }),
  );
});
