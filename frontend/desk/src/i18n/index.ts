import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh'

export type Language = 'zh-CN' | 'en'

const storageKey = 'axd.language'

function firstLanguage(): Language {
  return localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: firstLanguage(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh, en },
})

/** What a channel is called that a plug-in brought. */
export function nameChannel(channel: string, zhName: string, enName: string): void {
  i18n.global.mergeLocaleMessage('zh-CN', { words: { channel: { [channel]: zhName } } })
  i18n.global.mergeLocaleMessage('en', { words: { channel: { [channel]: enName } } })
}

/** The account's language, where nobody chose another one on this machine. */
export function proposeLanguage(language: string): void {
  if (localStorage.getItem(storageKey) !== null) return
  i18n.global.locale.value = language === 'en' ? 'en' : 'zh-CN'
  document.documentElement.lang = i18n.global.locale.value
}

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  localStorage.setItem(storageKey, language)
  document.documentElement.lang = language
}

document.documentElement.lang = i18n.global.locale.value
