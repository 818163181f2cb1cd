import type { CannedAnswer } from '../api/models'

/** What is written after the last slash when the draft is nothing but a slash command: "/3", "/核实". */
export function cannedQuery(text: string, caret: number): string | null {
  const match = /(?:^|\s)\/([^\s/]*)$/.exec(text.slice(0, caret))
  return match ? match[1]! : null
}

export function matchCanned(answers: CannedAnswer[], query: string): CannedAnswer[] {
  const wanted = query.trim().toLowerCase()
  return answers.filter((answer) => String(answer.number) === wanted || answer.text.toLowerCase().includes(wanted))
}

/** Fills in what is known; what is not stays in braces for the agent. */
export function fillCanned(text: string, known: Record<string, string>): string {
  return text.replace(/\{([^}]+)\}/g, (whole, name: string) => known[name] || whole)
}

/** Puts the answer in the place of the slash command, or at the caret. Returns the text and the new caret. */
export function insertCanned(text: string, caret: number, answer: string): { text: string; caret: number } {
  const query = cannedQuery(text, caret)
  const from = query === null ? caret : caret - query.length - 1
  return { text: text.slice(0, from) + answer + text.slice(caret), caret: from + answer.length }
}
