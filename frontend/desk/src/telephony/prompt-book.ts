import type { Prompt, PromptBook } from '../api/models'

export const LANGUAGES = ['zh-CN', 'en'] as const
export type PromptLanguage = (typeof LANGUAGES)[number]
/** `silent`: callers hear nothing at all; `missing`: they hear Chinese instead; `unmade`: no flow asks for it. */
export type PromptState = 'ok' | 'out_of_date' | 'missing' | 'silent' | 'unmade'

export interface PromptRow {
  key: string
  nodes: string[]
  /** Callers hear it now; else it stands in a draft only, or nowhere. */
  heard: boolean
  cells: Record<PromptLanguage, Prompt | null>
}

/** The prompts of one flow; those that no flow plays have the group without a flow. */
export interface PromptGroup {
  flow: string
  name: string
  rows: PromptRow[]
  /** Nodes with texts that are not written in a language. */
  gaps: { node: string; language: string; heard: boolean }[]
}

export function groupsOf(book: PromptBook): PromptGroup[] {
  const find = (key: string, language: string): Prompt | null =>
    book.prompts.find((one) => one.key === key && one.language === language) ?? null
  const rowOf = (key: string, uses: PromptBook['uses']): PromptRow => ({
    key,
    nodes: [...new Set(uses.map((use) => use.node))],
    heard: uses.some((use) => use.heard),
    cells: { 'zh-CN': find(key, 'zh-CN'), en: find(key, 'en') },
  })
  const flows = new Map([...book.uses, ...book.gaps].map((one) => [one.flow, one.flow_name]))
  const groups = [...flows].map(([flow, name]): PromptGroup => {
    const uses = book.uses.filter((use) => use.flow === flow)
    const keys = [...new Set(uses.map((use) => use.key))].sort()
    const gaps = book.gaps.filter((gap) => gap.flow === flow)
    return {
      flow,
      name,
      rows: keys.map((key) =>
        rowOf(
          key,
          uses.filter((use) => use.key === key),
        ),
      ),
      gaps,
    }
  })
  const used = new Set(book.uses.map((use) => use.key))
  const spare = [...new Set(book.prompts.map((one) => one.key))].filter((key) => !used.has(key)).sort()
  const rest: PromptGroup = { flow: '', name: '', rows: spare.map((key) => rowOf(key, [])), gaps: [] }
  return [...groups.filter((group) => group.rows.length || group.gaps.length), ...(spare.length ? [rest] : [])]
}

export function stateOf(row: PromptRow, language: PromptLanguage): PromptState {
  const prompt = row.cells[language]
  if (prompt) return prompt.out_of_date ? 'out_of_date' : 'ok'
  if (!row.nodes.length) return 'unmade'
  return language === 'zh-CN' ? 'silent' : 'missing'
}

/** Rows of a language that want work. */
export const wanting = (group: PromptGroup, languages: readonly PromptLanguage[]): PromptRow[] =>
  group.rows.filter((row) => languages.some((language) => !['ok', 'unmade'].includes(stateOf(row, language))))
