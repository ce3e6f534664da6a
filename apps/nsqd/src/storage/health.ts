/** Whether messages can be stored: what the last write of any topic said. */
export class Health {
  #problem: string | undefined;

  /** What is wrong; undefined when nothing is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  failed(error: Error): void {
    this.#problem = error.message;
  }

  worked(): void {
    this.#problem = undefined;
  }
}
