export interface Cell {
  row: number
  column: number
}

export interface Range {
  from: Cell
  to: Cell
}

const moves: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

const within = (n: number, count: number): number => Math.min(Math.max(n, 0), count - 1)

/** Where a key leads in a grid of that size; null when the key does not move. */
export function moved(key: string, at: Cell, rows: number, columns: number, ctrl: boolean): Cell | null {
  const move = moves[key]
  if (move) return { row: within(at.row + move[0], rows), column: within(at.column + move[1], columns) }
  if (key === 'Home') return { row: ctrl ? 0 : at.row, column: 0 }
  if (key === 'End') return { row: ctrl ? rows - 1 : at.row, column: columns - 1 }
  return null
}

/** The level that a key sets: 1 to 9, 0 for ten, Delete for none; null for any other key. */
export function levelOf(key: string): number | null {
  if (key === 'Delete' || key === 'Backspace') return 0
  if (!/^\d$/.test(key)) return null
  return key === '0' ? 10 : Number(key)
}

export function inRange({ from, to }: Range, row: number, column: number): boolean {
  const between = (n: number, one: number, other: number): boolean =>
    n >= Math.min(one, other) && n <= Math.max(one, other)
  return between(row, from.row, to.row) && between(column, from.column, to.column)
}

export function cellsOf({ from, to }: Range): Cell[] {
  const cells: Cell[] = []
  for (let row = Math.min(from.row, to.row); row <= Math.max(from.row, to.row); row += 1) {
    for (let column = Math.min(from.column, to.column); column <= Math.max(from.column, to.column); column += 1)
      cells.push({ row, column })
  }
  return cells
}

/** The tint of a level. */
export const tint = (level: number): string =>
  `l${level === 0 ? 0 : level <= 2 ? 1 : level <= 4 ? 2 : level <= 6 ? 3 : level <= 8 ? 4 : 5}`
