// Every sentence of the call panel.
const zh = {
  title: '网上通话',
  close: '收起，通话会继续',
  intro: '用这台设备的麦克风和扬声器，直接与热线通话，不收话费。',
  step1: '按“开始通话”，浏览器会问能不能用麦克风，请选“允许”。',
  step2: '听到语音菜单后，用屏幕或键盘上的数字键选择。',
  step3: '通话可能录音；请勿谈涉密内容。',
  start: '开始通话',
  again: '再次拨打',
  askMicrophone: '请在浏览器的提示里选“允许”',
  connecting: '正在接通',
  ringing: '正在接通热线',
  up: '通话中',
  held: '请稍候，对方马上回来',
  lost: '声音断了，正在恢复，请不要挂断',
  back: '声音已恢复，中断约 {n} 秒',
  mute: '静音',
  unmute: '取消静音',
  mutedNow: '已静音，对方听不到您',
  keypad: '数字键',
  key: '按键 {key}',
  pressed: '已按 {keys}',
  hangUp: '挂断',
  duration: '通话时长',
  endedNormal: '通话已结束',
  endedBusy: '现在线路忙，请稍后再拨，或在线留言',
  endedFailed: '通话断了，请再拨一次',
  endedElsewhere: '通话已转到您打开的另一个页面',
  endedUnavailable: '暂时接不通，请稍后再拨，或拨打 {phone}',
  tooMany: '拨打次数太多，请过一会儿再试',
  blocked: '麦克风没有打开。请这样做：',
  blocked1: '点地址栏左边的锁形或麦克风图标，把“麦克风”改为“允许”。',
  blocked2: '确认设备接有麦克风，没有被别的程序占用。',
  blocked3: '然后按“再次拨打”。',
  insecure: '这个网页不是加密地址（https），浏览器不允许使用麦克风。请拨打 {phone}，或在线咨询。',
}

export type CallWords = Record<keyof typeof zh, string>

const en: CallWords = {
  title: 'Call from this page',
  close: 'Collapse, the call goes on',
  intro: 'Talk to the hotline with the microphone and speaker of this device, free of charge.',
  step1: 'Press “Start call”. Your browser asks for the microphone: choose “Allow”.',
  step2: 'Choose from the spoken menu with the number keys on the screen or keyboard.',
  step3: 'Calls may be recorded. Do not speak of classified matters.',
  start: 'Start call',
  again: 'Call again',
  askMicrophone: 'Choose “Allow” where your browser asks',
  connecting: 'Connecting',
  ringing: 'Connecting to the hotline',
  up: 'On the call',
  held: 'One moment please, they will be right back',
  lost: 'The sound was lost and is being restored, please stay on the line',
  back: 'The sound is back after about {n} s',
  mute: 'Mute',
  unmute: 'Unmute',
  mutedNow: 'Muted: nobody hears you',
  keypad: 'Number keys',
  key: 'Key {key}',
  pressed: 'Pressed {keys}',
  hangUp: 'Hang up',
  duration: 'Duration of the call',
  endedNormal: 'The call has ended',
  endedBusy: 'All lines are busy: please call again later, or leave a message',
  endedFailed: 'The call was cut off, please call again',
  endedElsewhere: 'The call has moved to another page that you opened',
  endedUnavailable: 'No connection right now: please try later, or call {phone}',
  tooMany: 'Too many calls: please wait a little',
  blocked: 'The microphone is not available. Do this:',
  blocked1: 'Press the lock or microphone symbol beside the address and set “Microphone” to “Allow”.',
  blocked2: 'Check that a microphone is connected and not used by another program.',
  blocked3: 'Then press “Call again”.',
  insecure: 'This page has no encrypted address (https), so the browser gives no microphone. Please call {phone}, or use the chat.',
}

export const callWordsFor = (language: string): CallWords => (language.startsWith('en') ? en : zh)

/** What to say at the end of a call: by cause, or by the code of an error. */
export function endWord(words: CallWords, why: string): string {
  if (why === 'normal' || why === 'no_answer') return words.endedNormal
  if (why === 'busy' || why === 'congestion' || why === 'call_failed') return words.endedBusy
  if (why === 'elsewhere') return words.endedElsewhere
  if (why === 'too_many') return words.tooMany
  if (['unavailable', 'unknown_command', 'internal', 'not_supported'].includes(why)) return words.endedUnavailable
  return words.endedFailed
}
