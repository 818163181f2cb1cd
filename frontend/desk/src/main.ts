import { createPinia } from 'pinia'
import { createApp } from 'vue'
import 'element-plus/es/components/base/style/css'
import 'element-plus/es/components/dialog/style/css'
import 'element-plus/es/components/dropdown/style/css'
import 'element-plus/es/components/dropdown-item/style/css'
import 'element-plus/es/components/dropdown-menu/style/css'
import 'element-plus/es/components/message/style/css'
import '@axd/shared/styles/tokens.css'
import '@axd/shared/styles/base.css'
import './styles/inbox.css'
import './styles/empty.css'
import './styles/desk.css'
import './styles/phone.css'
import './styles/calls.css'
import './styles/narrow.css'
import DeskApp from './DeskApp.vue'
import { whenSignedOut } from './api/client'
import { i18n } from './i18n'
import { router } from './routes'
import { useRealtime } from './stores/realtime'
import { useSession } from './stores/session'

const app = createApp(DeskApp).use(createPinia()).use(i18n)
const session = useSession()

whenSignedOut(() => {
  if (session.me === null) return
  session.forget()
  useRealtime().stop()
  void router.push({ name: 'login', query: { to: router.currentRoute.value.fullPath } })
})

app.use(router).mount('#app')
