/** A level of 0 means that the agent has not got the skill. */
export interface CellChange {
  agentId: string
  skillId: string
  level: number
}

type Levels = ReadonlyMap<string, number>

export const cellKey = (agentId: string, skillId: string): string => `${agentId}|${skillId}`

/** Unsaved levels over the saved ones, with undo and redo; one step may change many cells. Immutable. */
export class SkillEdits {
  private constructor(
    private readonly saved: Levels,
    private readonly past: readonly Levels[],
    private readonly now: Levels,
    private readonly future: readonly Levels[],
  ) {}

  static over(saved: Iterable<CellChange>): SkillEdits {
    const levels = new Map([...saved].map((cell) => [cellKey(cell.agentId, cell.skillId), cell.level]))
    return new SkillEdits(levels, [], new Map(), [])
  }

  level(agentId: string, skillId: string): number {
    return this.now.get(cellKey(agentId, skillId)) ?? this.savedLevel(agentId, skillId)
  }

  savedLevel(agentId: string, skillId: string): number {
    return this.saved.get(cellKey(agentId, skillId)) ?? 0
  }

  changed(agentId: string, skillId: string): boolean {
    return this.now.has(cellKey(agentId, skillId))
  }

  /** One undoable step. Cells that return to their saved level are no longer changed. */
  set(cells: Iterable<CellChange>): SkillEdits {
    const next = new Map(this.now)
    for (const { agentId, skillId, level } of cells) {
      const key = cellKey(agentId, skillId)
      if (level === this.savedLevel(agentId, skillId)) next.delete(key)
      else next.set(key, level)
    }
    if (sameLevels(next, this.now)) return this
    return new SkillEdits(this.saved, [...this.past, this.now], next, [])
  }

  undo(): SkillEdits {
    const before = this.past.at(-1)
    if (!before) return this
    return new SkillEdits(this.saved, this.past.slice(0, -1), before, [this.now, ...this.future])
  }

  redo(): SkillEdits {
    const [after, ...rest] = this.future
    if (!after) return this
    return new SkillEdits(this.saved, [...this.past, this.now], after, rest)
  }

  discard(): SkillEdits {
    return this.now.size === 0 ? this : new SkillEdits(this.saved, [...this.past, this.now], new Map(), [])
  }

  /** The same edits over newly saved levels: somebody else saved meanwhile. */
  rebase(saved: Iterable<CellChange>): SkillEdits {
    return SkillEdits.over(saved).set(this.changes)
  }

  get changes(): CellChange[] {
    return [...this.now].map(([key, level]) => {
      const [agentId = '', skillId = ''] = key.split('|')
      return { agentId, skillId, level }
    })
  }

  get canUndo(): boolean {
    return this.past.length > 0
  }

  get canRedo(): boolean {
    return this.future.length > 0
  }
}

function sameLevels(one: Levels, other: Levels): boolean {
  return one.size === other.size && [...one].every(([key, level]) => other.get(key) === level)
}
