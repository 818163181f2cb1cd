import { fieldsOf, type Kind } from './kinds'

export interface Part {
  text?: Record<string, string>
  prompt?: string
  language?: string
}

export interface FlowNode {
  kind: Kind
  note?: string
  [field: string]: unknown
}

/** A flow as it is being edited: it may be unfinished. Never changed in place. */
export interface FlowDraft {
  start: string
  nodes: Record<string, FlowNode>
  fax?: string | null
  after_call?: string | null
}

/** One way out of a node: where it is written (`field`, and the key or value within it) and where it leads. */
export interface Exit {
  name: string
  field: string
  inner?: string
  target: string
}

/** As the target of a key: say the menu again. */
export const REPEAT = 'repeat'
export const NODE_KEY = /^[a-z][a-z0-9_]{0,39}$/
const ENTRIES = ['start', 'fax', 'after_call'] as const

export const emptyFlow = (): FlowDraft => ({
  start: 'answer',
  nodes: { answer: { kind: 'answer', next: 'human' }, human: { kind: 'queue', say: [] } },
})

export function freshNode(kind: Kind): FlowNode {
  const fields = fieldsOf(kind).map((field) => [field.name, structuredClone(field.initial)])
  return { ...Object.fromEntries(fields), kind } as FlowNode
}

/** Every exit of a node, those that lead nowhere yet included; optional ones only where they are set. */
export function exitsOf(node: FlowNode): Exit[] {
  return fieldsOf(node.kind).flatMap(({ name, type, exit }): Exit[] => {
    const value = node[name]
    if (type === 'target') return [{ name: exit!, field: name, target: String(value ?? '') }]
    if (type === 'optional_target') return value ? [{ name: exit!, field: name, target: String(value) }] : []
    if (type !== 'choices' && type !== 'cases') return []
    return Object.entries((value ?? {}) as Record<string, string>)
      .filter(([, target]) => target !== REPEAT)
      .map(([inner, target]) => ({ name: inner, field: name, inner, target }))
  })
}

export const entriesOf = (flow: FlowDraft): string[] =>
  ENTRIES.map((entry) => flow[entry]).filter((key) => !!key) as string[]

/** A record without one of its keys. */
export const without = <T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name !== key))

/** Another key for `wish` where it is taken: menu, menu_2, menu_3. */
export function freeKey(flow: FlowDraft, wish: string): string {
  let key = wish
  for (let n = 2; key in flow.nodes; n += 1) key = `${wish}_${n}`
  return key
}

export const withNode = (flow: FlowDraft, key: string, node: FlowNode): FlowDraft => ({
  ...flow,
  nodes: { ...flow.nodes, [key]: node },
})

export function withTarget(
  flow: FlowDraft,
  key: string,
  exit: Pick<Exit, 'field' | 'inner'>,
  target: string,
): FlowDraft {
  const node = flow.nodes[key]
  if (!node) return flow
  const value =
    exit.inner === undefined ? target : { ...(node[exit.field] as Record<string, string>), [exit.inner]: target }
  return withNode(flow, key, { ...node, [exit.field]: value })
}

/** Every mention of `from` as a target becomes `into`; what may stay empty becomes null for an empty one. */
function redirect(flow: FlowDraft, from: string, into: string): FlowDraft {
  const nodes = Object.entries(flow.nodes).map(([key, node]): [string, FlowNode] => {
    const next: FlowNode = { ...node }
    for (const exit of exitsOf(node).filter((one) => one.target === from)) {
      const optional = fieldsOf(node.kind).find((field) => field.name === exit.field)?.type === 'optional_target'
      if (exit.inner === undefined) next[exit.field] = into || (optional ? null : '')
      else next[exit.field] = { ...(next[exit.field] as Record<string, string>), [exit.inner]: into }
    }
    return [key, next]
  })
  const turned = (entry: string | null | undefined): string | null => (entry === from ? into || null : (entry ?? null))
  return {
    ...flow,
    nodes: Object.fromEntries(nodes),
    start: flow.start === from ? into : flow.start,
    fax: turned(flow.fax),
    after_call: turned(flow.after_call),
  }
}

/** Ways that led to the node lead nowhere then, and are named as problems until they are mended. */
export function withoutNode(flow: FlowDraft, key: string): FlowDraft {
  return redirect({ ...flow, nodes: without(flow.nodes, key) }, key, '')
}

/** The same flow with a node under another key, in its place; every way to it comes along. */
export function renamed(flow: FlowDraft, from: string, into: string): FlowDraft {
  if (!NODE_KEY.test(into) || into in flow.nodes || !(from in flow.nodes)) return flow
  const nodes = Object.entries(flow.nodes).map(([key, node]) => [key === from ? into : key, node])
  return redirect({ ...flow, nodes: Object.fromEntries(nodes) }, from, into)
}

/** What a node says first, in the language that is wanted, else in Chinese. */
export function firstWords(node: FlowNode, language: string): string {
  const parts = Array.isArray(node.say) ? (node.say as Part[]) : []
  const part = parts.find((one) => one.text || one.prompt)
  return part?.text?.[language] ?? part?.text?.['zh-CN'] ?? part?.prompt ?? ''
}

/** How often each target is led to. */
export function inDegrees(flow: FlowDraft): Map<string, number> {
  const found = new Map<string, number>()
  for (const node of Object.values(flow.nodes))
    for (const { target } of exitsOf(node)) found.set(target, (found.get(target) ?? 0) + 1)
  return found
}
