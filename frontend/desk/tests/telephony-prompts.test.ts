import { describe, expect, it } from 'vitest'
import type { Prompt, PromptBook } from '../src/api/models'
import { groupsOf, stateOf, wanting } from '../src/telephony/prompt-book'
import { follow, freshTrial, type TrialState } from '../src/telephony/trial'
import { peaksOf, wavOf } from '../src/telephony/wave'

const prompt = (key: string, language: string, out_of_date = false): Prompt => ({
  id: `${key}-${language}`,
  key,
  language,
  name: key,
  duration_ms: 1500,
  edits: {},
  text: '',
  spoken: false,
  out_of_date,
  changed_at: '2026-01-31T09:00:00Z',
  version: 1,
})
const use = (key: string, flow: string, node: string, heard = true): PromptBook['uses'][number] => ({
  key,
  flow,
  flow_name: flow,
  node,
  heard,
})
const book: PromptBook = {
  prompts: [prompt('welcome', 'zh-CN'), prompt('old', 'zh-CN', true), prompt('old', 'en'), prompt('spare', 'en')],
  uses: [
    use('welcome', 'main', 'hello'),
    use('welcome', 'main', 'again', false),
    use('old', 'main', 'x'),
    use('gone', 'night', 'y', false),
  ],
  gaps: [{ flow: 'main', flow_name: 'main', node: 'bye', language: 'en', heard: true }],
  has_voice: true,
}

describe('the book of prompts', () => {
  const groups = groupsOf(book)

  it('has a group for each flow that plays some, and one for those that none plays', () => {
    expect(groups.map((group) => [group.flow, group.rows.map((row) => row.key)])).toEqual([
      ['main', ['old', 'welcome']],
      ['night', ['gone']],
      ['', ['spare']],
    ])
    expect(groups[0]!.rows[1]).toMatchObject({ nodes: ['hello', 'again'], heard: true })
    expect(groups[1]!.rows[0]!.heard).toBe(false)
  })

  it('says what callers miss, and lists only what wants work in the languages that are asked for', () => {
    const [old, welcome] = groups[0]!.rows
    expect([stateOf(old!, 'zh-CN'), stateOf(old!, 'en')]).toEqual(['out_of_date', 'ok'])
    expect([stateOf(welcome!, 'zh-CN'), stateOf(welcome!, 'en')]).toEqual(['ok', 'missing'])
    expect(stateOf(groups[1]!.rows[0]!, 'zh-CN')).toBe('silent')
    expect(stateOf(groups[2]!.rows[0]!, 'zh-CN')).toBe('unmade')
    expect(wanting(groups[0]!, ['zh-CN']).map((row) => row.key)).toEqual(['old'])
    expect(wanting(groups[0]!, ['en']).map((row) => row.key)).toEqual(['welcome'])
  })
})

describe('a sound', () => {
  it('is written as PCM that every machine reads, and never beyond its limits', () => {
    const file = new DataView(wavOf(new Float32Array([0, 1, -2, 0.5]), 8000))
    const letters = String.fromCharCode(...new Uint8Array(file.buffer, 0, 4), ...new Uint8Array(file.buffer, 8, 4))
    expect([letters, file.byteLength, file.getUint32(24, true)]).toEqual(['RIFFWAVE', 52, 8000])
    expect([0, 1, 2, 3].map((at) => file.getInt16(44 + 2 * at, true))).toEqual([0, 32767, -32767, 16384])
  })

  it('is seen as a curve, also when it is shorter than the curve', () => {
    expect(peaksOf(new Float32Array([0, -0.5, 0.25, 1]), 2)).toEqual([0.5, 1])
    expect(peaksOf(new Float32Array([0.5]), 3)).toHaveLength(3)
  })
})

describe('a trial', () => {
  const told = (state: TrialState, frame: object): TrialState =>
    follow(state, { type: 'trial', leg_id: 'l', ...frame } as never)

  it('keeps the way with the exits and keys, and what is known', () => {
    let state = told(freshTrial, { what: 'node', flow: 'main', node: 'menu', passed: null, values: {} })
    state = told(state, { what: 'heard', words: ['请按键'] })
    const passed = { node: 'menu', exit: '2', keys: '92' }
    state = told(state, { what: 'node', flow: 'main', node: 'human', passed, values: { number: '17' } })
    expect(state.steps.map((step) => [step.kind, step.text, step.exit, step.keys])).toEqual([
      ['node', 'menu', '2', '92'],
      ['heard', '请按键', '', ''],
      ['node', 'human', '', ''],
    ])
    expect([state.node, state.values]).toEqual(['human', { number: '17' }])
  })

  it('a choice goes with the next node, and the end is told', () => {
    const asked = told(freshTrial, { what: 'choose', act: 'queue', detail: {}, options: { 1: 'agent' } })
    expect(asked.choice?.options).toEqual({ 1: 'agent' })
    const on = told(asked, { what: 'node', flow: 'main', node: 'bye', passed: null, values: {} })
    expect([on.choice, told(on, { what: 'over', why: 'finished' }).over]).toEqual([null, 'finished'])
  })
})
