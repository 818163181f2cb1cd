import { watchEffect, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useInbox } from '../stores/inbox'
import { useSession } from '../stores/session'

/** The browser's title: what comes in first, then the page, then the house. Names stay masked here, too. */
export function useTitle(page: Ref<string>): void {
  const { t, locale } = useI18n()
  const session = useSession()
  const inbox = useInbox()
  watchEffect(() => {
    const workspace = session.info?.workspace
    const house = (locale.value === 'en' && workspace?.name_en) || workspace?.name || t('shell.product')
    const first = inbox.offer ? `(1) ${t('inbox.offer.region')}` : ''
    document.title = [first, page.value, house].filter(Boolean).join(' · ')
  })
}
