import { useI18n } from 'vue-i18n'
import type { FlowProblem } from '../api/models'
import { firstWords, type Exit, type FlowNode } from './flow'

/** Nodes, exits and problems in the reader's words. */
export function useFlowWords() {
  const { t, te, locale } = useI18n()
  const kind = (name: string): string => (te(`telephony.kind.${name}`) ? t(`telephony.kind.${name}`) : name)
  const field = (name: string): string => (te(`telephony.field.${name}`) ? t(`telephony.field.${name}`) : name)

  /** A key is shown as it is pressed, a value as it is compared; the others have words. */
  const exit = (one: Pick<Exit, 'name' | 'inner'>): string =>
    one.inner === undefined ? t(`telephony.exit.${one.name}`) : one.inner
  const says = (node: FlowNode): string => firstWords(node, locale.value) || node.note || ''
  /** What a node is recognised by in a list of targets. */
  function title(key: string, node: FlowNode | undefined): string {
    if (!node) return key
    const words = says(node)
    return `${key} · ${kind(node.kind)}${words ? ` · ${[...words].slice(0, 16).join('')}` : ''}`
  }
  function problem({ code, detail }: FlowProblem): string {
    const place = code === 'invalid_flow' ? field(detail.split('.')[0] ?? '') : detail
    const key = detail ? `telephony.trouble.${code}` : `telephony.troublePlain.${code}`
    return te(key) ? t(key, { detail: place }) : t('telephony.troubleOther', { code, detail })
  }
  return { kind, field, exit, says, title, problem }
}

/** The field of a node that a problem is about; empty for the node as a whole. */
export function fieldOf(problem: FlowProblem, exits: readonly Exit[]): string {
  if (problem.code === 'invalid_flow') return problem.detail.split('.')[0] ?? ''
  if (problem.code === 'missing_text' || problem.code === 'unknown_name')
    return problem.code === 'missing_text' ? 'say' : ''
  return problem.code === 'unknown_target' ? (exits.find((exit) => exit.target === problem.detail)?.field ?? '') : ''
}
