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
