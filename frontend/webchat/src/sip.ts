// Loaded by the call button only where Asterisk carries the calls: JsSIP is larger than all the rest of the page.
export { SipLine } from '../../shared/calls/sip-line'
