import { defineStore } from 'pinia'
import { ref } from 'vue'

/** What floats over every page. */
export const useShell = defineStore('shell', () => {
  const paletteOpen = ref(false)
  const keysOpen = ref(false)
  return { paletteOpen, keysOpen }
})
