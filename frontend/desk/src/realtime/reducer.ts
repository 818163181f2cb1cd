/** One change of one entity. A change without data is a removal. */
export interface Change<T = unknown> {
  entity: string
  id: string
  version: number
  data: T | null
}

interface Kept<T> {
  version: number
  data: T | null
}

/**
 * Entities by kind and id, each at its newest version. Applying the same change twice, late or out of order changes
 * nothing; a removal is remembered so that an older change cannot bring the entity back.
 */
export class EntityMap<T = unknown> {
  private readonly kinds = new Map<string, Map<string, Kept<T>>>()

  /** Returns whether the change was news. */
  apply(change: Change<T>): boolean {
    const rows = this.kinds.get(change.entity) ?? new Map<string, Kept<T>>()
    this.kinds.set(change.entity, rows)
    const kept = rows.get(change.id)
    if (kept && kept.version >= change.version) return false
    rows.set(change.id, { version: change.version, data: change.data })
    return true
  }

  replace(changes: Iterable<Change<T>>): void {
    this.kinds.clear()
    for (const change of changes) this.apply(change)
  }

  get(entity: string, id: string): T | undefined {
    return this.kinds.get(entity)?.get(id)?.data ?? undefined
  }

  all(entity: string): T[] {
    return [...(this.kinds.get(entity)?.values() ?? [])].flatMap((row) => (row.data === null ? [] : [row.data]))
  }
}
