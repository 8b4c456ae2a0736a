import { detectCardNumbers } from '../internal/redaction/card-numbers.js'
import { combineDetectors } from '../internal/redaction/detector.js'
import { detectEmailAddresses } from '../internal/redaction/email-addresses.js'
import { detectPhoneNumbers } from '../internal/redaction/phone-numbers.js'

/** The detectors of `--redact`. */
export const detectAll = combineDetectors(detectCardNumbers, detectPhoneNumbers, detectEmailAddresses)
