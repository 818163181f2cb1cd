import { AxdChat } from './element'

if (!customElements.get('axd-chat')) customElements.define('axd-chat', AxdChat)
