import { PageLine, type Line, type LinePorts, type LineState } from '@axd/shared/calls/page-line'
import type { LegView } from '@axd/shared/calls/protocol'
import type { SipAccount } from '@axd/shared/calls/sip-line'
import type { Phone, PhoneCall, PhonePorts, PhoneState } from './phone'

const address = (): string => `${location.origin.replace(/^http/, 'ws')}/api/desk/calls/line`

/** Calls between browsers, carried by the platform itself. */
export function embeddedPhone(ports: PhonePorts): Phone {
  return new PagePhone(new PageLine({ ...portsOf(ports), open: () => Promise.resolve(new WebSocket(address())) }))
}

/** Calls through Asterisk; what speaks SIP is loaded only here. `account` is asked anew when a password is refused. */
export async function sipPhone(ports: PhonePorts, account: () => Promise<SipAccount>): Promise<Phone> {
  const { SipLine } = await import('@axd/shared/calls/sip-line')
  return new PagePhone(new SipLine({ ...portsOf(ports), account, registers: true }))
}

const portsOf = (ports: PhonePorts): Omit<LinePorts, 'open'> => ({
  microphone: () => ports.microphone(),
  play: (stream) => ports.play(stream),
  changed: (state) => ports.changed(stateOf(state)),
  remembered: window.sessionStorage,
  key: 'axd-phone',
  autoAnswer: (leg) => ports.isExpected(callOf(leg)),
})

class PagePhone implements Phone {
  constructor(private readonly line: Line) {}

  start(): void {
    this.line.start()
  }

  stop(): void {
    this.line.stop()
  }

  wake(): void {
    this.line.wake()
  }

  async answer(call: PhoneCall): Promise<void> {
    const leg = this.line.state.ringing.find((one) => one.leg_id === call.id)
    if (leg) await this.line.join(leg)
  }

  decline(call: PhoneCall): void {
    const leg = this.line.state.ringing.find((one) => one.leg_id === call.id)
    if (leg) this.line.decline(leg)
  }

  hangUp(): void {
    this.line.hangUp()
  }

  mute(muted: boolean): void {
    this.line.mute(muted)
  }

  press(digit: string): void {
    this.line.press(digit)
  }

  changeMicrophone(): Promise<void> {
    return this.line.changeMicrophone()
  }
}

function callOf(leg: LegView): PhoneCall {
  return {
    id: leg.leg_id,
    contactId: leg.variables.contact_id ?? '',
    caller: leg.caller,
    why: leg.variables.why ?? '',
    state: leg.state === 'up' ? 'up' : 'ringing',
    muted: leg.muted,
    startedAt: Date.parse(leg.started_at),
  }
}

function stateOf(state: LineState): PhoneState {
  return {
    online: state.online,
    call: state.leg ? callOf(state.leg) : null,
    ringing: state.ringing.map(callOf),
    sound: state.sound,
    ended: state.ended,
    gapS: state.gapS,
  }
}
