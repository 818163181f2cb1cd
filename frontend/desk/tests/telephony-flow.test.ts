import { describe, expect, it } from 'vitest'
import { arrange } from '../src/telephony/arrange'
import { Counts, dayBefore } from '../src/telephony/counts'
import { exitsOf, freeKey, freshNode, renamed, withoutNode, withTarget, type FlowDraft } from '../src/telephony/flow'
import { History } from '../src/telephony/history'
import { fieldsOf, kindNames } from '../src/telephony/kinds'
import { tallyOf } from '../src/telephony/tally'
import { fieldOf } from '../src/telephony/words'

const flow: FlowDraft = {
  start: 'answer',
  fax: 'bye',
  after_call: null,
  nodes: {
    answer: { kind: 'answer', next: 'menu' },
    menu: {
      kind: 'menu',
      say: [],
      choices: { '1': 'human', '9': 'bye', '*': 'repeat' },
      on_silence: 'human',
      on_invalid: 'bye',
    },
    human: { kind: 'queue', say: [], on_message: 'bye', on_callback: null },
    bye: { kind: 'hang_up', say: [] },
  },
}

describe('a flow', () => {
  it('names every way out of a node, the key that repeats is none', () => {
    expect(exitsOf(flow.nodes.menu!).map(({ name, target }) => [name, target])).toEqual([
      ['1', 'human'],
      ['9', 'bye'],
      ['silence', 'human'],
      ['invalid', 'bye'],
    ])
    expect(exitsOf(flow.nodes.human!)).toEqual([{ name: 'message', field: 'on_message', target: 'bye' }])
    expect(exitsOf(flow.nodes.bye!)).toEqual([])
  })

  it('a node under another key takes all ways to it along, the original stays as it was', () => {
    const next = renamed(flow, 'bye', 'goodbye')
    expect(Object.keys(next.nodes)).toEqual(['answer', 'menu', 'human', 'goodbye'])
    expect(next.nodes.menu).toMatchObject({
      choices: { '1': 'human', '9': 'goodbye', '*': 'repeat' },
      on_invalid: 'goodbye',
    })
    expect(next.nodes.human!.on_message).toBe('goodbye')
    expect([next.start, next.fax]).toEqual(['answer', 'goodbye'])
    expect(flow.nodes.human!.on_message).toBe('bye')
    for (const wrong of ['human', 'Bye', '', '1st']) expect(renamed(flow, 'bye', wrong)).toBe(flow)
  })

  it('without a node its ways lead nowhere, optional ones are gone', () => {
    const next = withoutNode(flow, 'bye')
    expect(next.nodes.menu).toMatchObject({ choices: { '1': 'human', '9': '' }, on_silence: 'human', on_invalid: '' })
    expect([next.nodes.human!.on_message, next.fax]).toEqual([null, null])
    expect(withoutNode(flow, 'answer').start).toBe('')
  })

  it('a way is led elsewhere, also one by a key', () => {
    const next = withTarget(flow, 'menu', { field: 'choices', inner: '9' }, 'human')
    expect(next.nodes.menu!.choices).toEqual({ '1': 'human', '9': 'human', '*': 'repeat' })
    expect(withTarget(flow, 'menu', { field: 'on_silence' }, 'bye').nodes.menu!.on_silence).toBe('bye')
    expect(withTarget(flow, 'gone', { field: 'next' }, 'bye')).toBe(flow)
  })

  it('a fresh node of every kind has all its fields, and shares nothing with the next', () => {
    for (const kind of kindNames) {
      const node = freshNode(kind)
      expect(Object.keys(node).sort()).toEqual([...new Set(['kind', ...fieldsOf(kind).map((one) => one.name)])].sort())
    }
    const one = freshNode('menu')
    ;(one.choices as Record<string, string>)['1'] = 'human'
    expect(freshNode('menu').choices).toEqual({})
  })

  it('a key that is taken gets a number', () => {
    expect([freeKey(flow, 'play'), freeKey(flow, 'menu')]).toEqual(['play', 'menu_2'])
  })

  it('is laid out by the steps from its entries, nothing on top of another, the unreachable last', () => {
    const nodes = { ...flow.nodes, lost: freshNode('play'), ring: { kind: 'play' as const, say: [], next: 'ring' } }
    const places = arrange({ ...flow, nodes })
    const column = (key: string): number => places.get(key)!.x
    expect(column('answer')).toBe(0)
    expect(column('answer')).toBeLessThan(column('menu'))
    expect(column('menu')).toBeLessThan(column('human'))
    expect(column('lost')).toBeGreaterThan(column('human'))
    expect(column('ring')).toBe(column('lost'))
    expect(new Set([...places.values()].map(({ x, y }) => `${x}/${y}`)).size).toBe(6)
  })
})

describe('problems', () => {
  it('stand at the field that they are about', () => {
    const exits = exitsOf(flow.nodes.menu!)
    expect(fieldOf({ node: 'menu', code: 'invalid_flow', detail: 'say.0.text' }, exits)).toBe('say')
    expect(fieldOf({ node: 'menu', code: 'unknown_target', detail: 'bye' }, exits)).toBe('choices')
    expect(fieldOf({ node: 'menu', code: 'missing_text', detail: 'zh-CN' }, exits)).toBe('say')
    expect(fieldOf({ node: 'menu', code: 'dead_end', detail: '' }, exits)).toBe('')
  })
})

describe('history', () => {
  it('undoes, redoes, and knows what is saved', () => {
    let history = History.of({ n: 1 }).set({ n: 2 }).set({ n: 2 }).set({ n: 3 })
    expect([history.changed, history.canUndo, history.canRedo]).toEqual([true, true, false])
    history = history.undo()
    expect([history.now.n, history.canRedo]).toEqual([2, true])
    history = history.undo().undo()
    expect([history.now.n, history.changed, history.canUndo]).toEqual([1, false, false])
    history = history.redo().redo().redo()
    expect(history.now.n).toBe(3)
    history = history.stored(history.now)
    expect([history.changed, history.undo().changed, history.undo().now.n]).toEqual([false, true, 2])
    expect(history.undo().set({ n: 9 }).canRedo).toBe(false)
  })
})

describe('counts', () => {
  it('add up the days that are asked for, by node and exit', () => {
    const rows = [
      { day: '2026-03-01', node: 'menu', exit: '1', count: 5 },
      { day: '2026-03-02', node: 'menu', exit: '1', count: 2 },
      { day: '2026-03-02', node: 'menu', exit: 'silence', count: 3 },
    ]
    const counts = new Counts(rows, '2026-03-02')
    expect([counts.node('menu'), counts.exit('menu', '1'), counts.exit('menu', '2')]).toEqual([5, 2, 0])
    expect(new Counts(rows, '2026-03-01').node('menu')).toBe(10)
    expect(dayBefore(new Date(2026, 2, 1), 1)).toBe('2026-02-28')
  })

  it('a tally keeps the order of the keys and those that nobody pressed', () => {
    expect(tallyOf({ keys: ['2', '1'], votes: { '1': 3, '7': 1 } })).toEqual([
      { key: '2', votes: 0, percent: 0 },
      { key: '1', votes: 3, percent: 75 },
      { key: '7', votes: 1, percent: 25 },
    ])
    expect(tallyOf({ keys: ['1'], votes: {} })).toEqual([{ key: '1', votes: 0, percent: 0 }])
  })
})
