import fc from 'fast-check';
import { RdyDistributor, type RdyLane } from './rdy-distributor.js';

class Lane implements RdyLane {
  rdy = 0;
  inFlight = 0;
  readonly maxRdy: number;
  /** When it last had a slot. */
  had = 0;

  constructor(maxRdy = 2500) {
    this.maxRdy = maxRdy;
  }

  setRdy(count: number): void {
    this.rdy = count;
  }
}

const lanesOf = (count: number): Lane[] => Array.from({ length: count }, () => new Lane());
function make(limit: number, lanes: readonly Lane[]): RdyDistributor {
  const rdy = new RdyDistributor();
  rdy.setLimit(limit);
  for (const lane of lanes) rdy.add(lane);
  return rdy;
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('gives each connection its share, and all of it to those that are left', () => {
  const lanes = lanesOf(3);
  const rdy = make(10, lanes);
  expect(lanes.map((lane) => lane.rdy)).toEqual([4, 3, 3]);
  rdy.remove(lanes[0] as Lane);
  expect(lanes.slice(1).map((lane) => lane.rdy)).toEqual([5, 5]);
  rdy.setLimit(0);
  expect(lanes.slice(1).map((lane) => lane.rdy)).toEqual([0, 0]);
  expect(jest.getTimerCount()).toBe(0);
});

it('asks for no more than an nsqd allows', () => {
  const lanes = [new Lane(5), new Lane()];
  make(100, lanes);
  expect(lanes.map((lane) => lane.rdy)).toEqual([5, 50]);
});

it.each([
  [2, 1],
  [3, 2],
  [10, 1],
  [10, 9],
  [64, 4],
])('lets none of %d idle connections wait longer than a second for one of %d slots', (count, limit) => {
  const lanes = lanesOf(count);
  const rdy = make(limit, lanes);
  for (let now = 0; now < 2500; now += 5) {
    jest.advanceTimersByTime(5);
    expect(lanes.filter((lane) => lane.rdy > 0)).toHaveLength(limit);
    for (const lane of lanes) {
      if (lane.rdy > 0) lane.had = now;
      expect(now - lane.had).toBeLessThanOrEqual(1000);
    }
  }
  rdy.stop();
});

it('lets none starve while another always has messages', () => {
  const lanes = lanesOf(4);
  const [busy] = lanes as [Lane];
  const rdy = make(1, lanes);
  for (let now = 0; now < 2500; now += 5) {
    // A new message as soon as the one before is answered.
    busy.inFlight = busy.rdy;
    jest.advanceTimersByTime(5);
    busy.inFlight = busy.rdy;
    rdy.answered();
    for (const lane of lanes) {
      if (lane.rdy > 0) lane.had = now;
      expect(now - lane.had).toBeLessThanOrEqual(1000);
    }
  }
  rdy.stop();
});

it('gives no slot away while its message is unanswered', () => {
  const lanes = lanesOf(3);
  const rdy = make(1, lanes);
  const holder = lanes.find((lane) => lane.rdy === 1) as Lane;
  holder.inFlight = 1;
  jest.advanceTimersByTime(2000);
  expect(lanes.map((lane) => lane.rdy)).toEqual([0, 0, 0]);
  holder.inFlight = 0;
  rdy.answered();
  expect(lanes.filter((lane) => lane.rdy === 1)).toHaveLength(1);
  expect(holder.rdy).toBe(0);
  rdy.stop();
});

it('never lets more in flight than the limit, whatever happens', () => {
  const step = fc.record({ what: fc.constantFrom('limit', 'add', 'remove', 'receive', 'answer', 'wait'), n: fc.nat(12) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const rdy = new RdyDistributor();
      const lanes: Lane[] = [];
      let limit = 0;
      for (const { what, n } of steps) {
        const lane = lanes[n % Math.max(1, lanes.length)];
        if (what === 'limit') rdy.setLimit((limit = n));
        else if (what === 'add') {
          const added = new Lane();
          lanes.push(added);
          rdy.add(added);
        } else if (what === 'wait') jest.advanceTimersByTime(n * 100);
        else if (lane === undefined) continue;
        else if (what === 'remove') {
          lanes.splice(lanes.indexOf(lane), 1);
          rdy.remove(lane);
        } else if (what === 'receive' && lane.inFlight < lane.rdy) lane.inFlight++;
        else if (what === 'answer' && lane.inFlight > 0) {
          lane.inFlight--;
          rdy.answered();
        }
        expect(lanes.reduce((sum, { rdy: count }) => sum + count, 0)).toBeLessThanOrEqual(limit);
        if (limit >= lanes.length)
          for (const { rdy: count } of lanes) expect(count).toBeGreaterThanOrEqual(Math.floor(limit / lanes.length));
      }
      rdy.stop();
      expect(jest.getTimerCount()).toBe(0);
    }),
    { numRuns: 60 },
  );
});
