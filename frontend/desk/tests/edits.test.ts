import { describe, expect, it } from 'vitest'
import { SkillEdits } from '../src/skills/edits'

const saved = [
  { agentId: 'a', skillId: 's', level: 6 },
  { agentId: 'b', skillId: 's', level: 9 },
]

describe('skill edits', () => {
  it('undo and redo walk through the steps, a step may hold many cells', () => {
    let edits = SkillEdits.over(saved).set([{ agentId: 'a', skillId: 's', level: 8 }])
    edits = edits.set([
      { agentId: 'a', skillId: 's', level: 7 },
      { agentId: 'b', skillId: 's', level: 0 },
    ])
    expect([edits.level('a', 's'), edits.level('b', 's')]).toEqual([7, 0])
    edits = edits.undo()
    expect([edits.level('a', 's'), edits.level('b', 's')]).toEqual([8, 9])
    edits = edits.undo()
    expect(edits.changes).toEqual([])
    expect(edits.canUndo).toBe(false)
    edits = edits.redo().redo()
    expect([edits.level('a', 's'), edits.level('b', 's')]).toEqual([7, 0])
    expect(edits.canRedo).toBe(false)
  })

  it('a new step after an undo forgets what could be redone', () => {
    const edits = SkillEdits.over(saved)
      .set([{ agentId: 'a', skillId: 's', level: 8 }])
      .undo()
      .set([{ agentId: 'a', skillId: 's', level: 2 }])
    expect(edits.canRedo).toBe(false)
    expect(edits.level('a', 's')).toBe(2)
  })

  it('a cell that is set back to its saved level counts as unchanged', () => {
    const edits = SkillEdits.over(saved)
      .set([{ agentId: 'a', skillId: 's', level: 8 }])
      .set([{ agentId: 'a', skillId: 's', level: 6 }])
    expect(edits.changes).toEqual([])
    expect(edits.canUndo).toBe(true)
  })

  it('setting a cell to what it is makes no step', () => {
    const edits = SkillEdits.over(saved)
    expect(edits.set([{ agentId: 'a', skillId: 's', level: 6 }])).toBe(edits)
  })

  it('discard can be undone', () => {
    const edits = SkillEdits.over(saved)
      .set([{ agentId: 'a', skillId: 's', level: 8 }])
      .discard()
    expect(edits.changes).toEqual([])
    expect(edits.undo().level('a', 's')).toBe(8)
  })

  it('keeps the edits when somebody else saved meanwhile', () => {
    const edits = SkillEdits.over(saved).set([{ agentId: 'a', skillId: 's', level: 8 }])
    const rebased = edits.rebase([
      { agentId: 'a', skillId: 's', level: 8 },
      { agentId: 'b', skillId: 's', level: 1 },
    ])
    expect(rebased.changes).toEqual([])
    expect(rebased.savedLevel('b', 's')).toBe(1)
  })
})
