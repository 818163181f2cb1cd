import { useIntervalFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api } from '../api/desk'
import type { Board } from '../api/models'
import { Problem } from '../api/problem'
import { useClock } from '../i18n/time'

const everyMs = 3000
export const staleAfterS = 15

/** The supervisor's figures. They are kept with their age when the line is down; nothing is ever blanked. */
export const useBoard = defineStore('board', () => {
  const clock = useClock()
  const board = ref<Board | null>(null)
  const problem = ref<Problem | null>(null)
  let asking = false

  const ageS = computed(() =>
    board.value ? Math.max(0, Math.round((clock.value - Date.parse(board.value.at)) / 1000)) : 0,
  )
  const stale = computed(() => ageS.value > staleAfterS)

  async function load(): Promise<void> {
    if (asking || document.visibilityState === 'hidden') return
    asking = true
    try {
      board.value = await api.board()
      problem.value = null
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      problem.value = error
    } finally {
      asking = false
    }
  }

  const { resume, pause } = useIntervalFn(() => void load(), everyMs, { immediate: false })
  async function start(): Promise<void> {
    resume()
    await load()
  }

  return { board, problem, ageS, stale, load, start, stop: pause }
})
