import type { Timers } from '../../src/realtime/connection'

/** Timers whose time passes only when the test says so. */
export class ManualTimers implements Timers {
  private now = 0
  private next = 1
  private readonly due = new Map<number, { at: number; run: () => void }>()

  set(run: () => void, ms: number): number {
    this.due.set(this.next, { at: this.now + ms, run })
    return this.next++
  }

  clear(id: number): void {
    this.due.delete(id)
  }

  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const first = [...this.due].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!first) break
      this.due.delete(first[0])
      this.now = first[1].at
      first[1].run()
    }
    this.now = end
  }
}
