import { EventEmitter } from 'node:events';
import { tell } from './tell.js';

afterEach(() => jest.restoreAllMocks());

it('leaves what a listener throws to the process, and comes back', () => {
  const thrown: unknown[] = [];
  jest.spyOn(process, 'nextTick').mockImplementation((callback) => {
    try {
      Reflect.apply(callback, undefined, []);
    } catch (error) {
      thrown.push(error);
    }
  });
  const emitter = new EventEmitter().on('event', () => {
    throw new Error('mistake of the application');
  });
  tell(() => emitter.emit('event'));
  expect(thrown).toEqual([new Error('mistake of the application')]);
});
