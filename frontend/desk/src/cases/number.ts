/** The number as it is read: date, serial, check digit. 20261120003179 becomes 20261120 00317 9. */
export function caseNumber(number: string): string {
  return /^\d{14}$/.test(number) ? `${number.slice(0, 8)} ${number.slice(8, 13)} ${number.slice(13)}` : number
}
