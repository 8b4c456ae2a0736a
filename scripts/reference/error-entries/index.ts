import { agentErrors } from './agent.js'
import { audioErrors } from './audio.js'
import { deviceErrors } from './device.js'
import { emulatorErrors } from './emulator.js'
import type { ErrorClassEntry } from './entry.js'
import { guardrailErrors } from './guardrail.js'
import { httpErrors } from './http.js'
import { migrationErrors } from './migration.js'
import { persistenceErrors } from './persistence.js'
import { protocolErrors } from './protocol.js'
import { sessionErrors } from './session.js'
import { testingErrors } from './testing.js'
import { toolErrors } from './tool.js'
import { transportErrors } from './transport.js'
import { twilioErrors } from './twilio.js'
import { usageErrors } from './usage.js'
import { webhookErrors } from './webhook.js'

/** The entries of all error classes, by class. Their order is the order of the index. */
export const errorEntries: Readonly<Record<string, ErrorClassEntry>> = {
  SessionError: sessionErrors,
  TransportError: transportErrors,
  ProtocolError: protocolErrors,
  AudioError: audioErrors,
  ToolError: toolErrors,
  AgentError: agentErrors,
  GuardrailError: guardrailErrors,
  UsageError: usageErrors,
  DeviceError: deviceErrors,
  HttpError: httpErrors,
  WebhookError: webhookErrors,
  PersistenceError: persistenceErrors,
  TwilioError: twilioErrors,
  MigrationError: migrationErrors,
  EmulatorError: emulatorErrors,
  TestingError: testingErrors,
}
