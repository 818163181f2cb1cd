import { useColorMode } from '@vueuse/core'

export type Theme = 'auto' | 'light' | 'dark'

/** `html.dark` is Element Plus's own switch; the choice is kept on this machine. */
export function useTheme() {
  return useColorMode({ storageKey: 'axd.theme', modes: { light: '', dark: 'dark' }, disableTransition: true })
}
