export interface DraftMerge {
  text: string
  /** The other side's text when both changed and neither holds the other; nothing typed here is ever dropped. */
  theirs: string | null
}

/** Three-way merge of a draft: `base` is what both started from, `mine` what is typed here, `theirs` what was saved elsewhere. */
export function mergeDraft(base: string, mine: string, theirs: string): DraftMerge {
  if (mine === theirs || theirs === base) return { text: mine, theirs: null }
  if (mine === base) return { text: theirs, theirs: null }
  if (theirs.includes(mine) && mine !== '') return { text: theirs, theirs: null }
  if (mine.includes(theirs)) return { text: mine, theirs: null }
  return { text: mine, theirs }
}

/** The same for a form, field by field: what was changed here stays, all else is as it was saved elsewhere. */
export function mergeForm<T extends object>(base: T, mine: T, theirs: T): T {
  const fields = Object.keys(theirs) as (keyof T)[]
  const kept = fields.filter((field) => mine[field] !== base[field]).map((field) => [field, mine[field]])
  return { ...theirs, ...(Object.fromEntries(kept) as Partial<T>) }
}

/** Whether two forms hold the same values. */
export const sameForm = <T extends object>(one: T, other: T): boolean =>
  (Object.keys({ ...one, ...other }) as (keyof T)[]).every((field) => one[field] === other[field])
