import type { TrialFrame } from '@axd/shared/calls/protocol'

export interface TrialStep {
  id: number
  kind: 'node' | 'heard' | 'would'
  /** A node's key, what was heard, or what would happen. */
  text: string
  exit: string
  keys: string
  detail: Record<string, unknown>
}

/** How far a trial has come, as the panel shows it. Never changed in place. */
export interface TrialState {
  flow: string
  node: string
  steps: readonly TrialStep[]
  values: Readonly<Record<string, string>>
  /** What whoever tries it decides now, by key. */
  choice: { act: string; detail: Record<string, unknown>; options: Record<string, string> } | null
  over: string
}

export const freshTrial: TrialState = { flow: '', node: '', steps: [], values: {}, choice: null, over: '' }
/** The newest are shown; a trial that goes round for long keeps the page light. */
const MOST_STEPS = 200

export function follow(state: TrialState, frame: TrialFrame): TrialState {
  switch (frame.what) {
    case 'node': {
      const { flow, node, values, passed } = frame
      const steps = passed ? closed(state.steps, passed) : state.steps
      return { ...state, flow, node, values, choice: null, steps: added(steps, { kind: 'node', text: node }) }
    }
    case 'heard':
      return frame.words.length
        ? { ...state, steps: added(state.steps, { kind: 'heard', text: frame.words.join(' ') }) }
        : state
    case 'would':
      return { ...state, steps: added(state.steps, { kind: 'would', text: frame.act, detail: frame.detail }) }
    case 'choose': {
      const { act, detail, options } = frame
      return { ...state, choice: { act, detail, options } }
    }
    case 'over':
      return { ...state, choice: null, over: frame.why }
  }
}

function added(steps: readonly TrialStep[], step: Pick<TrialStep, 'kind' | 'text'> & Partial<TrialStep>): TrialStep[] {
  const id = (steps.at(-1)?.id ?? 0) + 1
  return [...steps, { exit: '', keys: '', detail: {}, ...step, id }].slice(-MOST_STEPS)
}

/** The newest step at the node that was passed learns which way it was left by. */
function closed(steps: readonly TrialStep[], passed: { node: string; exit: string; keys: string }): TrialStep[] {
  const at = steps.findLastIndex((step) => step.kind === 'node' && step.text === passed.node)
  return steps.map((step, place) => (place === at ? { ...step, exit: passed.exit, keys: passed.keys } : step))
}
