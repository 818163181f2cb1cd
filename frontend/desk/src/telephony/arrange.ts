import { entriesOf, exitsOf, type FlowDraft } from './flow'

export interface Place {
  x: number
  y: number
}

export const NODE_WIDTH = 232
const COLUMN = NODE_WIDTH + 88
const GAP = 24
const HEAD = 62
const EXIT = 24

export const heightOf = (exits: number): number => HEAD + exits * EXIT + (exits ? 8 : 0)

/** Places for all nodes: a column for each step away from an entry, within it in the order of those who lead there. */
export function arrange(flow: FlowDraft): Map<string, Place> {
  const places = new Map<string, Place>()
  const middles = new Map<string, number>()
  for (const [column, keys] of columns(flow).entries()) {
    const order = [...keys].sort((one, other) => (middles.get(one) ?? 0) - (middles.get(other) ?? 0))
    let y = 0
    for (const key of order) {
      const exits = exitsOf(flow.nodes[key]!)
      places.set(key, { x: column * COLUMN, y })
      exits.forEach(({ target }, at) => {
        if (!middles.has(target)) middles.set(target, y + HEAD + at * EXIT)
      })
      y += heightOf(exits.length) + GAP
    }
  }
  return places
}

/** Nodes by their distance from an entry; what nothing leads to comes last. */
function columns(flow: FlowDraft): string[][] {
  const seen = new Set(entriesOf(flow).filter((key) => key in flow.nodes))
  const found: string[][] = []
  let layer = [...seen]
  while (layer.length) {
    found.push(layer)
    const next: string[] = []
    for (const key of layer)
      for (const { target } of exitsOf(flow.nodes[key]!))
        if (target in flow.nodes && !seen.has(target)) {
          seen.add(target)
          next.push(target)
        }
    layer = next
  }
  const lost = Object.keys(flow.nodes).filter((key) => !seen.has(key))
  return lost.length ? [...found, lost] : found
}
