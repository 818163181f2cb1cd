import { ElMessage } from 'element-plus'
import { useI18n } from 'vue-i18n'
import { Problem } from './problem'

/** Problems as a sentence of the user's language, and acts that tell their problem instead of throwing it. */
export function useProblemText() {
  const { t, te } = useI18n()

  const problemText = (problem: Problem): string =>
    te(`problem.${problem.code}`) ? t(`problem.${problem.code}`) : problem.message

  /** Runs `act`; a refusal becomes a message and `undefined`. Anything else is a bug and is thrown on. */
  async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      ElMessage.error({ message: problemText(error), duration: 6000, showClose: true })
      return undefined
    }
  }
  return { problemText, attempt }
}
