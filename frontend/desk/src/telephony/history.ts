const MOST_STEPS = 200

/** A value with undo and redo. Immutable; a step that changes nothing is none. */
export class History<T> {
  private constructor(
    readonly saved: T,
    private readonly past: readonly T[],
    readonly now: T,
    private readonly future: readonly T[],
  ) {}

  static of<T>(saved: T): History<T> {
    return new History(saved, [], saved, [])
  }

  set(next: T): History<T> {
    if (same(next, this.now)) return this
    return new History(this.saved, [...this.past, this.now].slice(-MOST_STEPS), next, [])
  }

  undo(): History<T> {
    const before = this.past.at(-1)
    return before === undefined
      ? this
      : new History(this.saved, this.past.slice(0, -1), before, [this.now, ...this.future])
  }

  redo(): History<T> {
    const [after, ...rest] = this.future
    return after === undefined ? this : new History(this.saved, [...this.past, this.now], after, rest)
  }

  /** What is there now is saved, as the server has it. */
  stored(saved: T): History<T> {
    return new History(saved, this.past, this.now, this.future)
  }

  get changed(): boolean {
    return !same(this.now, this.saved)
  }

  get canUndo(): boolean {
    return this.past.length > 0
  }

  get canRedo(): boolean {
    return this.future.length > 0
  }
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
