import account from './accounts'
import acts from './acts'
import blocked from './blocked'
import board from './board'
import bot from './bots'
import caseWords from './case'
import { mailbox, quarantine } from './channels'
import citizen from './citizen'
import inbox from './inbox'
import keys from './keys'
import letter from './letters'
import line from './lines'
import login from './login'
import palette from './palette'
import phone from './phone'
import problem from './problem'
import prompts from './prompts'
import satisfaction from './satisfaction'
import shell from './shell'
import skills from './skills'
import sms from './sms'
import staff from './staff'
import telephony from './telephony'
import texts from './texts'
import thread from './thread'
import trial from './trial'
import words from './words'

export default {
  account,
  acts,
  blocked,
  board,
  bot,
  case: caseWords,
  citizen,
  inbox,
  keys,
  letter,
  line,
  login,
  mailbox,
  palette,
  phone,
  problem,
  quarantine,
  prompts,
  satisfaction,
  shell,
  skills,
  sms,
  staff,
  telephony,
  texts,
  thread,
  trial,
  words,
}
