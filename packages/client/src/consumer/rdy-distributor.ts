/** A subscription, as far as its RDY is concerned. */
export interface RdyLane {
  /** The RDY that nsqd was told last. */
  readonly rdy: number;
  /** Messages received and not answered. */
  readonly inFlight: number;
  /** What nsqd allows. */
  readonly maxRdy: number;
  setRdy(count: number): void;
}

/** In one round of so long each lane has its turn, when there are fewer messages than lanes. */
const ROUND_MS = 900;
const MIN_SLICE_MS = 5;

/**
 * Spreads the messages that may be in flight over the lanes. Enough for all: each gets its share. Fewer than lanes: single ones go
 * from lane to lane, in slices of a round, so that every nsqd with something to give comes to its turn within a second, unless
 * the messages of others are unanswered for longer.
 */
export class RdyDistributor {
  readonly #lanes: RdyLane[] = []; // when slots go round: in the order in which they get one
  #limit = 0;
  #timer: NodeJS.Timeout | null = null;

  get lanes(): readonly RdyLane[] {
    return this.#lanes;
  }

  add(lane: RdyLane): void {
    this.#lanes.push(lane);
    this.#spread();
  }

  remove(lane: RdyLane): void {
    const index = this.#lanes.indexOf(lane);
    if (index < 0) return;
    this.#lanes.splice(index, 1);
    this.#spread();
  }

  /** @param limit messages that may be in flight over all lanes */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#spread();
  }

  /** A message has been answered. Only when slots go round does it matter. */
  answered(): void {
    if (this.#timer !== null) this.#grant();
  }

  stop(): void {
    this.#limit = 0;
    this.#rotate(false);
  }

  #spread(): void {
    const lanes = this.#lanes;
    const count = lanes.length;
    const scarce = this.#limit > 0 && this.#limit < count;
    this.#rotate(scarce);
    if (scarce) {
      this.#trim();
      this.#grant();
      return;
    }
    const share = count === 0 ? 0 : Math.floor(this.#limit / count);
    const more = count === 0 ? 0 : this.#limit % count; // lanes that get one more
    const wanted = lanes.map((lane, index) => Math.min(lane.maxRdy, index < more ? share + 1 : share));
    // Less before more, so that the limit holds meanwhile.
    lanes.forEach((lane, index) => lane.setRdy(Math.min(lane.rdy, wanted[index] as number)));
    lanes.forEach((lane, index) => lane.setRdy(wanted[index] as number));
  }

  #rotate(on: boolean): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (!on) return;
    const slice = Math.max(MIN_SLICE_MS, Math.floor((ROUND_MS * this.#limit) / this.#lanes.length));
    this.#timer = setInterval(() => this.#turn(), slice);
  }

  /** No lane has more than one, and no more lanes than the limit have one. */
  #trim(): void {
    let left = this.#limit;
    for (const lane of this.#lanes) {
      lane.setRdy(left > 0 ? Math.min(1, lane.rdy) : 0);
      left -= lane.rdy;
    }
  }

  /** A slice is over: those that had a slot go to the end of the line without it. */
  #turn(): void {
    const had = this.#lanes.filter((lane) => lane.rdy > 0);
    const others = this.#lanes.filter((lane) => lane.rdy === 0);
    this.#lanes.splice(0, this.#lanes.length, ...others, ...had);
    for (const lane of had) lane.setRdy(0);
    this.#grant();
  }

  /** Free slots go to the first in the line. A lane without a slot that still has unanswered messages uses as many. */
  #grant(): void {
    let free = this.#limit;
    for (const lane of this.#lanes) free -= Math.max(lane.rdy, lane.inFlight);
    for (const lane of this.#lanes) {
      if (free <= 0) return;
      if (lane.rdy > 0 || lane.inFlight > 0) continue;
      lane.setRdy(1);
      free--;
    }
  }
}
