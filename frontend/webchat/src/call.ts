import { AxdCall } from './call-element'

if (!customElements.get('axd-call')) customElements.define('axd-call', AxdCall)
