import type { PathCount } from '../api/models'

/** Calls by node and exit over the days from `since` (YYYY-MM-DD) on. */
export class Counts {
  private readonly byNode = new Map<string, number>()
  private readonly byExit = new Map<string, number>()

  constructor(rows: readonly PathCount[], since: string) {
    for (const { node, exit, count } of rows.filter((row) => row.day >= since)) {
      this.byNode.set(node, (this.byNode.get(node) ?? 0) + count)
      this.byExit.set(`${node}|${exit}`, (this.byExit.get(`${node}|${exit}`) ?? 0) + count)
    }
  }

  node(key: string): number {
    return this.byNode.get(key) ?? 0
  }

  exit(key: string, exit: string): number {
    return this.byExit.get(`${key}|${exit}`) ?? 0
  }

  get any(): boolean {
    return this.byNode.size > 0
  }
}

/** The day `days` before today, in the reader's zone. */
export function dayBefore(today: Date, days: number): string {
  const at = new Date(today.getFullYear(), today.getMonth(), today.getDate() - days)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
